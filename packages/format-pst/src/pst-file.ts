/**
 * A PST or OST file, read from any source of bytes.
 *
 * - Nothing is read before it is asked for, and what is kept in memory has a limit, whatever the size of the file.
 * - Damage costs what it hit: the rest is read, and each problem is in `diagnostics`, with its offset where it has one.
 * - No number of the file is believed: each is compared with a limit before it allocates, loops or seeks.
 * - Passwords are noticed, never asked for: they encrypt nothing.
 */
import type { MapiError, RandomAccess } from '@nodemapi/base';
import {
  type EntryId,
  entryIdData,
  type MapiNameId,
  makeEntryId,
  PR_IPM_SUBTREE_ENTRYID,
  PR_PST_PASSWORD,
  PR_RECORD_KEY,
  type PropTag,
  type PropValue,
  propId,
} from '@nodemapi/mapi';
import { BlockStore } from './block-store.ts';
import type { PstEncoding } from './crypt.ts';
import { Diagnostics, isDamage, PstDamage, type PstDiagnostic } from './diagnostic.ts';
import { FileCache } from './file-cache.ts';
import { headerBytesMax, type PstHeader, type PstKind, readHeader } from './header.ts';
import type { PstVersion } from './layout.ts';
import { fileCacheBytesMax, folderDepthMax } from './limits.ts';
import { readNamedProperties } from './named-properties.ts';
import { NID_TYPES, NIDS, nidType, PstNode } from './node.ts';
import { NodeTree } from './node-tree.ts';
import { searchPages } from './page-search.ts';
import { PageTree } from './page-tree.ts';
import { PropertyContext } from './property-context.ts';
import { PstFolder } from './pst-folder.ts';
import { PstMessage } from './pst-message.ts';
import { type PstContext, PstObject } from './pst-object.ts';
import { TableContext } from './table-context.ts';
import { bbtKind, nbtKind } from './tree-page.ts';
import { string8Decoder } from './value.ts';

/** How a PST file is opened. */
export interface PstOptions {
  /** Code page of strings in ANSI files where no object names one; Windows-1252 if absent. */
  readonly codePage?: number;
  /**
   * Searches the whole file for the entries of its B-trees first, and uses those that the trees lack. What is found
   * is held in memory, about 1 % of the size of the file.
   */
  readonly recover?: boolean;
  /** Bytes of the file that are kept in memory; 16 MiB if absent. */
  readonly cacheBytesMax?: number;
}

const CODE_PAGE_DEFAULT = 1252;

/** A folder on the way through all of them. */
export interface FolderInTree {
  readonly folder: PstFolder;
  /** Names from below the root folder on; empty for the root folder. */
  readonly path: readonly string[];
}

/** A PST or OST file that is open for reading. */
export class PstFile {
  readonly kind: PstKind;
  readonly version: PstVersion;
  readonly encoding: PstEncoding;
  /** Whether a password was set; the content can be read all the same. */
  readonly hasPassword: boolean;
  /** The message store's own properties; undefined if they cannot be read. */
  readonly store: PstStore | undefined;
  readonly #context: PstContext;
  readonly #nodes: NodeTree;

  private constructor(header: PstHeader, context: PstContext, nodes: NodeTree, store: PstStore | undefined) {
    this.kind = header.kind;
    this.version = header.layout.version;
    this.encoding = header.encoding;
    this.store = store;
    this.hasPassword = store?.hasPassword ?? false;
    this.#context = context;
    this.#nodes = nodes;
  }

  /**
   * Opens a file; the caller keeps `source` open for as long as anything of it is used.
   *
   * @throws MAPI_E_CORRUPT_DATA if it is no such file; MAPI_E_VERSION for a version or encryption that is not known
   */
  static async open(source: RandomAccess, options: PstOptions = {}): Promise<PstFile> {
    const size = await source.size();
    const diagnostics = new Diagnostics();
    const file = new FileCache(source, size, options.cacheBytesMax ?? fileCacheBytesMax);
    const header = readHeader(await file.read(0, Math.min(size, headerBytesMax), 'the header'), diagnostics);
    const { layout, encoding } = header;
    if (header.ibFileEof > size)
      diagnostics.add(
        'truncatedFile',
        `the file has ${size} bytes of the ${header.ibFileEof} that it should have`,
        size,
      );
    const kinds = { bbt: bbtKind(layout), nbt: nbtKind(layout) };
    const bbt = new PageTree(file, layout, kinds.bbt, header.bbt, diagnostics);
    const nbt = new PageTree(file, layout, kinds.nbt, header.nbt, diagnostics);
    if (options.recover === true) {
      const found = await searchPages(file, layout, kinds, diagnostics);
      bbt.recover(found.blocks);
      nbt.recover(found.nodes);
    }
    const blocks = new BlockStore({ file, layout, encoding, bbt, diagnostics });
    const nodes = new NodeTree(nbt);
    const codePage = options.codePage ?? CODE_PAGE_DEFAULT;
    const first: PstContext = { blocks, diagnostics, codePage, names: new Map(), recordKey: new Uint8Array(16) };
    const store = await openStore(first, nodes);
    const recordKey = (await store?.valueOrLost(PR_RECORD_KEY)) ?? first.recordKey;
    const nameMap = await nodeOf(nodes, blocks, NIDS.nameToIdMap, diagnostics);
    const names = nameMap === undefined ? first.names : await readNamedProperties(nameMap, diagnostics);
    const context = { ...first, names, recordKey: recordKey.length === 16 ? recordKey : first.recordKey };
    return new PstFile(header, context, nodes, store);
  }

