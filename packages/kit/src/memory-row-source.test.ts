import assert from 'node:assert/strict';
import {
  ascend,
  descend,
  fnevTableModified,
  MapiError,
  type Notification,
  PR_DISPLAY_NAME,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_MESSAGE_RECIPIENTS,
  PR_ROWID,
  PR_SUBJECT,
  prop,
  propOf,
  type Restriction,
  type Row,
  resProperty,
  type TableNotification,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { AdviseHub } from './advise-hub.ts';
import { rowSource } from './compare.ts';
import { MemoryRowSource } from './memory-row-source.ts';
import { MemoryRows } from './memory-rows.ts';
import { queryAllRows } from './prop-access.ts';
import { TableData } from './table-data.ts';
import { TableView } from './table-view.ts';

const row = (id: number, subject: string, importance: number): Row => [
  prop(PR_ROWID, id),
  prop(PR_SUBJECT, subject),
  prop(PR_IMPORTANCE, importance),
];

/** Follows a view by its notifications alone, as a list on a screen does. */
class Mirror {
  #rows: Row[] = [];
  /** Set when only reading anew helps. */
  lost = false;

  constructor(rows: readonly Row[]) {
    this.#rows = [...rows];
  }

  get ids(): readonly (number | undefined)[] {
    return this.#rows.map((shown) => propOf(shown, PR_ROWID));
  }

  take({ event, index, prior, row: shown }: TableNotification): void {
    if (event === 'changed' || event === 'reload') {
      this.lost = true;
      return;
    }
    this.#rows = this.#rows.filter((one) => !sameKey(one, index?.value));
    if (event === 'rowDeleted') return;
    const at = prior?.value === null ? 0 : this.#rows.findIndex((one) => sameKey(one, prior?.value)) + 1;
    assert.ok(prior?.value === null || at > 0, 'the row before is known');
    this.#rows.splice(at, 0, shown ?? []);
  }
}

function sameKey(shown: Row, key: unknown): boolean {
  return String(propOf(shown, PR_INSTANCE_KEY)) === String(key);
}

const op = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    rows: fc.array(fc.tuple(fc.nat({ max: 12 }), fc.constantFrom('a', 'B', 'b', 'C', ''), fc.nat({ max: 2 })), {
      minLength: 1,
      maxLength: 10,
    }),
  }),
  fc.record({ kind: fc.constant('insert' as const), id: fc.nat({ max: 30 }), at: fc.nat({ max: 12 }) }),
  fc.record({ kind: fc.constant('delete' as const), ids: fc.array(fc.nat({ max: 12 }), { maxLength: 10 }) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);
type Op = typeof op extends fc.Arbitrary<infer T> ? T : never;

async function apply(data: TableData, step: Op): Promise<void> {
  if (step.kind === 'write') await data.hrModifyRows(step.rows.map((values) => row(...values)));
  else if (step.kind === 'delete') await data.hrDeleteRows(step.ids.map((id) => prop(PR_ROWID, id)));
  else if (step.kind === 'clear') await data.hrDeleteRows(null);
  else await data.hrInsertRow(step.at, row(step.id, 'b', 1)).catch((error: unknown) => assert.ok(MapiError.is(error)));
}

const COLUMNS = [PR_INSTANCE_KEY, PR_ROWID, PR_SUBJECT, PR_IMPORTANCE];

describe('MemoryRowSource', () => {
  test('TABLE-059, TABLE-063: a list kept by notifications alone shows what the view shows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 12 }), fc.boolean(), fc.boolean(), async (steps, filtered, sorted) => {
        const hub = new AdviseHub();
        const data = new TableData(PR_ROWID, { hub });
        const sorts = sorted ? [ascend(PR_SUBJECT), descend(PR_IMPORTANCE)] : [];
        const view = await data.hrGetView({ sorts });
        await view.setColumns(COLUMNS);
        if (filtered) await view.restrict(resProperty('NE', PR_IMPORTANCE, 0));
        let mirror = new Mirror([]);
        await view.advise(fnevTableModified, {
          onNotify: (batch: readonly Notification[]) => {
            for (const one of batch) if (one.kind === 'tableModified') mirror.take(one);
          },
        });
        for (const step of steps) {
          await apply(data, step);
          await hub.flush();
          const rows = await queryAllRows(view);
          if (mirror.lost) mirror = new Mirror(rows);
          assert.deepEqual(
            mirror.ids,
            rows.map((shown) => propOf(shown, PR_ROWID)),
          );
        }
        const fresh = await data.hrGetView(await view.querySortOrder());
        if (filtered) await fresh.restrict(resProperty('NE', PR_IMPORTANCE, 0));
        assert.deepEqual(await queryAllRows(fresh, { tags: COLUMNS }), await queryAllRows(view));
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test('a row that is written twice in one go is there once, as it was written last', async () => {
    const rows = new MemoryRows([row(1, 'a', 1)]);
    const view = await TableView.open(new MemoryRowSource(rows));
    const key = rows.rows[0]?.key ?? new Uint8Array(0);
    rows.write([
      { key, row: row(1, 'b', 1) },
      { key, row: row(1, 'c', 1) },
    ]);
    assert.deepEqual((await queryAllRows(view, { tags: [PR_SUBJECT] })).flat(), [prop(PR_SUBJECT, 'c')]);
  });

  test('RESTR-018: rows can be chosen by their recipients if the owner gives these', async () => {
    const rows = new MemoryRows([row(1, 'a', 1), row(2, 'b', 1)]);
    const subRows = (of: { readonly row: Row }) => () => [
      rowSource([prop(PR_DISPLAY_NAME, propOf(of.row, PR_ROWID) === 2 ? 'Bob' : 'Ann')]),
    ];
    const restriction: Restriction = {
      kind: 'sub',
      subobject: PR_MESSAGE_RECIPIENTS,
      of: resProperty('EQ', PR_DISPLAY_NAME, 'Bob'),
    };
    const view = await TableView.open(new MemoryRowSource(rows, { subRows }), { restriction });
    assert.deepEqual((await queryAllRows(view, { tags: [PR_ROWID] })).flat(), [prop(PR_ROWID, 2)]);
    const without = await TableView.open(new MemoryRowSource(rows));
    await assert.rejects(without.restrict(restriction), (error) => MapiError.is(error, 'MAPI_E_TOO_COMPLEX'));
    assert.equal(await without.getRowCount(), 2);
  });

  test('a view that cannot be set up closes its source', async () => {
    const rows = new MemoryRows([row(1, 'a', 1)]);
    let closed = 0;
    const source = new MemoryRowSource(rows);
    const dispose = source[Symbol.asyncDispose].bind(source);
    source[Symbol.asyncDispose] = async () => {
      closed++;
      await dispose();
    };
    const restriction: Restriction = { kind: 'count', count: 1, of: { kind: 'and', of: [] } };
    await assert.rejects(TableView.open(source, { restriction }), (error) => MapiError.is(error, 'MAPI_E_TOO_COMPLEX'));
    assert.equal(closed, 1);
  });
});
