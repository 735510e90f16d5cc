import { openServiceSection, storeSectionValues } from '@nodemapi/kit';
import {
  MAPI_AB_PROVIDER,
  MapiError,
  type MsgServiceEntry,
  PR_DISPLAY_NAME,
  type PropValue,
  prop,
  type ServiceEntryCall,
} from '@nodemapi/mapi';
import { PR_BOOK_PATH } from './book-path.ts';

/**
 * MAPI: MSGSERVICEENTRY. The address book needs no configuration; its file and its name can be set.
 *
 * Removing the service from a profile leaves the file where it is.
 *
 * @throws MAPI_E_INVALID_PARAMETER for a property that it does not know; MAPI_E_USER_CANCEL
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (call.context !== 'configure' && call.context !== 'create') return;
  const values = [...call.props.map(checked), ...(await asked(call))];
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

/** What the user says, if they are to be asked. */
async function asked({ ui, uiAlways }: ServiceEntryCall): Promise<readonly PropValue[]> {
  if (!uiAlways || ui === undefined) return [];
  const path = await ui.prompt('File of the address book (empty: that of the profile)', { default: '' });
  return path === '' ? [] : [prop(PR_BOOK_PATH, path)];
}
