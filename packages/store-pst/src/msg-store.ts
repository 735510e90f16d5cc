/** A PST as a message store, for reading. spec: imsgstoreimapiprop */
import {
  AdviseHub,
  checkMessageClass,
  chooseReceiveFolder,
  noSupport,
  type SourceProp,
  SourceProps,
} from '@nodemapi/kit';
import {
  type AdviseConnection,
  connectionNumber,
  type EntryId,
  type IMAPIAdviseSink,
  type IMAPIProp,
  type IMAPITable,
  type IMsgStore,
  type InterfaceMap,
  type InterfaceName,
  MAPI_STORE,
  MapiError,
  type MapiUid,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PST_PASSWORD,
  PR_RECORD_KEY,
  PR_USER_ENTRYID,
  type PropValue,
  prop,
  propId,
  type StoreLogoffResult,
} from '@nodemapi/mapi';
import { openObject } from './open-entry.ts';
import type { PstHome } from './pst-home.ts';
import { receiveFolders } from './receive-folders.ts';
import { sourceProps } from './source-props.ts';
import { openReceiveFolderTable } from './tables.ts';

/** What the file says of its password is not for clients; who uses it, it cannot know. */
const HIDDEN: ReadonlySet<number> = new Set([PR_PST_PASSWORD, PR_USER_ENTRYID].map(propId));
const NOTHING_LEFT: StoreLogoffResult = { complete: true, inbound: false, outbound: false, outboundQueue: false };

/** @param name PR_DISPLAY_NAME, if the profile gives one */
export async function openPstStore(
  home: PstHome,
  name: string | undefined,
  onRelease: () => Promise<void>,
): Promise<PstMsgStore> {
  const { store } = home.file;
  const props = store === undefined ? [] : await sourceProps(store);
  const own = [
    ...home.commonProps(MAPI_STORE),
    prop(PR_ENTRYID, home.storeEntryId),
    prop(PR_RECORD_KEY, home.uid),
    ...(name === undefined ? [] : [prop(PR_DISPLAY_NAME, name)]),
  ];
  return new PstMsgStore(home, props, own, onRelease);
}

export class PstMsgStore extends SourceProps implements IMsgStore {
  readonly iid = 'IMsgStore';
  readonly #home: PstHome;
  readonly #onRelease: () => Promise<void>;
  /** Nothing ever happens in a file that is only read; registrations are kept and cancelled all the same. */
  readonly #hub = new AdviseHub();
  readonly #connections = new Map<number, AdviseConnection>();

  constructor(home: PstHome, props: readonly SourceProp[], own: readonly PropValue[], onRelease: () => Promise<void>) {
    super({ props: props.filter(({ tag }) => !HIDDEN.has(propId(tag))) }, home.names, own);
    this.#home = home;
    this.#onRelease = onRelease;
  }

  /** The record key of the file. */
  get uid(): MapiUid {
    return this.#home.uid;
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.assertOpen();
    if (entryId !== null) this.#home.nidOf(entryId);
    const advised = this.#hub.advise(entryId, mask, sink);
    this.#connections.set(advised.connection, advised);
    return advised;
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    const number = connectionNumber(connection);
    const advised = this.#connections.get(number);
    if (advised === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no connection ${number}`);
    this.#connections.delete(number);
    await advised[Symbol.asyncDispose]();
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.assertOpen();
    return this.#home.nidOf(a) === this.#home.nidOf(b); // whatever their flags are
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<unknown> {
    this.assertOpen();
    return openObject(this.#home, entryId, options);
  }

  async setReceiveFolder(): Promise<never> {
    return this.refuse();
  }

  async getReceiveFolder(
    messageClass?: string | null,
  ): Promise<{ readonly entryId: EntryId; readonly explicitClass: string }> {
    this.assertOpen();
    const { file } = this.#home;
    checkMessageClass(messageClass ?? '');
    const folders = (await receiveFolders(file)).map(({ nid, ...rest }) => ({ ...rest, folder: nid }));
    const chosen = chooseReceiveFolder(folders, messageClass ?? '');
    if (chosen === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the file names no receive folder');
    return { entryId: file.entryId(chosen.folder), explicitClass: chosen.messageClass };
  }

  async getReceiveFolderTable(): Promise<IMAPITable> {
    this.assertOpen();
    return openReceiveFolderTable(this.#home, await receiveFolders(this.#home.file));
  }

  async storeLogoff(): Promise<StoreLogoffResult> {
    this.assertOpen();
    return NOTHING_LEFT;
  }

  async abortSubmit(): Promise<never> {
    return noSupport('IMsgStore.abortSubmit of a PST');
  }

  async getOutgoingQueue(): Promise<never> {
    return noSupport('IMsgStore.getOutgoingQueue of a PST');
  }

  async setLockState(): Promise<never> {
    return noSupport('IMsgStore.setLockState of a PST');
  }

  async finishedMsg(): Promise<never> {
    return noSupport('IMsgStore.finishedMsg of a PST');
  }

  async notifyNewMail(): Promise<never> {
    return noSupport('IMsgStore.notifyNewMail of a PST');
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected openObject(): undefined {
    return undefined;
  }

  protected override async onFinalRelease(): Promise<void> {
    for (const connection of this.#connections.values()) await connection[Symbol.asyncDispose]();
    this.#connections.clear();
    await this.#onRelease();
  }
}