  /** What was found to be wrong so far. */
  get diagnostics(): readonly PstDiagnostic[] {
    return this.#context.diagnostics.list();
  }

  /** PR_RECORD_KEY of the store: the MAPIUID in its entry identifiers. */
  get recordKey(): Uint8Array {
    return this.#context.recordKey;
  }

  /** The folder that all others stand below. */
  get rootNid(): number {
    return NIDS.rootFolder;
  }

  /** Names of the property identifiers from 0x8000 on. */
  get namedProperties(): ReadonlyMap<number, MapiNameId> {
    return this.#context.names;
  }

  /** From here on the file is walked once; see `BlockStore.limitReading`. */
  limitReading(bytesMax?: number): void {
    this.#context.blocks.limitReading(bytesMax);
  }

  /** @throws MAPI_E_CORRUPT_DATA if it cannot be read */
  rootFolder(): Promise<PstFolder> {
    return this.folder(NIDS.rootFolder);
  }

  /** The folder that users see as the top of the file; undefined if the store names none. */
  async ipmSubtreeNid(): Promise<number | undefined> {
    return this.specialFolderNid(PR_IPM_SUBTREE_ENTRYID);
  }

  /** The folder that a property of the store names. */
  async specialFolderNid(tag: PropTag<Uint8Array>): Promise<number | undefined> {
    const entryId = await this.store?.valueOrLost(tag);
    return entryId === undefined ? undefined : this.nidOf(entryId);
  }

  /** Whether the folder that all others stand below can be read. */
  async hasRootFolder(): Promise<boolean> {
    try {
      await this.rootFolder();
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return false;
    }
  }

