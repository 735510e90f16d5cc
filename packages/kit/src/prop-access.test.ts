import assert from 'node:assert/strict';
import { descend, type IMAPITable, PR_ROWID, prop, propOf, type Row, resProperty } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { queryAllRows } from './prop-access.ts';
import { snapshotTable } from './table-data.ts';

const rows = (count: number): readonly Row[] => Array.from({ length: count }, (_, index) => [prop(PR_ROWID, index)]);

describe('queryAllRows', () => {
  test('MEM-17: crowsMax 0 is no limit; of more rows than it allows none are answered', async () => {
    await using table: IMAPITable = await snapshotTable(rows(1201));
    assert.equal((await queryAllRows(table)).length, 1201);
    assert.equal((await queryAllRows(table, { crowsMax: 0 })).length, 1201);
    assert.equal((await queryAllRows(table, { crowsMax: 1201 })).length, 1201);
    for (const crowsMax of [1, 500, 1200]) {
      await assert.rejects(queryAllRows(table, { crowsMax }), { code: 'MAPI_E_TABLE_TOO_BIG' });
    }
    for (const crowsMax of [-1, 1.5, Number.NaN]) {
      await assert.rejects(queryAllRows(table, { crowsMax }), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
  });

  test('MEM-17: a table that is too big is not read to its end', async () => {
    await using table = await snapshotTable(rows(2000));
    const { queryRows } = table;
    let read = 0;
    table.queryRows = async (count, options) => {
      const part = await queryRows.call(table, count, options);
      read += part.length;
      return part;
    };
    await assert.rejects(queryAllRows(table, { crowsMax: 10 }));
    assert.equal(read, 11);
  });

  test('TABLE-039: columns, then the restriction, then the order, before anything is read', async () => {
    await using table = await snapshotTable(rows(20));
    const calls: string[] = [];
    const noted = new Proxy(table, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        calls.push(String(name));
        return value.bind(target);
      },
    });
    const restriction = resProperty('LT', PR_ROWID, 3);
    const read = await queryAllRows(noted, { sort: { sorts: [descend(PR_ROWID)] }, restriction, tags: [PR_ROWID] });
    assert.deepEqual(
      read.map((row) => propOf(row, PR_ROWID)),
      [2, 1, 0],
    );
    assert.deepEqual(calls.slice(0, 3), ['setColumns', 'restrict', 'sortTable']);
  });

  test('max takes the first rows of a larger table', async () => {
    await using table = await snapshotTable(rows(20));
    const first = await queryAllRows(table, { max: 3, crowsMax: 10 });
    assert.deepEqual(
      first.map((row) => propOf(row, PR_ROWID)),
      [0, 1, 2],
    );
  });
});
