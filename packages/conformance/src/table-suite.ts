/** What every IMAPITable must do, whoever implements it. spec: imapitableiunknown */
import { strict as assert } from 'node:assert';
import {
  ascend,
  descend,
  HRESULTS,
  type IMAPITable,
  isPropError,
  MapiError,
  type MapiErrorCode,
  MV_INSTANCE,
  PR_COMMENT,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_NULL,
  PR_SUBJECT,
  type PropTag,
  prop,
  propOf,
  type Restriction,
  type Row,
  resContent,
  resExist,
  resProperty,
  tagFromNumber,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { type RuleSkips, ruleTest, ruleTitle } from './rule-test.ts';
import { type LiveTable, liveRules, textsOf } from './table-live-suite.ts';
import { stateRules } from './table-state-suite.ts';

export interface TableSuiteOptions {
  /** The string column that the suite fills; default PR_SUBJECT. */
  readonly text?: PropTag<string>;
  /** The PT_LONG column that the suite fills; default PR_IMPORTANCE. */
  readonly number?: PropTag<number>;
  /** A string column that no row has; default PR_COMMENT. */
  readonly missing?: PropTag<string>;
  /** Without it the tests of changing tables are left out. */
  readonly live?: (rows: readonly Row[]) => Promise<LiveTable>;
  /** Rule id → why it does not apply; the reason is shown in the title. */
  readonly skips?: RuleSkips;
}

type Open = (rows: readonly Row[]) => Promise<IMAPITable>;

/** What the tests of one table share. */
export interface TableSuite {
  readonly text: PropTag<string>;
  readonly number: PropTag<number>;
  readonly missing: PropTag<string>;
  /** Opens a table with a row for each pair of text and number, in that order if it has one, with these two columns. */
  open(pairs: readonly Pair[]): Promise<IMAPITable>;
  row(pair: Pair): Row;
  rule(ids: string, sentence: string, run: () => Promise<void>): void;
}

export type Pair = readonly [text: string, number?: number];

/** Five rows, in the order of their texts. */
export const LETTERS: readonly Pair[] = [
  ['a', 1],
  ['b', 2],
  ['c', 0],
  ['d', 1],
  ['e', 2],
];

/**
 * Registers the tests of a table.
 *
 * @param open opens a table over rows of `text` and `number` (either may be missing); the suite releases it
 */
export function tableSuite(name: string, open: Open, options: TableSuiteOptions = {}): void {
  const text = options.text ?? PR_SUBJECT;
  const number = options.number ?? PR_IMPORTANCE;
  const row = ([subject, value]: Pair): Row =>
    value === undefined ? [prop(text, subject)] : [prop(text, subject), prop(number, value)];
  const suite: TableSuite = {
    text,
    number,
    missing: options.missing ?? PR_COMMENT,
    row,
    open: async (pairs) => {
      const table = await open(pairs.map(row));
      await table.setColumns([text, number]);
      await table.sortTable({ sorts: [ascend(text)] });
      return table;
    },
    rule: (ids, sentence, run) => ruleTest(ruleTitle(ids, sentence), options.skips ?? {}, run),
  };
  describe(`IMAPITable of ${name}`, () => {
    columnRules(suite);
    readingRules(suite);
    cursorRules(suite);
    bookmarkRules(suite);
    findRules(suite);
    restrictionRules(suite);
    sortRules(suite);
    stateRules(suite);
    if (options.live !== undefined) liveRules(suite, options.live);
  });
}

function columnRules({ rule, open, text, number, missing }: TableSuite): void {
  rule('TABLE-002', 'an empty column set is refused', async () => {
    await using table = await open(LETTERS);
    await failsWith('MAPI_E_INVALID_PARAMETER', table.setColumns([]));
    assert.deepEqual(await table.queryColumns(), [text, number]);
  });
  rule('TABLE-003', 'PR_NULL reserves a position', async () => {
    await using table = await open([['a', 1]]);
    await table.setColumns([PR_NULL, text, PR_NULL]);
    assert.deepEqual(await table.queryRows(1), [[prop(PR_NULL, null), prop(text, 'a'), prop(PR_NULL, null)]]);
  });
  rule('TABLE-004, TABLE-013', 'a column that a row lacks is a PT_ERROR cell of MAPI_E_NOT_FOUND', async () => {
    await using table = await open([['a'], ['b', 2]]);
    await table.setColumns([number, missing, text]);
    const rows = await table.queryRows(5);
    assert.equal(rows.length, 2);
    for (const row of rows) {
      assert.deepEqual(
        row.map(({ tag }) => tag >>> 16),
        [number, missing, text].map((tag) => tag >>> 16),
      );
      assert.ok(row[1] !== undefined && isPropError(row[1]) && row[1].value === HRESULTS.MAPI_E_NOT_FOUND);
    }
    assert.equal(propOf(rows[1] ?? [], number), 2);
  });
  rule('TABLE-005', 'the columns in force are told, and all that can be had', async () => {
    await using table = await open(LETTERS);
    await table.setColumns([text]);
    assert.deepEqual(await table.queryColumns(), [text]);
    const all = await table.queryColumns({ all: true });
    assert.ok(all.includes(text) && all.includes(number) && all.includes(PR_INSTANCE_KEY));
  });
  rule('TABLE-007', 'one row per value is there or too complex', async () => {
    await using table = await open(LETTERS);
    const instance = tagFromNumber(0x8fff_101f | MV_INSTANCE);
    await table.setColumns([instance]).catch((error: unknown) => assert.ok(MapiError.is(error, 'MAPI_E_TOO_COMPLEX')));
  });
}

function readingRules({ rule, open, text }: TableSuite): void {
  rule('TABLE-009', 'reading no rows is refused', async () => {
    await using table = await open(LETTERS);
    await failsWith('MAPI_E_INVALID_PARAMETER', table.queryRows(0));
  });
  rule('TABLE-010', 'a negative count steps back, at most to the beginning, and reads forward', async () => {
    await using table = await open(LETTERS);
    await table.seekRow('end', 0);
    assert.deepEqual(textsOf(await table.queryRows(-2), text), ['d', 'e']);
    await table.seekRow('beginning', 1);
    assert.deepEqual(textsOf(await table.queryRows(-3), text).slice(0, 1), ['a']);
  });
  rule('TABLE-011', 'the cursor goes behind the last row read, or stays at the first with TBL_NOADVANCE', async () => {
    await using table = await open(LETTERS);
    assert.deepEqual(textsOf(await table.queryRows(2), text), ['a', 'b']);
    assert.deepEqual(textsOf(await table.queryRows(2, { noAdvance: true }), text), ['c', 'd']);
    assert.deepEqual(textsOf(await table.queryRows(9), text), ['c', 'd', 'e']);
    await table.queryRows(-2, { noAdvance: true });
    assert.equal((await table.queryPosition()).row, 3);
  });
  rule('TABLE-012', 'no rows mean the end, and only that', async () => {
    await using table = await open(LETTERS);
    let read = 0;
    for (let rows = await table.queryRows(2); rows.length > 0; rows = await table.queryRows(2)) read += rows.length;
    assert.equal(read, LETTERS.length);
    assert.deepEqual(await table.queryRows(1), []);
  });
  rule('TABLE-065', 'instance keys are different and stay', async () => {
    await using table = await open(LETTERS);
    await table.setColumns([PR_INSTANCE_KEY]);
    const keys = (await table.queryRows(9)).map((row) => hex(propOf(row, PR_INSTANCE_KEY)));
    assert.equal(new Set(keys).size, LETTERS.length);
    await table.seekRow('beginning', 0);
    assert.deepEqual(
      (await table.queryRows(9)).map((row) => hex(propOf(row, PR_INSTANCE_KEY))),
      keys,
    );
  });
}

function cursorRules({ rule, open, text }: TableSuite): void {
  rule('TABLE-016, TABLE-017', 'seeking stops at either end and tells how far it went', async () => {
    await using table = await open(LETTERS);
    assert.equal((await table.seekRow('beginning', 3)).sought, 3);
    assert.equal((await table.seekRow('current', -9)).sought, -3);
    assert.equal((await table.seekRow('current', 9)).sought, 5);
    assert.equal((await table.seekRow('end', -1)).sought, -1);
    assert.deepEqual(textsOf(await table.queryRows(1), text), ['e']);
  });
  rule('TABLE-018', 'a fraction is a position', async () => {
    await using table = await open(LETTERS);
    await failsWith('MAPI_E_INVALID_PARAMETER', table.seekRowApprox(1, 0));
    await table.seekRowApprox(7, 7);
    assert.deepEqual(await table.queryRows(1), []);
    await table.seekRowApprox(0, 7);
    assert.deepEqual(textsOf(await table.queryRows(1), text), ['a']);
  });
  rule('TABLE-019, C-24', 'the position is that of the next row, and no denominator is 0', async () => {
    await using table = await open(LETTERS);
    await table.queryRows(2);
    const { row, denominator } = await table.queryPosition();
    assert.equal(row, 2);
    assert.ok(denominator > 0);
    await using none = await open([]);
    assert.ok((await none.queryPosition()).denominator > 0);
    assert.equal((await table.queryRows(LETTERS.length)).length, LETTERS.length - 2); // whoever wants the rows asks for them
  });
}

function bookmarkRules({ rule, open, text }: TableSuite): void {
  rule('TABLE-020', 'a bookmark marks the current row', async () => {
    await using table = await open(LETTERS);
    await table.seekRow('beginning', 2);
    const bookmark = await table.createBookmark();
    await table.seekRow('end', 0);
    assert.equal((await table.seekRow(bookmark, 1)).sought, 1);
    assert.deepEqual(textsOf(await table.queryRows(1), text), ['d']);
  });
  rule('TABLE-021', 'a freed or unknown bookmark is none; the predefined ones cannot be freed', async () => {
    await using table = await open(LETTERS);
    await table.freeBookmark('beginning');
    await table.seekRow('beginning', 0);
    const bookmark = await table.createBookmark();
    await table.freeBookmark(bookmark);
    await failsWith('MAPI_E_INVALID_BOOKMARK', table.freeBookmark(bookmark));
    await failsWith('MAPI_E_INVALID_BOOKMARK', table.seekRow(bookmark, 0));
  });
  rule('TABLE-024', 'a new restriction or order drops the bookmarks and goes to the beginning', async () => {
    await using table = await open(LETTERS);
    for (const change of [() => table.restrict(null), () => table.sortTable({ sorts: [descend(text)] })]) {
      await table.seekRow('beginning', 2);
      const bookmark = await table.createBookmark();
      await change();
      assert.equal((await table.queryPosition()).row, 0);
      await failsWith('MAPI_E_INVALID_BOOKMARK', table.seekRow(bookmark, 0));
    }
  });
}

function findRules({ rule, open, text, number }: TableSuite): void {
  const next = async (table: IMAPITable): Promise<string | undefined> => textsOf(await table.queryRows(1), text)[0];
  rule(
    'TABLE-026, TABLE-027',
    'a search begins at the row, backward before it, and ends on the row found',
    async () => {
      await using table = await open(LETTERS);
      const ones = resProperty('EQ', number, 1);
      await table.findRow(ones, 'beginning');
      assert.equal(await next(table), 'a');
      await table.findRow(ones, 'current');
      assert.equal(await next(table), 'd');
      await table.findRow(ones, 'end', { backward: true });
      await table.findRow(ones, 'current', { backward: true });
      assert.equal(await next(table), 'a');
    },
  );
  rule('TABLE-028', 'nothing found is MAPI_E_NOT_FOUND, and the cursor stays', async () => {
    await using table = await open(LETTERS);
    await table.seekRow('beginning', 2);
    await failsWith('MAPI_E_NOT_FOUND', table.findRow(resProperty('EQ', text, 'z'), 'beginning'));
    assert.equal((await table.queryPosition()).row, 2);
  });
  rule('TABLE-029', 'a row is found by its instance key', async () => {
    await using table = await open(LETTERS);
    await table.setColumns([PR_INSTANCE_KEY, text]);
    const key = propOf((await table.queryRows(4))[3] ?? [], PR_INSTANCE_KEY);
    assert.ok(key !== undefined);
    await table.findRow(resProperty('EQ', PR_INSTANCE_KEY, key), 'beginning');
    assert.equal(await next(table), 'd');
  });
  rule('TABLE-030', 'RELOP_GE finds where a prefix would stand in the order', async () => {
    await using table = await open([['Adams'], ['baker'], ['Smith'], ['smithers'], ['Young']]);
    await table.findRow(resProperty('GE', text, 'smi'), 'beginning');
    assert.equal(await next(table), 'Smith');
  });
  rule('TABLE-031', 'a search changes nothing in the view', async () => {
    await using table = await open(LETTERS);
    await table.findRow(resProperty('EQ', number, 1), 'beginning');
    assert.equal(await table.getRowCount(), LETTERS.length);
  });
}

function restrictionRules({ rule, open, text, number, missing }: TableSuite): void {
  const left = async (pairs: readonly Pair[], restriction: Restriction): Promise<readonly unknown[]> => {
    await using table = await open(pairs);
    await table.restrict(restriction);
    return textsOf(await table.queryRows(99), text);
  };
  rule(
    'TABLE-014, TABLE-032',
    'only rows that the last restriction lets through are seen; null shows all',
    async () => {
      await using table = await open(LETTERS);
      await table.restrict(resProperty('EQ', number, 1));
      assert.deepEqual(textsOf(await table.queryRows(9), text), ['a', 'd']);
      assert.equal(await table.getRowCount(), 2);
      await table.restrict(resProperty('EQ', number, 2));
      assert.deepEqual(textsOf(await table.queryRows(9), text), ['b', 'e']);
      await table.restrict(null);
      assert.equal(await table.getRowCount(), LETTERS.length);
    },
  );
  rule('TABLE-033, RESTR-006', 'a restriction that is too complex leaves the former in force', async () => {
    await using table = await open(LETTERS);
    await table.restrict(resProperty('EQ', number, 1));
    const wrong: Restriction = { kind: 'property', relop: 'EQ', tag: number, value: prop(text, '1') };
    await failsWith('MAPI_E_TOO_COMPLEX', table.restrict(wrong));
    assert.equal(await table.getRowCount(), 2);
  });
  rule('RESTR-002, RESTR-003', 'AND, OR and NOT, also of nothing', async () => {
    const one = resProperty('EQ', number, 1);
    assert.deepEqual(await left(LETTERS, { kind: 'and', of: [one, resProperty('EQ', text, 'd')] }), ['d']);
    assert.deepEqual(await left(LETTERS, { kind: 'or', of: [one, resProperty('EQ', text, 'c')] }), ['a', 'c', 'd']);
    assert.deepEqual(await left(LETTERS, { kind: 'not', of: one }), ['b', 'c', 'e']);
    assert.equal((await left(LETTERS, { kind: 'and', of: [] })).length, LETTERS.length);
    assert.deepEqual(await left(LETTERS, { kind: 'or', of: [] }), []);
  });
  rule('RESTR-004, RESTR-005', 'all relations, the row on the left', async () => {
    const by = (relop: 'LT' | 'LE' | 'GT' | 'GE' | 'EQ' | 'NE') => left(LETTERS, resProperty(relop, number, 1));
    assert.deepEqual(await by('LT'), ['c']);
    assert.deepEqual(await by('LE'), ['a', 'c', 'd']);
    assert.deepEqual(await by('GT'), ['b', 'e']);
    assert.deepEqual(await by('GE'), ['a', 'b', 'd', 'e']);
    assert.deepEqual(await by('NE'), ['b', 'c', 'e']);
    await failsWith('MAPI_E_TOO_COMPLEX', left(LETTERS, { ...resProperty('EQ', text, 'a'), relop: 'RE' }));
  });
  rule('RESTR-009, RESTR-017', 'an absent value satisfies nothing but the lack of EXIST', async () => {
    assert.deepEqual(await left([['a'], ['b', 0]], resProperty('NE', number, 7)), ['b']);
    assert.deepEqual(await left([['a'], ['b', 0]], { kind: 'not', of: resExist(missing) }), ['a', 'b']);
    assert.deepEqual(await left(LETTERS, resExist(missing)), []);
  });
  rule('RESTR-011, RESTR-012, RESTR-013', 'content: whole, part or beginning, in either case if wanted', async () => {
    const pairs: readonly Pair[] = [['100% sure'], ['Alpha beta'], ['alpha'], ['beta alpha']];
    assert.deepEqual(await left(pairs, resContent(text, 'alpha', 'fullString')), ['alpha']);
    assert.deepEqual(await left(pairs, resContent(text, 'alpha', 'prefix')), ['alpha']);
    assert.deepEqual(await left(pairs, resContent(text, 'alpha')), ['alpha', 'beta alpha']);
    assert.deepEqual(await left(pairs, resContent(text, '0%')), ['100% sure']);
    const anyCase = await left(pairs, resContent(text, 'ALPHA', 'prefix', { ignoreCase: true }));
    assert.deepEqual(anyCase, ['alpha', 'Alpha beta']);
  });
  rule('RESTR-015', 'bit masks', async () => {
    assert.deepEqual(await left(LETTERS, { kind: 'bitmask', relop: 'NEZ', tag: number, mask: 3 }), [
      'a',
      'b',
      'd',
      'e',
    ]);
    assert.deepEqual(await left(LETTERS, { kind: 'bitmask', relop: 'EQZ', tag: number, mask: 1 }), ['b', 'c', 'e']);
  });
  rule('RESTR-019', 'a comment changes nothing', async () => {
    const comment: Restriction = { kind: 'comment', props: [prop(text, 'note')], of: resProperty('EQ', number, 0) };
    assert.deepEqual(await left(LETTERS, comment), ['c']);
    assert.equal((await left(LETTERS, { kind: 'comment', props: [] })).length, LETTERS.length);
  });
}

function sortRules({ rule, open, text, number }: TableSuite): void {
  rule('TABLE-034, TABLE-038', 'rows come in the order of the keys, each up or down', async () => {
    await using table = await open(LETTERS);
    const sorts = [descend(number), ascend(text)];
    await table.sortTable({ sorts });
    assert.deepEqual(textsOf(await table.queryRows(9), text), ['b', 'e', 'a', 'd', 'c']);
    assert.deepEqual((await table.querySortOrder()).sorts, sorts);
    await table.sortTable({ sorts: [] });
    assert.equal((await table.queryRows(9)).length, LETTERS.length);
  });
  rule('TABLE-035, TABLE-036', 'an order that cannot be had leaves the former in force', async () => {
    await using table = await open(LETTERS);
    await table.sortTable({ sorts: [descend(text)] });
    await failsWith('MAPI_E_TOO_COMPLEX', table.sortTable({ sorts: [ascend(text), descend(text)] }));
    assert.deepEqual(textsOf(await table.queryRows(2), text), ['e', 'd']);
  });
  rule('TABLE-037', 'absent values come last in both directions', async () => {
    for (const sort of [ascend(number), descend(number)]) {
      await using table = await open([['a'], ['b', 1], ['c', 2]]);
      await table.sortTable({ sorts: [sort] });
      assert.equal(textsOf(await table.queryRows(9), text)[2], 'a');
    }
  });
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

/** Fails unless the call fails with this code. */
export async function failsWith(code: MapiErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MapiError.is(error, code));
}
