/**
 * Writes a new Unicode PST: folders, messages and all within them, in one pass and in bounded memory.
 *
 * - What is in memory is 248 KB of the file, a page of each level of its trees, and 40 bytes a message.
 * - Nothing is a PST before `finish` has returned: the header is written last.
 */
import { guidToBytes, newGuid, type Random } from '@nodemapi/base';
import {
  type MapiNameId,
  MSGFLAG_READ,
  makeEntryId,
  PidLidReminderSet,
  PR_CONTAINER_CLASS,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DISPLAY_NAME,
  PR_FINDER_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_LTP_ROW_ID,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_PST_PASSWORD,
  PR_RECORD_KEY,
  PR_SUBFOLDERS,
  PR_VALID_FOLDER_MASK,
  type PropTag,
  type PropValue,
  PS_PUBLIC_STRINGS,
  PSETID_Common,
  PT_UNICODE,
  prop,
  propOf,
  propType,
} from '@nodemapi/mapi';
import type { PstEncoding } from './crypt.ts';
import { FileWriter, type RandomWrite } from './file-writer.ts';
import type { NbtEntry } from './layout.ts';
import { only, storedValues, writeMessage } from './message-writer.ts';
import { NamesWriter } from './names-writer.ts';
import { NID_TYPES, NIDS, siblingNid } from './node.ts';
import { cellOf, ObjectWriter } from './object-writer.ts';
import type { ContentsKind } from './pst-folder.ts';
import { StoredTable } from './stored-table.ts';
import {
  ASSOCIATED_COLUMNS,
  ATTACHMENT_COLUMNS,
  CONTENTS_COLUMNS,
  HIERARCHY_COLUMNS,
  RECIPIENT_COLUMNS,
  SEARCH_CONTENTS_COLUMNS,
} from './table-columns.ts';
import type { LostInWriting, MessageToWrite } from './to-write.ts';

/** How a PST file is written. */
export interface PstWriterOptions {
  /** Name of the store. */
  readonly displayName: string;
  readonly random: Random;
  /** `permute`, as Outlook does, if absent. */
  readonly encoding?: PstEncoding;
  /** Is told of properties that a PST cannot hold. */
  readonly lost?: LostInWriting;
}

/** A folder as it is given to the writer. */
export interface FolderToWrite {
  readonly name: string;
  /** PR_CONTAINER_CLASS */
  readonly containerClass?: string;
}

/** libpff refuses a file without names of both kinds. */
const FIRST_NAMES: readonly MapiNameId[] = [
  { guid: PS_PUBLIC_STRINGS, name: 'Keywords' },
  { guid: PSETID_Common, id: PidLidReminderSet.id },
];
/** Strings in tables are cut to so many characters, as tables of MAPI do. */
const cellCharactersMax = 255;
/** FOLDER_IPM_SUBTREE_VALID, FOLDER_IPM_WASTEBASKET_VALID, FOLDER_FINDER_VALID */
const validFolders = 0x1 | 0x8 | 0x80;
const firstFolder = 0x401;
const firstMessage = 0x1_0001;

/** A folder of the file that is being written. */
export class FolderWriter {
  readonly nid: number;
  readonly parent: number;
  readonly values: readonly PropValue[];
  readonly contents: StoredTable;
  readonly associated: StoredTable;
  readonly children: FolderWriter[] = [];
  unread = 0;

  constructor(file: FileWriter, nid: number, parent: number, values: readonly PropValue[]) {
    this.nid = nid;
    this.parent = parent;
    this.values = values;
    this.contents = new StoredTable(file, CONTENTS_COLUMNS);
    this.associated = new StoredTable(file, ASSOCIATED_COLUMNS);
  }

  /** What the folder says of itself, and the folder above of it. */
  allValues(): readonly PropValue[] {
    return [
      ...this.values,
      prop(PR_CONTENT_COUNT, this.contents.rowCount),
      prop(PR_CONTENT_UNREAD, this.unread),
      prop(PR_SUBFOLDERS, this.children.length > 0),
    ];
  }
}

/** Makes a PST file, folder by folder and message by message. */
export class PstWriter {
  /** The folder that users see as the top. */
  readonly top: FolderWriter;
  readonly deletedItems: FolderWriter;
  readonly #file: FileWriter;
  readonly #root: FolderWriter;
  readonly #folders: FolderWriter[] = [];
  readonly #nodes: NbtEntry[] = [];
  readonly #names = new NamesWriter();
  readonly #recordKey: Uint8Array;
  readonly #displayName: string;
  readonly #lost: LostInWriting;
  #nextFolder = firstFolder;
  #nextMessage = firstMessage;

