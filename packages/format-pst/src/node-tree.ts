/** The nodes of a file by their identifier. [MS-PST] 2.2.2.7.7.4 */
import type { NbtEntry } from './layout.ts';
import { nidType } from './node.ts';
import type { PageTree } from './page-tree.ts';

export class NodeTree {
  readonly #nbt: PageTree<NbtEntry>;

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

  /** Nodes of some types that name `parent` as theirs; the whole tree is walked for them. */
  async *childrenOf(parent: number, types: ReadonlySet<number>): AsyncGenerator<number> {
    for await (const { nid, nidParent } of this.#nbt.entries())
      if (nidParent === parent && nid !== parent && types.has(nidType(nid))) yield nid;
  }
}