  /** @throws MAPI_E_CORRUPT_DATA if there is no such folder or it cannot be read */
  folder(nid: number): Promise<PstFolder> {
    return PstFolder.open(this.#context, this.#nodes, nid);
  }

  /** @throws MAPI_E_CORRUPT_DATA if there is no such message or it cannot be read */
  async message(nid: number): Promise<PstMessage> {
    const entry = await this.#nodes.find(nid);
    if (entry === undefined) throw new PstDamage(`message 0x${nid.toString(16)} has no node`);
    return PstMessage.open(this.#context, new PstNode(this.#context.blocks, entry));
  }

  /** Like `folder`, but what cannot be read is a diagnostic. */
  async folderOrLost(nid: number): Promise<PstFolder | undefined> {
    try {
      return await this.folder(nid);
    } catch (error) {
      this.#context.diagnostics.caught('badFolder', `folder 0x${nid.toString(16)}`, error);
      return undefined;
    }
  }

  /** What a node identifier is of; undefined for what stands in no folder. */
  kindOf(nid: number): 'folder' | 'message' | undefined {
    const type = nidType(nid);
    if (type === NID_TYPES.normalFolder || type === NID_TYPES.searchFolder) return 'folder';
    return ORPHAN_TYPES.has(type) ? 'message' : undefined;
  }

  async exists(nid: number): Promise<boolean> {
    return (await this.#nodes.find(nid)) !== undefined;
  }

  /** Like `message`, but what cannot be read is a diagnostic. */
  async messageOrLost(nid: number): Promise<PstMessage | undefined> {
    try {
      return await this.message(nid);
    } catch (error) {
      this.#context.diagnostics.caught('badMessage', `message 0x${nid.toString(16)}`, error);
      return undefined;
    }
  }

  /** The rows of any table that is a node of its own, with all their values. @throws MAPI_E_CORRUPT_DATA */
  async *tableRows(nid: number): AsyncGenerator<{ readonly rowId: number; readonly values: readonly PropValue[] }> {
    const entry = await this.#nodes.find(nid);
    if (entry === undefined) throw new PstDamage(`table 0x${nid.toString(16)} has no node`);
    const { blocks, diagnostics, codePage } = this.#context;
    const table = await TableContext.open(new PstNode(blocks, entry));
    const text = string8Decoder(codePage, () => undefined);
    const what = `table 0x${nid.toString(16)}`;
    for await (const row of table.rows((error) => diagnostics.caught('badTable', what, error)))
      yield {
        rowId: row.rowId,
        values: await row.values(text, ({ error }) => diagnostics.caught('badTable', what, error)),
      };
  }

  /** What of a table another reader may stumble over. @throws MAPI_E_CORRUPT_DATA */
  async *tableProblems(nid: number): AsyncGenerator<string> {
    const entry = await this.#nodes.find(nid);
    if (entry === undefined || entry.bidData === 0) return;
    yield* (await TableContext.open(new PstNode(this.#context.blocks, entry))).problems();
  }

  /** The node that holds an object's own node: the folder of a message or folder. */
  async parentNid(nid: number): Promise<number | undefined> {
    return (await this.#nodes.find(nid))?.nidParent;
  }

  /** The entry identifier of a folder or message. [MS-PST] 2.4.3.2 */
  entryId(nid: number): EntryId {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, nid, true);
    return makeEntryId(this.#context.recordKey, data);
  }

  /** The node behind an entry identifier; undefined if it is not of this file. */
  nidOf(entryId: EntryId): number | undefined {
    const data = entryIdData(entryId, this.#context.recordKey);
    return data?.length === 4 ? new DataView(data.buffer, data.byteOffset).getUint32(0, true) : undefined;
  }

  /** All folders, each before those below it; what cannot be opened or was met before is a diagnostic. */
  async *folders(): AsyncGenerator<FolderInTree> {
    yield* this.#foldersBelow(NIDS.rootFolder, [], new Set());
  }

  async *#foldersBelow(nid: number, path: readonly string[], seen: Set<number>): AsyncGenerator<FolderInTree> {
    const { diagnostics } = this.#context;
    const what = `folder 0x${nid.toString(16)}`;
    if (seen.has(nid)) return diagnostics.add('cycle', `${what} stands in more than one place`);
    if (path.length > folderDepthMax) return diagnostics.add('badFolder', `${what} lies deeper than ${folderDepthMax}`);
    seen.add(nid);
    let folder: PstFolder;
    try {
      folder = await this.folder(nid);
    } catch (error) {
      return diagnostics.caught('badFolder', what, error);
    }
    const own = nid === NIDS.rootFolder ? path : [...path, await folder.name()];
    yield { folder, path: own };
    for (const child of await folder.subfolderNids()) yield* this.#foldersBelow(child, own, seen);
  }

  /**
   * Folders and messages that have a node, but not a place: none of `reached` names them.
   *
   * @param reached node identifiers that were met on the way through all folders
   */
  async *orphans(reached: { has(nid: number): boolean }): AsyncGenerator<number> {
    for await (const { nid } of this.#nodes.entries()) {
      const type = nidType(nid);
      if (ORPHAN_TYPES.has(type) && !reached.has(nid)) yield nid;
    }
  }
}

const ORPHAN_TYPES: ReadonlySet<number> = new Set([NID_TYPES.normalMessage, NID_TYPES.associatedMessage]);

/** The message store object. [MS-PST] 2.4.3 */
export class PstStore extends PstObject {
  readonly hasPassword: boolean;

  private constructor(context: PstContext, node: PstNode, properties: PropertyContext) {
    super(context, node, properties);
    this.hasPassword = (properties.number(propId(PR_PST_PASSWORD)) ?? 0) !== 0;
  }

  static async open(context: PstContext, node: PstNode): Promise<PstStore> {
    return new PstStore(context, node, await PropertyContext.open(node));
  }
}

async function openStore(context: PstContext, nodes: NodeTree): Promise<PstStore | undefined> {
  try {
    const node = await nodeOf(nodes, context.blocks, NIDS.messageStore, context.diagnostics);
    return node === undefined ? undefined : await PstStore.open(context, node);
  } catch (error) {
    context.diagnostics.caught('badNode', 'the message store', error);
    return undefined;
  }
}

async function nodeOf(
  nodes: NodeTree,
  blocks: BlockStore,
  nid: number,
  diagnostics: Diagnostics,
): Promise<PstNode | undefined> {
  try {
    const entry = await nodes.find(nid);
    if (entry === undefined) diagnostics.add('badNode', `node 0x${nid.toString(16)} is missing`);
    return entry === undefined ? undefined : new PstNode(blocks, entry);
  } catch (error) {
    if (!isDamage(error)) throw error;
    diagnostics.caught('badNode', `node 0x${nid.toString(16)}`, error);
    return undefined;
  }
}

/** Whether the first bytes are those of a PST or OST file. */
export function looksLikePst(start: Uint8Array): boolean {
  return start.length >= 4 && start[0] === 0x21 && start[1] === 0x42 && start[2] === 0x44 && start[3] === 0x4e;
}

/** Whether an error says that a file is damaged, for those who go on without what it hit. */
export function isPstDamage(error: unknown): error is MapiError {
  return isDamage(error);
}
