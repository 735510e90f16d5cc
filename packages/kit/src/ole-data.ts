/** The data of an OLE attachment. spec: opening-an-attachment */
import {
  type IAttach,
  type IStorage,
  type IStream,
  MapiError,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
} from '@nodemapi/mapi';

/** For what reasons the next way is tried. */
const NOT_THIS_WAY: ReadonlySet<string> = new Set([
  'MAPI_E_INTERFACE_NOT_SUPPORTED',
  'MAPI_E_NO_SUPPORT',
  'MAPI_E_NOT_FOUND',
]);

/**
 * Opens the data of an OLE attachment for reading: as a stream over the compound file where the provider has one, which
 * costs least, else as a storage.
 *
 * @throws what the last way of the three throws
 */
export async function openOleData(attach: Pick<IAttach, 'openProperty'>): Promise<IStream | IStorage> {
  for (const tag of [PR_ATTACH_DATA_OBJ, PR_ATTACH_DATA_BIN]) {
    try {
      return await attach.openProperty(tag, 'IStreamDocfile');
    } catch (error) {
      if (!MapiError.is(error) || !NOT_THIS_WAY.has(error.code)) throw error;
    }
  }
  return attach.openProperty(PR_ATTACH_DATA_OBJ, 'IStorage');
}
