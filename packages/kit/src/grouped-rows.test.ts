import assert from 'node:assert/strict';
import {
  ascend,
  descend,
  isPropError,
  MapiError,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DEPTH,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_ROW_TYPE,
  PR_SENSITIVITY,
  PR_SUBJECT,
  type PropTag,
  prop,
  type Row,
  resExist,
  resProperty,
  type SortOrder,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { GroupedRows } from './grouped-rows.ts';
import { MemoryRowSource } from './memory-row-source.ts';
import { MemoryRows } from './memory-rows.ts';
import type { RowSource, TableSetup } from './row-source.ts';

const COLUMNS = [PR_SUBJECT, PR_IMPORTANCE, PR_DEPTH, PR_ROW_TYPE, PR_CONTENT_COUNT, PR_CONTENT_UNREAD];
const mail = (subject: string, importance: number, sensitivity = 0): Row => [
  prop(PR_SUBJECT, subject),
  prop(PR_IMPORTANCE, importance),
  prop(PR_SENSITIVITY, sensitivity),
  prop(PR_MESSAGE_FLAGS, importance % 2),
];

/** A source without categories, as a store has one. */
function withoutGroups(rows: MemoryRows): RowSource {
  return new Proxy(new MemoryRowSource(rows), {
    get: (target, name) => {
      if (name === 'categories') return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function contents(source: RowSource): Promise<readonly unknown[]> {
  const rows = await source.fetch(0, 1000);
  assert.equal(rows.length, await source.count());
  return rows.map(({ row }) => row.map((entry) => (isPropError(entry) ? undefined : entry.value)));
}

const setupOf = (sorts: readonly SortOrder[], categories: number, expanded = 0): TableSetup => ({
  columns: COLUMNS,
  restriction: null,
  sort: { sorts, categories, expanded },
});

const sortOrders = fc
  .uniqueArray(fc.constantFrom<PropTag>(PR_IMPORTANCE, PR_SENSITIVITY, PR_SUBJECT), { minLength: 1 })
  .chain((tags) =>
    fc.record({
      sorts: fc.tuple(...tags.map((tag) => fc.boolean().map((up) => (up ? ascend(tag) : descend(tag))))),
      categories: fc.integer({ min: 0, max: tags.length }),
    }),
  )
  .chain(({ sorts, categories }) =>
    fc.record({ sorts: fc.constant(sorts), categories: fc.constant(categories), expanded: fc.nat(categories) }),
  );
const change = fc.record({
  what: fc.constantFrom('add', 'remove', 'change', 'toggle', 'find'),
  at: fc.nat(20),
  importance: fc.nat(2),
  sensitivity: fc.nat(1),
});

describe('rows in groups, of a source that has none', () => {
  test('whatever is sorted, changed, opened and closed: it shows what rows in memory show', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sortOrders, { minLength: 1, maxLength: 3 }),
        fc.array(change),
        async (sorts, changes) => {
          const rows = new MemoryRows([mail('a', 1), mail('b', 2), mail('c', 1, 1), mail('d', 0), mail('e', 1, 1)]);
          await using grouped = new GroupedRows(withoutGroups(rows));
          await using oracle = new MemoryRowSource(rows);
          for (const { sorts: keys, categories, expanded } of sorts) {
            const setup = setupOf(keys, categories, expanded);
            await Promise.all([grouped.setup(setup), oracle.setup(setup)]);
            for (const [index, { what, at, importance, sensitivity }] of changes.entries()) {
              const some = rows.rows[at % Math.max(1, rows.rows.length)];
              if (what === 'add') rows.write([{ row: mail(`n${index}`, importance, sensitivity) }]);
              if (what === 'remove' && some !== undefined) rows.remove([some]);
              if (what === 'change' && some !== undefined)
                rows.write([{ row: mail(`x${index}`, importance, sensitivity), key: some.key }]);
              if (what === 'toggle' && categories > 0) await toggleBoth(grouped, oracle, at);
              if (what === 'find') {
                const wanted = resProperty('EQ', PR_IMPORTANCE, importance);
                for (const backward of [false, true]) {
                  assert.equal(await grouped.find(wanted, at, backward), await oracle.find(wanted, at, backward));
                }
              }
              assert.deepEqual(await contents(grouped), await contents(oracle));
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  async function toggleBoth(grouped: GroupedRows, oracle: MemoryRowSource, at: number): Promise<void> {
    const [one] = await grouped.fetch(at, 1);
    const [other] = await oracle.fetch(at, 1);
    if (one === undefined || other === undefined) return;
    const expand = at % 2 === 0;
    const done = (source: GroupedRows | MemoryRowSource, key: Uint8Array): Promise<unknown> =>
      (expand ? source.categories.expand(key) : source.categories.collapse(key)).catch((error: unknown) =>
        MapiError.is(error) ? error.code : error,
      );
    assert.deepEqual(await done(grouped, one.key), await done(oracle, other.key));
  }

  test('what is open stays so after other columns, and comes back by its state', async () => {
    const rows = new MemoryRows([mail('a', 1), mail('b', 2), mail('c', 1)]);
    await using grouped = new GroupedRows(withoutGroups(rows));
    const setup = setupOf([ascend(PR_IMPORTANCE), ascend(PR_SUBJECT)], 1);
    await grouped.setup(setup);
    const [heading] = await grouped.fetch(0, 1);
    assert.ok(heading);
    assert.equal(await grouped.categories.expand(heading.key), 2);
    const state = await grouped.categories.getState();
    await grouped.setup({ ...setup, columns: [PR_SUBJECT] });
    assert.deepEqual(await contents(grouped), [[undefined], ['a'], ['c'], [undefined]]);
    await grouped.categories.collapse(heading.key);
    assert.equal(await grouped.count(), 2);
    await grouped.categories.setState(state);
    assert.equal(await grouped.count(), 4);
    assert.equal(await grouped.positionOf(heading.key), 0);
  });

  test('a change is told as such, and the keys of headings stay', async () => {
    const rows = new MemoryRows([mail('a', 1)]);
    await using grouped = new GroupedRows(withoutGroups(rows));
    const told: unknown[] = [];
    grouped.onChange((changes) => told.push(...changes));
    await grouped.setup(setupOf([ascend(PR_IMPORTANCE)], 1, 1));
    const before = await grouped.fetch(0, 10);
    rows.write([{ row: mail('b', 1) }]);
    assert.deepEqual(told, [{ kind: 'changed' }]);
    const after = await grouped.fetch(0, 10);
    assert.deepEqual([after[0]?.key, after.length], [before[0]?.key, 3]);
  });

  test('rows that came without a word are seen where the source has another version', async () => {
    const rows = new MemoryRows([mail('a', 1)]);
    let version = 1;
    const silent = new Proxy(withoutGroups(rows), {
      get: (target, name) => {
        if (name === 'version') return () => String(version);
        return name === 'onChange' ? () => () => {} : Reflect.get(target, name, target);
      },
    });
    await using grouped = new GroupedRows(silent);
    await grouped.setup(setupOf([ascend(PR_IMPORTANCE)], 1, 1));
    assert.equal(await grouped.count(), 2);
    rows.write([{ row: mail('b', 2) }]);
    version++;
    assert.equal(await grouped.count(), 4);
  });

  test('without categories it is the source itself', async () => {
    const rows = new MemoryRows([mail('a', 1), mail('b', 2)]);
    await using grouped = new GroupedRows(withoutGroups(rows));
    const told: unknown[] = [];
    grouped.onChange((changes) => told.push(...changes.map(({ kind }) => kind)));
    await grouped.setup(setupOf([descend(PR_SUBJECT)], 0));
    assert.deepEqual(
      (await contents(grouped)).map((row) => (row as unknown[])[0]),
      ['b', 'a'],
    );
    rows.write([{ row: mail('c', 1) }]);
    assert.deepEqual(told, ['added']);
    await assert.rejects(grouped.categories.getState(), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('what cannot be done keeps the former order', async () => {
    const rows = new MemoryRows([mail('a', 1), mail('b', 2)]);
    await using grouped = new GroupedRows(withoutGroups(rows));
    await grouped.setup(setupOf([descend(PR_SUBJECT)], 1, 1));
    const before = await contents(grouped);
    await assert.rejects(grouped.setup(setupOf([{ tag: PR_SUBJECT, order: 'categMax' }], 1)), {
      code: 'MAPI_E_TOO_COMPLEX',
    });
    assert.deepEqual(await contents(grouped), before);
    const subject = { kind: 'sub', subobject: PR_MESSAGE_RECIPIENTS, of: resExist(PR_INSTANCE_KEY) } as const;
    await assert.rejects(grouped.find(subject, 0, false), { code: 'MAPI_E_TOO_COMPLEX' });
  });
});