  constructor(sink: RandomWrite, { displayName, random, encoding = 'permute', lost }: PstWriterOptions) {
    this.#file = new FileWriter(sink, encoding);
    this.#displayName = displayName;
    this.#recordKey = guidToBytes(newGuid(random));
    this.#lost = lost ?? (() => undefined);
    for (const name of FIRST_NAMES) this.#names.idOf(name);
    this.#root = new FolderWriter(this.#file, NIDS.rootFolder, NIDS.rootFolder, [prop(PR_DISPLAY_NAME, '')]);
    this.#folders.push(this.#root);
    this.top = this.addFolder(this.#root, { name: 'Top of Personal Folders' });
    this.#finder = this.addFolder(this.#root, { name: 'Search Root' });
    this.deletedItems = this.addFolder(this.top, { name: 'Deleted Items' });
  }

  readonly #finder: FolderWriter;

  /** The identifier that a named property has in this file. @throws MAPI_E_TOO_BIG when none is left */
  idOf(name: MapiNameId): number {
    return this.#names.idOf(name);
  }

  addFolder(parent: FolderWriter, { name, containerClass }: FolderToWrite): FolderWriter {
    const nid = (this.#nextFolder++ << 5) | NID_TYPES.normalFolder;
    const values: PropValue[] = [prop(PR_DISPLAY_NAME, name)];
    if (containerClass !== undefined) values.push(prop(PR_CONTAINER_CLASS, containerClass));
    const folder = new FolderWriter(this.#file, nid, parent.nid, values);
    parent.children.push(folder);
    this.#folders.push(folder);
    return folder;
  }

  /** Writes a message into a folder and answers its node identifier. */
  async addMessage(folder: FolderWriter, message: MessageToWrite, kind: ContentsKind = 'messages'): Promise<number> {
    const isAssociated = kind === 'associated';
    const type = isAssociated ? NID_TYPES.associatedMessage : NID_TYPES.normalMessage;
    const nid = ((this.#nextMessage++ << 5) | type) >>> 0;
    const { bidData, bidSub, size } = await writeMessage(this.#file, message, this.#lost);
    this.#nodes.push({ nid, bidData, bidSub, nidParent: folder.nid });
    const values: PropValue[] = [prop(PR_MESSAGE_SIZE, Math.min(2 ** 31 - 1, size)), ...storedValues(message.values)];
    const columns = isAssociated ? ASSOCIATED_COLUMNS : CONTENTS_COLUMNS;
    (isAssociated ? folder.associated : folder.contents).addRow(nid, this.#cells(columns, values));
    if (!isAssociated && ((propOf(message.values, PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_READ) === 0) folder.unread += 1;
    await this.#file.flush();
    return nid;
  }

  /** Writes what is left: folders, the store, templates, the trees, the header. */
  async finish(): Promise<void> {
    for (const folder of this.#folders) await this.#finishFolder(folder);
    await this.#addObject(NIDS.messageStore, this.#storeValues());
    await this.#addObject(NIDS.nameToIdMap, this.#names.values());
    this.#addTable(NIDS.hierarchyTemplate, HIERARCHY_COLUMNS);
    this.#addTable(NIDS.contentsTemplate, CONTENTS_COLUMNS);
    this.#addTable(NIDS.associatedTemplate, ASSOCIATED_COLUMNS);
    this.#addTable(NIDS.searchContentsTemplate, SEARCH_CONTENTS_COLUMNS);
    this.#addTable(NIDS.attachmentTable, ATTACHMENT_COLUMNS);
    this.#addTable(NIDS.recipientTable, RECIPIENT_COLUMNS);
    for (const nid of [NIDS.searchManagementQueue, NIDS.searchActivityList, NIDS.searchDomain])
      this.#nodes.push({ nid, bidData: 0, bidSub: 0, nidParent: 0 });
    const next = new Map<number, number>();
    for (const type of Object.values(NID_TYPES)) next.set(type, this.#nextFolder);
    for (const type of [NID_TYPES.normalMessage, NID_TYPES.associatedMessage]) next.set(type, this.#nextMessage);
    await this.#file.finish(this.#nodes, next);
  }

  async #finishFolder(folder: FolderWriter): Promise<void> {
    const hierarchy = new StoredTable(this.#file, HIERARCHY_COLUMNS);
    for (const child of folder.children) hierarchy.addRow(child.nid, this.#cells(HIERARCHY_COLUMNS, child.allValues()));
    await this.#addObject(folder.nid, folder.allValues(), folder.parent);
    const tables: readonly (readonly [number, StoredTable])[] = [
      [NID_TYPES.hierarchyTable, hierarchy],
      [NID_TYPES.contentsTable, folder.contents],
      [NID_TYPES.associatedTable, folder.associated],
    ];
    for (const [type, table] of tables)
      this.#nodes.push({ nid: siblingNid(folder.nid, type), ...table.finish(), nidParent: 0 });
    await this.#file.flush();
  }

  async #addObject(nid: number, values: readonly PropValue[], nidParent = 0): Promise<void> {
    const writer = new ObjectWriter(this.#file, this.#lost);
    await writer.addAll(values);
    const { bidData, bidSub } = writer.finish();
    this.#nodes.push({ nid, bidData, bidSub, nidParent });
  }

  #addTable(nid: number, columns: readonly PropTag[]): void {
    this.#nodes.push({ nid, ...new StoredTable(this.#file, columns).finish(), nidParent: 0 });
  }

  #storeValues(): readonly PropValue[] {
    return [
      prop(PR_RECORD_KEY, this.#recordKey),
      prop(PR_DISPLAY_NAME, this.#displayName),
      prop(PR_VALID_FOLDER_MASK, validFolders),
      prop(PR_IPM_SUBTREE_ENTRYID, this.#entryId(this.top)),
      prop(PR_IPM_WASTEBASKET_ENTRYID, this.#entryId(this.deletedItems)),
      prop(PR_FINDER_ENTRYID, this.#entryId(this.#finder)),
      prop(PR_PST_PASSWORD, 0),
    ];
  }

  #entryId({ nid }: FolderWriter): Uint8Array {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, nid, true);
    return makeEntryId(this.#recordKey, data);
  }

  #cells(columns: readonly PropTag[], values: readonly PropValue[]) {
    const cells = values
      .filter(({ tag }) => tag !== PR_LTP_ROW_ID && columns.includes(tag))
      .map(({ tag, value }) =>
        cellOf(
          { tag, value: propType(tag) === PT_UNICODE ? String(value).slice(0, cellCharactersMax) : value },
          this.#lost,
        ),
      );
    return only(
      columns,
      cells.filter((cell) => cell !== undefined && cell.bytes.length <= 1024) as Exclude<
        (typeof cells)[number],
        undefined
      >[],
    );
  }
}
