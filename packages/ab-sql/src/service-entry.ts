import { queryAllRows, setPropList } from '@nodemapi/kit';
import {
  MAPI_AB_PROVIDER,
  MapiError,
  type MsgServiceEntry,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  type PropValue,
  prop,
  propOf,
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
  await using section = await providerSection(call);
  const [problem] = await setPropList(section, values);
  if (problem !== undefined) throw new MapiError(problem.code, `0x${problem.tag.toString(16)} cannot be set`);
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

/** The section of the service's address book provider, for writing. @throws MAPI_E_NOT_FOUND if it has none */
async function providerSection({ providerAdmin }: ServiceEntryCall) {
  await using table = await providerAdmin.getProviderTable();
  const rows = await queryAllRows(table, { tags: [PR_PROVIDER_UID, PR_RESOURCE_TYPE] });
  const row = rows.find((candidate) => propOf(candidate, PR_RESOURCE_TYPE) === MAPI_AB_PROVIDER);
  const uid = propOf(row ?? [], PR_PROVIDER_UID);
  if (uid === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the service has no address book provider');
  return providerAdmin.openProfileSection(uid, { modify: true });
}
