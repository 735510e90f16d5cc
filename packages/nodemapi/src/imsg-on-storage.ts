/**
 * OpenIMsgOnIStg: a message over a structured storage, such as a .msg file in a stream. spec: openimsgonistg
 *
 * - The message is held in memory while it is open; `saveChanges` writes all of it into the storage and commits that.
 * - Everything of ours in the storage has a name that begins with two underscores; anything else there is left alone.
 */
import { memoryRandomAccess } from '@nodemapi/base';
import { MemoryStream } from '@nodemapi/kit';
import {
  type AdrList,
  type EntryId,
  type IMAPISupport,
  type IMessage,
  type IStorage,
  isLongTerm,
  MapiError,
  PR_ENTRYID,
  type PropValue,
  prop,
  propOf,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { scratchStore } from './dump-scratch.ts';
import { exportMsg, fillFromFile, openMsgMessage } from './msg.ts';
import { openSpecialFolder } from './stores.ts';
import { storageOnStream } from './structured-storage.ts';

/** How a message is opened on a storage. */
export interface IMsgOnIStgOptions {
  /**
   * Long-term entry identifiers take the place of short-term ones in recipients that are set; without one they are
   * stored as they are.
   */
  readonly support?: IMAPISupport;
  /** IMSG_NO_ISTG_COMMIT: `saveChanges` writes, and the caller commits the storage. */
  readonly noCommit?: boolean;
  /** MSGCALLRELEASE: runs after the last release of the message, which does not touch the storage any more. */
  readonly onRelease?: () => void | Promise<void>;
}

/** Names of everything that a message has in a storage. [MS-OXMSG] 2.2 */
const OURS = /^__/;
/** Where every message has its properties; a storage without it holds none yet. [MS-OXMSG] 2.4 */
const PROPERTY_STREAM = '__properties_version1.0';

/**
 * Opens the message of a storage, or a new one if it holds none. The storage stays the caller's, who releases it after
 * the message.
 *
 * A storage that was opened for reading gives a message that can be changed and not saved.
 *
 * @throws MAPI_E_CORRUPT_DATA if what is in the storage is no message
 * @see spec: openimsgonistg
 */
export async function openIMsgOnIStg(storage: IStorage, options: IMsgOnIStgOptions = {}): Promise<IMessage> {
  const { store, release } = scratchStore();
  let message: IMessage | undefined;
  try {
    await using inbox = await openSpecialFolder(store, 'inbox');
    message = await inbox.createMessage();
    if ((await storage.enumElements()).some(({ name }) => name === PROPERTY_STREAM)) await load(storage, message);
    return onStorage(message, storage, options, release);
  } catch (error) {
    await message?.release();
    await release();
    throw error;
  }
}

/** The message, but for saving, recipients and its end. */
function onStorage(
  message: IMessage,
  storage: IStorage,
  options: IMsgOnIStgOptions,
  close: () => Promise<void>,
): IMessage {
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await close();
    await options.onRelease?.();
  };
  const own: Partial<IMessage> = {
    addRef: () => {
      message.addRef();
      return opened;
    },
    release: async () => {
      await message.release();
      if ((message as { readonly released?: boolean }).released !== true) return;
      ended ??= end();
      await ended;
    },
    saveChanges: async (save?: SaveChangesOptions) => {
      await message.saveChanges({ keepOpenReadWrite: true });
      await write(message, storage);
      if (options.noCommit !== true) await storage.commit();
      await message.saveChanges(save);
    },
    modifyRecipients: async (mode, recipients) =>
      message.modifyRecipients(mode, await longTerm(recipients, options.support)),
    submitMessage: async () => {
      throw new MapiError('MAPI_E_NO_SUPPORT', 'a message on a storage is in no store that could send it');
    },
    [Symbol.asyncDispose]: async () => own.release?.(),
  };
  const opened = new Proxy(message, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      // methods of the message reach its private fields, which the proxy has not
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return opened;
}

async function load(storage: IStorage, message: IMessage): Promise<void> {
  const stream = new MemoryStream();
  const whole = await storageOnStream(stream.addRef(), { modify: true, create: true });
  await storage.copyTo(whole);
  await whole.commit();
  await whole.release();
  const bytes = await bytesOf(stream);
  const opened = await openMsgMessage(memoryRandomAccess(bytes));
  await using file = opened.message;
  const problems = await fillFromFile(file, message, {});
  // what was not read would be gone when the message is saved
  const lost = [...opened.diagnostics(), ...problems].find(({ loss }) => loss);
  if (lost !== undefined) throw new MapiError('MAPI_E_CORRUPT_DATA', lost.detail);
}

/** Writes all of a message in place of what was there of one. */
async function write(message: IMessage, storage: IStorage): Promise<void> {
  const { chunks, problems } = await exportMsg(message);
  const [problem] = problems;
  if (problem !== undefined) throw new MapiError(problem.code, problem.detail);
  const stream = new MemoryStream();
  for await (const chunk of chunks) await stream.write(chunk);
  const written = await storageOnStream(stream);
  try {
    for (const { name } of await storage.enumElements()) if (OURS.test(name)) await storage.destroyElement(name);
    await storage.setClass((await written.stat()).clsid);
    await written.copyTo(storage);
  } finally {
    await written.release();
  }
}

async function bytesOf(stream: MemoryStream): Promise<Uint8Array> {
  const { size } = await stream.stat();
  await stream.seek(0);
  const bytes = await stream.read(size);
  await stream.release();
  return bytes;
}

/** Short-term identifiers end with the session that gave them, so an address book is asked for the others. */
async function longTerm(recipients: AdrList, support: IMAPISupport | undefined): Promise<AdrList> {
  if (support === undefined) return recipients;
  const found: (readonly PropValue[])[] = [];
  for (const row of recipients) {
    const entryId = propOf(row, PR_ENTRYID);
    found.push(entryId === undefined || isLongTerm(entryId) ? row : await withLongTerm(row, entryId, support));
  }
  return found;
}

async function withLongTerm(
  row: readonly PropValue[],
  entryId: EntryId,
  support: IMAPISupport,
): Promise<readonly PropValue[]> {
  const { object: book } = await support.openAddressBook();
  await using opened = book;
  await using entry = await opened.openEntry(entryId, { iid: 'IMailUser' });
  const [permanent] = (await entry.getProps([PR_ENTRYID])).values;
  if (permanent === undefined) return row;
  return row.map((each) => (each.tag === PR_ENTRYID ? prop(PR_ENTRYID, permanent) : each));
}
