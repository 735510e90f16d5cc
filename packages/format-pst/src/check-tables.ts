/** Checks that folders, tables and messages fit together. [MS-PST] 2.3.4, 2.4.4 */
import { PR_CONTENT_COUNT, PR_LTP_ROW_ID, PR_SUBFOLDERS } from '@nodemapi/mapi';
import type { Diagnostics } from './diagnostic.ts';
import type { NbtEntry } from './layout.ts';
import { NID_TYPES, NIDS, nidType, siblingNid } from './node.ts';
import { attempt } from './pst-check.ts';
import type { PstFile } from './pst-file.ts';

/** Tables of a folder, and what their rows are. */
const ROW_TYPES = new Map([
  [NID_TYPES.hierarchyTable, [NID_TYPES.normalFolder, NID_TYPES.searchFolder]],
  [NID_TYPES.contentsTable, [NID_TYPES.normalMessage]],
  [NID_TYPES.associatedTable, [NID_TYPES.associatedMessage]],
] as readonly (readonly [number, readonly number[]])[]);

export async function checkTables(
  file: PstFile,
  nodes: readonly NbtEntry[],
  found: Diagnostics,
): Promise<{ readonly tables: number; readonly rows: number }> {
  const byNid = new Map(nodes.map((node) => [node.nid, node]));
  const placed = new Set<number>([NIDS.rootFolder]);
  const counts = { tables: 0, rows: 0 };
  for (const nid of [NIDS.messageStore, NIDS.nameToIdMap, NIDS.rootFolder])
    if (!byNid.has(nid)) found.add('badNode', `node 0x${nid.toString(16)} is missing`);
  for (const { nid } of nodes) {
    if (nidType(nid) !== NID_TYPES.normalFolder || nid < NIDS.rootFolder) continue;
    const what = `folder 0x${nid.toString(16)}`;
    for (const [type, kinds] of ROW_TYPES) {
      const own = siblingNid(nid, type);
      if (!byNid.has(own)) found.add('badFolder', `${what} has no table 0x${own.toString(16)}`);
      await attempt(found, `table 0x${own.toString(16)}`, async () => {
        const rows = await tableRows(file, own, found);
        counts.tables += 1;
        counts.rows += rows.length;
        for (const row of rows) checkRow(row, { nid, kinds, byNid, placed, what, found });
        await checkCounts(file, nid, type, rows.length, found);
      });
    }
  }
  for (const { nid } of nodes) {
    if (!TABLE_TYPES.has(nidType(nid))) continue;
    const what = `table 0x${nid.toString(16)}`;
    await attempt(found, what, async () => {
      for await (const problem of file.tableProblems(nid)) found.add('badTable', `${what}: ${problem}`);
    });
  }
  for (const { nid } of nodes) {
    if (PLACED.has(nidType(nid)) && nid > NIDS.rootFolder && !placed.has(nid))
      found.add('badNode', `node 0x${nid.toString(16)} stands in no table`);
  }
  for (const problem of file.diagnostics) found.add(problem.code, problem.message, problem.offset);
  return counts;
}

const TABLE_TYPES: ReadonlySet<number> = new Set(ROW_TYPES.keys());

const PLACED: ReadonlySet<number> = new Set([
  NID_TYPES.normalFolder,
  NID_TYPES.normalMessage,
  NID_TYPES.associatedMessage,
]);

async function tableRows(file: PstFile, nid: number, found: Diagnostics): Promise<readonly number[]> {
  const rowIds: number[] = [];
  for await (const row of file.tableRows(nid)) {
    const id = row.values.find(({ tag }) => tag === PR_LTP_ROW_ID)?.value;
    if (id !== row.rowId)
      found.add('badTable', `row ${row.rowId} of 0x${nid.toString(16)} has the row identifier ${id}`);
    rowIds.push(row.rowId);
  }
  if (new Set(rowIds).size !== rowIds.length) found.add('badTable', `table 0x${nid.toString(16)} has a row twice`);
  return rowIds;
}

interface RowPlace {
  readonly nid: number;
  readonly kinds: readonly number[];
  readonly byNid: ReadonlyMap<number, NbtEntry>;
  readonly placed: Set<number>;
  readonly what: string;
  readonly found: Diagnostics;
}

function checkRow(row: number, { nid, kinds, byNid, placed, what, found }: RowPlace): void {
  const name = `0x${row.toString(16)}`;
  if (!kinds.includes(nidType(row))) found.add('badTable', `${what} has a row of type ${nidType(row)}: ${name}`);
  const node = byNid.get(row);
  if (node === undefined) found.add('badTable', `${what} has the row ${name}, which is no node`);
  else if (node.nidParent !== nid)
    found.add('badTable', `${what} has the row ${name}, whose folder is 0x${node.nidParent.toString(16)}`);
  if (placed.has(row)) found.add('badTable', `${name} stands in two tables`);
  placed.add(row);
}

async function checkCounts(file: PstFile, nid: number, type: number, rows: number, found: Diagnostics): Promise<void> {
  const folder = await file.folder(nid);
  const what = `folder 0x${nid.toString(16)}`;
  if (type === NID_TYPES.contentsTable) {
    const count = await folder.value(PR_CONTENT_COUNT);
    if (count !== rows) found.add('badFolder', `${what} says ${count} messages, its table has ${rows}`);
  }
  if (type === NID_TYPES.hierarchyTable) {
    const has = await folder.value(PR_SUBFOLDERS);
    if (has !== rows > 0) found.add('badFolder', `${what} says ${has} of subfolders, its table has ${rows}`);
  }
}
