import { bytesEqual } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import {
  type EntryId,
  type IMAPIFolder,
  type IMAPITable,
  MapiError,
  MSGFLAG_ASSOCIATED,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MESSAGE_FLAGS,
  prop,
} from '@nodemapi/mapi';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';
import { snapshotTable } from './table-data.ts';

let nextId = 1;

/** A message of a `FolderDouble`: counts what is asked of its read flag. */
export class FolderMessage extends MessageDouble {
  readonly readFlags: unknown[] = [];
  readonly #saved: (message: FolderMessage) => void;

  constructor(associated: boolean, saved: (message: FolderMessage) => void) {
    super([prop(PR_ENTRYID, Uint8Array.of(1, nextId >> 8, nextId++))]);
    if (associated) void this.setProps([prop(PR_MESSAGE_FLAGS, MSGFLAG_ASSOCIATED)]);
    this.#saved = saved;
  }

  get entryId(): EntryId {
    return this.allProps().find(({ tag }) => tag === PR_ENTRYID)?.value as EntryId;
  }

  get associated(): boolean {
    const flags = this.allProps().find(({ tag }) => tag === PR_MESSAGE_FLAGS)?.value as number;
    return (flags & MSGFLAG_ASSOCIATED) !== 0;
  }

  override async saveChanges(): Promise<void> {
    await super.saveChanges();
    this.#saved(this);
  }

  override async setReadFlag(...options: readonly unknown[]): Promise<void> {
    this.readFlags.push(options[0]);
  }
}

/** A folder in memory: as much of it as copying needs. */
export class FolderDouble extends PropObject {
  readonly iid = 'IMAPIFolder';
  readonly name: string;
  readonly entryId: EntryId = Uint8Array.of(2, nextId >> 8, nextId++);
  messages: FolderMessage[] = [];
  folders: FolderDouble[] = [];

  constructor(name: string) {
    super(new PropBag([prop(PR_DISPLAY_NAME, name)]));
    this.name = name;
    this.bag.set(PR_ENTRYID, this.entryId);
  }

  async setReadFlags(): Promise<object> {
    return {};
  }

  get asFolder(): IMAPIFolder {
    // the methods that copying does not need are not there, and calling one fails the test
    return this as unknown as IMAPIFolder;
  }

  async createMessage(options: { readonly associated?: boolean } = {}): Promise<FolderMessage> {
    return new FolderMessage(options.associated === true, (message) => {
      if (!this.messages.includes(message)) this.messages.push(message);
    });
  }

  async createFolder(name: string): Promise<FolderDouble> {
    if (this.folders.some((folder) => folder.name === name)) throw new MapiError('MAPI_E_COLLISION', name);
    const folder = new FolderDouble(name);
    this.folders.push(folder);
    return folder.addRef();
  }

  async openEntry(entryId: EntryId): Promise<FolderMessage | FolderDouble> {
    const message = this.messages.find((candidate) => bytesEqual(candidate.entryId, entryId));
    const found = message ?? this.folders.find((folder) => bytesEqual(folder.entryId, entryId));
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no such entry');
    return found.addRef();
  }

  async deleteMessages(entryIds: readonly EntryId[]): Promise<object> {
    this.messages = this.messages.filter(({ entryId }) => !entryIds.some((gone) => bytesEqual(gone, entryId)));
    return {};
  }

  async deleteFolder(entryId: EntryId): Promise<object> {
    this.folders = this.folders.filter((folder) => !bytesEqual(folder.entryId, entryId));
    return {};
  }

  getContentsTable({ associated = false } = {}): Promise<IMAPITable> {
    const listed = this.messages.filter((message) => message.associated === associated);
    return snapshotTable(
      listed.map(({ entryId }) => [prop(PR_ENTRYID, entryId)]),
      [PR_ENTRYID],
    );
  }

  getHierarchyTable({ convenientDepth = false } = {}): Promise<IMAPITable> {
    const listed = convenientDepth ? this.#below() : this.folders;
    return snapshotTable(
      listed.map(({ entryId }) => [prop(PR_ENTRYID, entryId)]),
      [PR_ENTRYID],
    );
  }

  /** The tree as text: `name(messages)[folders]`. */
  override toString(): string {
    const inner = this.folders.map(String).join(' ');
    return `${this.name}(${this.messages.length})${inner === '' ? '' : `[${inner}]`}`;
  }

  #below(): readonly FolderDouble[] {
    return this.folders.flatMap((folder) => [folder, ...folder.#below()]);
  }
}
