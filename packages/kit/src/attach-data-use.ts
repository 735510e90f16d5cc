/** As what the data of an attachment are open: as streams, or as storages, never as both. spec: imapisupport-istoragefromstream */
import {
  ATTACH_OLE,
  type InterfaceName,
  MapiError,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  type PropTag,
} from '@nodemapi/mapi';

/** How data can be opened. */
export type DataForm = 'stream' | 'storage';

/** What is open of the data of one attachment. */
export class AttachDataUse {
  readonly #open = new Map<{ readonly released: boolean }, DataForm>();

  /** @throws MAPI_E_NO_ACCESS while they are open in the other form */
  assertFree(form: DataForm): void {
    for (const [object, other] of this.#open) {
      if (object.released) this.#open.delete(object);
      else if (other !== form) throw new MapiError('MAPI_E_NO_ACCESS', `the data are open as a ${other}`);
    }
  }

  /** Notes an object until its last release. */
  note<T extends { readonly released: boolean }>(object: T, form: DataForm): T {
    this.#open.set(object, form);
    return object;
  }
}

/**
 * Whether the bytes of an attachment are asked for as a stream: as IStream by PR_ATTACH_DATA_BIN, and by both tags of the
 * data as IStreamDocfile where the method says that they are a compound file. spec: opening-an-attachment
 */
export function asksForDataStream(tag: PropTag, iid: InterfaceName, method: number | undefined): boolean {
  if (iid === 'IStream') return tag === PR_ATTACH_DATA_BIN;
  if (iid !== 'IStreamDocfile' || method !== ATTACH_OLE) return false;
  return tag === PR_ATTACH_DATA_BIN || tag === PR_ATTACH_DATA_OBJ;
}
