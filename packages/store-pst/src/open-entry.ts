/** Opening objects by their identifiers; for reading. spec: imsgstore-openentry */

import type { PstMessage } from '@nodemapi/format-pst';
import { openSourceMessage } from '@nodemapi/kit';
import {
  assertInterface,
  type EntryId,
  type IMAPIFolder,
  type IMessage,
  MAPI_MESSAGE,
  MapiError,
  type OpenEntryOptions,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_MESSAGE_FLAGS,
  PR_MSG_STATUS,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  type PropValue,
  prop,
  propId,
} from '@nodemapi/mapi';
import { openFolder } from './folder.ts';
import { messageSource } from './message-source.ts';
import type { PstHome } from './pst-home.ts';

/**
 * Opens a folder or a message; the root folder with null.
 *
 * @throws MAPI_E_UNKNOWN_ENTRYID, MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_INTERFACE_NOT_SUPPORTED
 */
export async function openObject(
  home: PstHome,
  entryId: EntryId | null,
  options: OpenEntryOptions = {},
): Promise<IMAPIFolder | IMessage> {
  if (options.modify === true && options.bestAccess !== true)
    throw new MapiError('MAPI_E_NO_ACCESS', 'a PST is opened for reading only');
  const { file } = home;
  const nid = entryId === null ? file.rootNid : home.nidOf(entryId);
  const kind = file.kindOf(nid);
  if (kind === undefined || !(await file.exists(nid)))
    throw new MapiError(kind === undefined ? 'MAPI_E_UNKNOWN_ENTRYID' : 'MAPI_E_NOT_FOUND', 'there is no such object');
  if (kind === 'folder') {
    assertInterface('IMAPIFolder', options.iid);
    return openFolder(home, nid);
  }
  assertInterface('IMessage', options.iid);
  const parent = (await file.parentNid(nid)) ?? file.rootNid;
  const message = await file.message(nid);
  const own = [
    ...(await absentProps(message)),
    ...home.commonProps(MAPI_MESSAGE),
    prop(PR_ENTRYID, file.entryId(nid)),
    prop(PR_RECORD_KEY, home.recordKey(nid)),
    prop(PR_PARENT_ENTRYID, file.entryId(parent)),
  ];
  return openSourceMessage(await messageSource(message, home.names, own));
}

/** What every message has, and this one lacks. */
async function absentProps(message: PstMessage): Promise<readonly PropValue[]> {
  const defaults = [
    prop(PR_DISPLAY_TO, ''),
    prop(PR_DISPLAY_CC, ''),
    prop(PR_MESSAGE_FLAGS, 0),
    prop(PR_MSG_STATUS, 0),
  ];
  const found = new Set(message.tags().map(propId));
  return defaults.filter(({ tag }) => !found.has(propId(tag)));
}
