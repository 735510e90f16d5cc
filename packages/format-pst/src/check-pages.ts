/** Checks a B-tree of pages: trailers, counts, order, and the keys that lead to each page. [MS-PST] 2.2.2.7.7 */
import { PstDamage } from './diagnostic.ts';
import type { PageRef } from './header.ts';
import { LAYOUTS } from './layout.ts';
import { pageBytes } from './maps.ts';
import { attempt, type CheckedFile } from './pst-check.ts';
import { type PageTreeKind, pageProblem, TreePage } from './tree-page.ts';

const layout = LAYOUTS.unicode;

export interface TreeToCheck<E> extends PageTreeKind<E> {
  readonly root: PageRef;
}

/** Answers the leaves in their order, and adds the pages to the parts of the file that are in use. */
export async function checkPageTree<E>(checked: CheckedFile, tree: TreeToCheck<E>): Promise<readonly E[]> {
  const leaves: E[] = [];
  const { name } = tree;
  await attempt(checked.found, `tree of ${name}`, () => walk(checked, tree, leaves, tree.root, undefined, 0));
  let last = -1;
  for (const leaf of leaves) {
    const key = tree.key(leaf);
    if (key <= last) checked.found.add('badPage', `${name} ${key} stands after ${last}`);
    last = key;
  }
  return leaves;
}

async function walk<E>(
  checked: CheckedFile,
  tree: TreeToCheck<E>,
  leaves: E[],
  { bid, ib }: PageRef,
  level: number | undefined,
  firstKey: number,
): Promise<void> {
  const { file, found, extents } = checked;
  const { name } = tree;
  const bytes = await file.read(ib, pageBytes, 'page');
  const problem = pageProblem(bytes, layout, tree.ptype, ib, bid);
  if (problem !== undefined) found.add('badPage', `page of ${name}: ${problem}`, ib);
  if (ib % pageBytes !== 0) found.add('badPage', `page of ${name} lies at ${ib}`, ib);
  extents.push({ offset: ib, size: pageBytes, bid });
  const page = new TreePage(bytes, layout, tree, ib);
  const { cEntMax, cbEnt } = layout.btTail.decode(bytes, layout.btEntriesBytes);
  const size = page.level === 0 ? tree.leafBytes : layout.bt.size;
  if (cbEnt !== size || cEntMax !== Math.floor(layout.btEntriesBytes / size))
    found.add('badPage', `page of ${name} says at most ${cEntMax} entries of ${cbEnt} bytes`, ib);
  if (level !== undefined && page.level !== level) throw new PstDamage(`level ${page.level} under ${level + 1}`, ib);
  const [first] = page.keys();
  if (first === undefined && level !== undefined) found.add('badPage', `empty page of ${name}`, ib);
  if (level !== undefined && first !== firstKey)
    found.add('badPage', `page of ${name} begins with ${first}, the one above says ${firstKey}`, ib);
  leaves.push(...page.leaves());
  for (const child of page.children()) await walk(checked, tree, leaves, child, page.level - 1, child.btkey);
}
