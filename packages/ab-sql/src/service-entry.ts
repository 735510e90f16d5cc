import {
  askedForService,
  isAboutConfiguration,
  openServiceSection,
  replaced,
  type Setting,
  storeSectionValues,
} from '@nodemapi/kit';
import { MAPI_AB_PROVIDER, MapiError, type MsgServiceEntry, PR_DISPLAY_NAME, type PropValue } from '@nodemapi/mapi';
import { PR_BOOK_PATH } from './book-path.ts';

const SETTINGS: readonly Setting[] = [
  { tag: PR_BOOK_PATH, question: 'File of the address book (empty: one with the name of the profile)' },
];

/**
 * MAPI: MSGSERVICEENTRY. The address book needs no configuration; its file and its name can be set.
 *
 * Removing the service from a profile leaves the file where it is.
 *
 * @throws MAPI_E_INVALID_PARAMETER for a property that it does not know; MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT for
 *   further providers
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (!isAboutConfiguration(call)) return;
  const given = call.props.map(checked);
  const values = replaced(given, await askedForService(call, SETTINGS, given, () => {}));
  if (values.length === 0) return;
  await using section = await openServiceSection(call, MAPI_AB_PROVIDER);
  await storeSectionValues(section, values);
};

function checked(value: PropValue): PropValue {
  const known = value.tag === PR_BOOK_PATH || value.tag === PR_DISPLAY_NAME;
  if (known && typeof value.value === 'string' && value.value !== '') return value;
  throw new MapiError(
    'MAPI_E_INVALID_PARAMETER',
    `0x${value.tag.toString(16)}: an address book has a path (0x${PR_BOOK_PATH.toString(16)}) and a display name`,
  );
}
