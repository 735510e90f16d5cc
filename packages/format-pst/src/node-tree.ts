/** The nodes of a file by their identifier. [MS-PST] 2.2.2.7.7.4 */
import type { NbtEntry } from './layout.ts';
import { NID_TYPES, nidType } from './node.ts';
import type { PageTree } from './page-tree.ts';

/** What a folder holds. */
const IN_FOLDERS: ReadonlySet<number> = new Set([
  NID_TYPES.normalFolder,
  NID_TYPES.searchFolder,
  NID_TYPES.normalMessage,
  NID_TYPES.associatedMessage,
]);

export class NodeTree {
  readonly #nbt: PageTree<NbtEntry>;
  /** Node identifiers by that of their folder; read when a damaged folder is met. */
  #children: Promise<ReadonlyMap<number, readonly number[]>> | undefined;

  constructor(nbt: PageTree<NbtEntry>) {
    this.#nbt = nbt;
  }

  /** @throws MAPI_E_CORRUPT_DATA if the page for it cannot be used */
  find(nid: number): Promise<NbtEntry | undefined> {
    return this.#nbt.find(nid);
  }

  /** All nodes that can be reached, in the order of their identifiers. */
  entries(): AsyncGenerator<NbtEntry> {
    return this.#nbt.entries();
  }

  /** Nodes of some types that name `parent` as theirs. The first call walks the whole tree, 8 bytes a node are kept of it. */
  async childrenOf(parent: number, types: ReadonlySet<number>): Promise<readonly number[]> {
    this.#children ??= this.#readChildren();
    return ((await this.#children).get(parent) ?? []).filter((nid) => types.has(nidType(nid)));
  }

  async #readChildren(): Promise<ReadonlyMap<number, readonly number[]>> {
    const children = new Map<number, number[]>();
    for await (const { nid, nidParent } of this.#nbt.entries()) {
      if (nidParent === nid || !IN_FOLDERS.has(nidType(nid))) continue;
      const siblings = children.get(nidParent);
      if (siblings === undefined) children.set(nidParent, [nid]);
      else siblings.push(nid);
    }
    return children;
  }
}
