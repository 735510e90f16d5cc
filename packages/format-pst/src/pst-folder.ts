/** A folder: properties, subfolders, messages. [MS-PST] 2.4.4 */
import { PR_DISPLAY_NAME, type PropValue } from '@nodemapi/mapi';
import { PstDamage } from './diagnostic.ts';
import { NID_TYPES, nidType, PstNode, siblingNid } from './node.ts';
import type { NodeTree } from './node-tree.ts';
import { PropertyContext } from './property-context.ts';
import { PstMessage } from './pst-message.ts';
import { type PstContext, PstObject } from './pst-object.ts';
import { type PstSearchCriteria, readSearchCriteria } from './search-criteria.ts';
import { TableContext, type TableRow } from './table-context.ts';

/** Which of a folder's two tables of messages. */
export type ContentsKind = 'messages' | 'associated';

/** What a contents table says of one message. */
export interface ContentsRow {
  readonly nid: number;
  /** The row's own copy of some properties. */
  values(): Promise<PropValue[]>;
}

/** A folder of a PST file. */
export class PstFolder extends PstObject {
  readonly #nodes: NodeTree;

  private constructor(context: PstContext, node: PstNode, properties: PropertyContext, nodes: NodeTree) {
    super(context, node, properties);
    this.#nodes = nodes;
  }

  /** @throws MAPI_E_CORRUPT_DATA */
  static async open(context: PstContext, nodes: NodeTree, nid: number): Promise<PstFolder> {
    const entry = await nodes.find(nid);
    if (entry === undefined) throw new PstDamage(`folder 0x${nid.toString(16)} has no node`);
    const node = new PstNode(context.blocks, entry);
    return new PstFolder(context, node, await PropertyContext.open(node), nodes);
  }

  /** Whether its messages lie in other folders and were found by a search. */
  get isSearch(): boolean {
    return nidType(this.nid) === NID_TYPES.searchFolder;
  }

  /**
   * What a search folder searches for; undefined for any other folder, and for one whose criteria object is missing.
   *
   * @throws MAPI_E_CORRUPT_DATA for criteria that are damaged
   */
  async searchCriteria(): Promise<PstSearchCriteria | undefined> {
    if (!this.isSearch) return undefined;
    const entry = await this.#nodes.find(siblingNid(this.nid, NID_TYPES.searchCriteria));
    if (entry === undefined) return undefined;
    const properties = await PropertyContext.open(new PstNode(this.context.blocks, entry));
    return readSearchCriteria((id) => properties.value(id, this.text));
  }

  async name(): Promise<string> {
    return (await this.valueOrLost(PR_DISPLAY_NAME)) ?? '';
  }

  /** Node identifiers of the subfolders, each once. */
  async subfolderNids(): Promise<readonly number[]> {
    const nids = new Set<number>();
    const damaged = (error: unknown): void =>
      this.context.diagnostics.caught('badFolder', `subfolders of folder 0x${this.nid.toString(16)}`, error);
    let isWhole = true;
    try {
      const table = await this.#table(NID_TYPES.hierarchyTable);
      if (table !== undefined) {
        const note = (error: unknown): void => {
          isWhole = false;
          damaged(error);
        };
        for await (const row of table.rows(note)) nids.add(row.rowId);
      }
    } catch (error) {
      isWhole = false;
      damaged(error);
    }
    if (!isWhole) for (const nid of await this.#nodes.childrenOf(this.nid, FOLDER_TYPES)) nids.add(nid);
    return [...nids].filter((nid) => FOLDER_TYPES.has(nidType(nid)));
  }

  /**
   * What the folder holds, in the order of its table. Where the table is damaged, the nodes that name this folder as
   * theirs are added at the end. A search folder has rows of messages that lie elsewhere.
   */
  async *contents(kind: ContentsKind = 'messages'): AsyncGenerator<ContentsRow> {
    let isWhole = true;
    const seen = new Set<number>();
    const damaged = (error: unknown): void => {
      isWhole = false;
      const what = `${kind} of folder 0x${this.nid.toString(16)}`;
      this.context.diagnostics.caught('badFolder', what, error);
    };
    try {
      const table = await this.#table(this.#contentsType(kind));
      if (table !== undefined) {
        for await (const row of table.rows(damaged)) {
          if (seen.has(row.rowId)) continue;
          seen.add(row.rowId);
          yield this.#contentsRow(row);
        }
      }
    } catch (error) {
      damaged(error);
    }
    if (isWhole || this.isSearch) return;
    const types = new Set([kind === 'messages' ? NID_TYPES.normalMessage : NID_TYPES.associatedMessage]);
    for (const nid of await this.#nodes.childrenOf(this.nid, types))
      if (!seen.has(nid)) yield { nid, values: async () => [] };
  }

  /** Opens the messages of `contents`; those that cannot be opened are diagnostics. */
  async *messages(kind: ContentsKind = 'messages'): AsyncGenerator<PstMessage> {
    for await (const { nid } of this.contents(kind)) {
      const message = await this.#messageOrLost(nid);
      if (message !== undefined) yield message;
    }
  }

  async #messageOrLost(nid: number): Promise<PstMessage | undefined> {
    try {
      const entry = await this.#nodes.find(nid);
      if (entry === undefined) throw new PstDamage('it has no node');
      return await PstMessage.open(this.context, new PstNode(this.context.blocks, entry));
    } catch (error) {
      const what = `message 0x${nid.toString(16)} of folder 0x${this.nid.toString(16)}`;
      this.context.diagnostics.caught('badMessage', what, error);
      return undefined;
    }
  }

  #contentsRow(row: TableRow): ContentsRow {
    return { nid: row.rowId, values: () => row.values(this.text, (lost) => this.lost('badTable', lost)) };
  }

  #contentsType(kind: ContentsKind): number {
    if (kind === 'associated') return NID_TYPES.associatedTable;
    return this.isSearch ? NID_TYPES.searchContentsTable : NID_TYPES.contentsTable;
  }

  /** A table of this folder; undefined if the folder has none. */
  async #table(type: number): Promise<TableContext | undefined> {
    const entry = await this.#nodes.find(siblingNid(this.nid, type));
    if (entry === undefined || entry.bidData === 0) return undefined;
    return TableContext.open(new PstNode(this.context.blocks, entry));
  }
}

const FOLDER_TYPES: ReadonlySet<number> = new Set([NID_TYPES.normalFolder, NID_TYPES.searchFolder]);
