/** mapi watch: advises and prints notifications until interrupted. */
import {
  fnevNewMail,
  fnevObjectEvents,
  getProp,
  listStores,
  type Notification,
  openFolderByPath,
  PR_ENTRYID,
  toHex,
} from 'nodemapi';
import { type CommandSpec, EXIT_INTERRUPTED } from '../command.ts';

/** One notification as a JSON line. */
export function notificationLine(notification: Notification, store: string): string {
  const entryId = 'entryId' in notification && notification.entryId !== null ? toHex(notification.entryId) : null;
  const parentId =
    'parentId' in notification && notification.parentId !== undefined ? toHex(notification.parentId) : null;
  return JSON.stringify({
    seq: notification.seq === undefined ? null : Number(notification.seq),
    event: notification.kind,
    entryId,
    parentId,
    store,
    ...('oldId' in notification && notification.oldId !== undefined ? { oldId: toHex(notification.oldId) } : {}),
    ...('oldParentId' in notification && notification.oldParentId !== undefined
      ? { oldParentId: toHex(notification.oldParentId) }
      : {}),
    ...('messageClass' in notification ? { messageClass: notification.messageClass } : {}),
  });
}

const watch: CommandSpec = {
  usage: 'watch [folder]',
  summary: 'Print notifications as they come.',
  help: 'Stays logged on and prints a JSON line for each notification of the stores of the profile, or of one folder, until it is\ninterrupted; then the session ends in good order. Mail is sent and received meanwhile.',
  run: async (context, args) => {
    const path = typeof args[0] === 'string' ? args[0] : undefined;
    await context.withSession({}, async ({ session, signal }) => {
      const open: AsyncDisposable[] = [];
      try {
        for (const row of await listStores(session)) {
          if (path !== undefined && !row.default) continue;
          const store = await session.openMsgStore(row.entryId, { bestAccess: true });
          open.push(store);
          let target: Uint8Array | null = null;
          if (path !== undefined) {
            await using folder = await openFolderByPath(store, path);
            target = (await getProp(folder, PR_ENTRYID)) ?? null;
          }
          const sink = {
            onNotify: (notifications: readonly Notification[]): void => {
              for (const notification of notifications) {
                const parent =
                  'parentId' in notification && notification.parentId !== undefined ? toHex(notification.parentId) : '';
                const own =
                  'entryId' in notification && notification.entryId !== null ? toHex(notification.entryId) : '';
                const wanted = target === null || [parent, own].includes(toHex(target));
                if (wanted) context.io.out(notificationLine(notification, row.name));
              }
            },
          };
          open.push(await store.advise(null, fnevNewMail | fnevObjectEvents, sink));
        }
        context.note('watching; interrupt with Ctrl-C');
        if (!signal.aborted)
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      } finally {
        for (const owned of open.reverse()) await owned[Symbol.asyncDispose]();
      }
    });
    return EXIT_INTERRUPTED; // it ends in no other way
  },
};

export const WATCH_COMMANDS: readonly CommandSpec[] = [watch];
