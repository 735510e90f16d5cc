/** Mail that a store has received by itself (NOTIFY_NEWMAIL_RECEIVED). spec: imapisupport-spoolernotify */
import { type Log, MapiError } from '@nodemapi/base';
import {
  type EntryId,
  HRESULTS,
  type IMsgStore,
  type NewMailNotification,
  PR_PARENT_ENTRYID,
  PR_SEARCH_KEY,
  PR_SPOOLER_STATUS,
  prop,
  S_OK,
} from '@nodemapi/mapi';
import { isFolder } from './filing.ts';
import type { Hooks } from './hooks.ts';
import { moveTo } from './move.ts';
import type { StoreSet } from './stores.ts';

/**
 * Lets the inbound hooks see a message that is there already, and has its store announce it where it is then.
 *
 * @throws MAPI_E_NOT_FOUND if no attached store has it
 */
export async function announce(
  stores: StoreSet,
  hooks: Hooks,
  notification: NewMailNotification,
  log: Log,
): Promise<void> {
  const store = await stores.storeOf(notification.entryId);
  if (store === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the new message lies in no attached store');
  const place = hooks.any('inbound') ? await hooked(store, hooks, notification, log) : notification;
  if (place !== undefined) await store.notifyNewMail({ ...notification, ...place });
}

interface Place {
  readonly entryId: EntryId;
  readonly parentId: EntryId;
}

/** Where the message is after its hooks; undefined if they did away with it. What fails leaves it where it was. */
async function hooked(
  store: IMsgStore,
  hooks: Hooks,
  notification: NewMailNotification,
  log: Log,
): Promise<Place | undefined> {
  const { entryId } = notification;
  try {
    const message = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
    try {
      const [parentId = notification.parentId, searchKey] = (await message.getProps([PR_PARENT_ENTRYID, PR_SEARCH_KEY]))
        .values;
      await using folder = await store.openEntry(parentId, { iid: 'IMAPIFolder', modify: true });
      const { delete: drop, target } = await hooks.ask('inbound', message, { folder, store });
      await message.setProps([prop(PR_SPOOLER_STATUS, drop ? HRESULTS.MAPI_E_OBJECT_DELETED | 0 : S_OK)]);
      await message.saveChanges();
      await message.release();
      if (drop) return (await folder.deleteMessages([entryId])).warning === undefined ? undefined : notification;
      if (target === undefined || !(await isFolder(store, target))) return notification;
      const moved = await moveTo({ store, folder, entryId, searchKey }, target);
      return moved === undefined ? notification : { entryId: moved, parentId: target };
    } finally {
      await message.release();
    }
  } catch (cause) {
    log.warn('messaging hooks not asked', { error: MapiError.from(cause, 'store') });
    return notification;
  }
}
