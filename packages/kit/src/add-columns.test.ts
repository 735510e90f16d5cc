import assert from 'node:assert/strict';
import { ascend, PR_BODY, PR_IMPORTANCE, PR_NULL, PR_ROWID, PR_SUBJECT, prop, resProperty } from '@nodemapi/mapi';
import { test } from 'vitest';
import { hrAddColumns, hrAddColumnsEx, hrQueryAllRows } from './add-columns.ts';
import { TableData } from './table-data.ts';

async function tableOf(rows: number) {
  const data = new TableData(PR_ROWID, { columns: [PR_ROWID, PR_SUBJECT, PR_IMPORTANCE] });
  for (let row = 0; row < rows; row++)
    await data.hrModifyRow([
      prop(PR_ROWID, row),
      prop(PR_SUBJECT, `s${row % 7}`),
      ...(row % 2 === 0 ? [prop(PR_IMPORTANCE, 1)] : []),
    ]);
  return data.hrGetView();
}

test('UTIL-016: HrQueryAllRows reads all rows, changes only what it is given, and is too big past its limit', async () => {
  await using table = await tableOf(700);
  await table.setColumns([PR_ROWID]);
  assert.equal((await hrQueryAllRows(table, null, null, null, 0)).length, 700);
  assert.deepEqual((await hrQueryAllRows(table, null, null, null, 700))[0], [prop(PR_ROWID, 0)]);
  await assert.rejects(hrQueryAllRows(table, null, null, null, 699), { code: 'MAPI_E_TABLE_TOO_BIG' });
  const rows = await hrQueryAllRows(
    table,
    [PR_ROWID],
    resProperty('LT', PR_ROWID, 3),
    { sorts: [ascend(PR_SUBJECT)] },
    0,
  );
  assert.deepEqual(
    rows.flat().map(({ value }) => value),
    [0, 1, 2],
  );
});

test('UTIL-017: what a row lacks is PT_NULL with the identifier 0', async () => {
  await using table = await tableOf(2);
  const rows = await hrQueryAllRows(table, [PR_BODY, PR_IMPORTANCE], null, null, 0);
  const nothing = { tag: PR_NULL, value: null };
  assert.equal(PR_NULL, 1);
  assert.deepEqual(rows, [
    [nothing, prop(PR_IMPORTANCE, 1)],
    [nothing, nothing],
  ]);
});

test('UTIL-018: HrAddColumnsEx puts columns first, moves those that are there, and lets a filter change the others', async () => {
  await using table = await tableOf(1);
  await table.setColumns([PR_ROWID, PR_SUBJECT]);
  const seen: unknown[] = [];
  await hrAddColumnsEx(table, [PR_SUBJECT, PR_IMPORTANCE], (tags) => {
    seen.push(tags);
    return [PR_BODY, PR_ROWID, PR_IMPORTANCE];
  });
  assert.deepEqual(seen, [[PR_ROWID, PR_SUBJECT]]);
  assert.deepEqual(await table.queryColumns(), [PR_SUBJECT, PR_IMPORTANCE, PR_BODY, PR_ROWID], 'the filter cannot add');
});

test('UTIL-019: HrAddColumns is that without a filter', async () => {
  await using table = await tableOf(1);
  await table.setColumns([PR_ROWID, PR_SUBJECT]);
  await hrAddColumns(table, [PR_IMPORTANCE, PR_SUBJECT]);
  assert.deepEqual(await table.queryColumns(), [PR_IMPORTANCE, PR_SUBJECT, PR_ROWID]);
});
