/** A node as the upper layers use it: its data and its subnodes, wherever it hangs. */
import type { BlockStore } from './block-store.ts';
import { DataTree } from './data-tree.ts';
import { SubnodeTree } from './subnode-tree.ts';

/** nidType: the lowest five bits of a node identifier. [MS-PST] 2.2.2.1 */
export const NID_TYPES = {
  heap: 0x00,
  internal: 0x01,
  normalFolder: 0x02,
  searchFolder: 0x03,
  normalMessage: 0x04,
  attachment: 0x05,
  searchUpdateQueue: 0x06,
  searchCriteria: 0x07,
  associatedMessage: 0x08,
  hierarchyTable: 0x0d,
  contentsTable: 0x0e,
  associatedTable: 0x0f,
  searchContentsTable: 0x10,
  attachmentTable: 0x11,
  recipientTable: 0x12,
  ltp: 0x1f,
} as const;

/** Nodes with a fixed identifier. [MS-PST] 2.4.1 */
export const NIDS = {
  messageStore: 0x21,
  nameToIdMap: 0x61,
  normalFolderTemplate: 0xa1,
  searchFolderTemplate: 0xc1,
  rootFolder: 0x122,
  searchManagementQueue: 0x1e1,
  searchActivityList: 0x201,
  searchDomain: 0x261,
  hierarchyTemplate: 0x60d,
  contentsTemplate: 0x60e,
  associatedTemplate: 0x60f,
  searchContentsTemplate: 0x610,
  attachmentTable: 0x671,
  recipientTable: 0x692,
} as const;

export function nidType(nid: number): number {
  return nid & 0x1f;
}

/** The identifier of the node of another type that belongs to `nid`, such as the tables of a folder. */
export function siblingNid(nid: number, type: number): number {
  return ((nid & ~0x1f) | type) >>> 0;
}

/** Where the data and the subnodes of a node begin. */
export interface NodeRef {
  readonly nid: number;
  readonly bidData: number;
  readonly bidSub: number;
}

export class PstNode {
  readonly nid: number;
  readonly blocks: BlockStore;
  readonly subnodes: SubnodeTree;
  readonly #bidData: number;

  constructor(blocks: BlockStore, { nid, bidData, bidSub }: NodeRef) {
    this.nid = nid;
    this.blocks = blocks;
    this.#bidData = bidData;
    this.subnodes = new SubnodeTree(blocks, bidSub);
  }

  data(): Promise<DataTree> {
    return DataTree.open(this.blocks, this.#bidData);
  }

  /** What `data` would answer, if it is one block whose place is in memory. */
  dataNow(): DataTree | undefined {
    return DataTree.openNow(this.blocks, this.#bidData);
  }

  /** The subnode `nid`; undefined if there is none. */
  async subnode(nid: number): Promise<PstNode | undefined> {
    const entry = this.subnodes.findNow(nid) ?? (await this.subnodes.find(nid));
    return entry === undefined ? undefined : new PstNode(this.blocks, entry);
  }
}
