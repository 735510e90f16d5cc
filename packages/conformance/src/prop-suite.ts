/** What every IMAPIProp must do, whoever implements it. spec: imapipropiunknown */
import { strict as assert } from 'node:assert';
import {
  HRESULTS,
  type IMAPIProp,
  isPropError,
  MapiError,
  type MapiErrorCode,
  MV_FLAG,
  PR_COMMENT,
  PR_IMPORTANCE,
  PR_MESSAGE_RECIPIENTS,
  PR_NULL,
  type PropTag,
  type PropType,
  type PropTypeMap,
  type PropValue,
  PT_BINARY,
  PT_BOOLEAN,
  PT_DOUBLE,
  PT_ERROR,
  PT_I8,
  PT_LONG,
  PT_MV_LONG,
  PT_MV_UNICODE,
  PT_NULL,
  PT_OBJECT,
  PT_STRING8,
  PT_SYSTIME,
  PT_UNICODE,
  PT_UNSPECIFIED,
  prop,
  propError,
  propId,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { type RuleSkips, ruleTest, ruleTitle } from './rule-test.ts';

export interface PropSuiteOptions {
  /** A string property that can be set; default PR_COMMENT. */
  readonly text?: PropTag<string>;
  /** A PT_LONG property that can be set; default PR_IMPORTANCE. */
  readonly number?: PropTag<number>;
  /** First of 16 identifiers that no property of a new object has and that take values of any type; default 0x6640. */
  readonly freeIds?: number;
  /** Whether the object maps names; default true. Without, it has to refuse them. */
  readonly namedProperties?: boolean;
  /** An object of the same kind that may only be read, with the values given. */
  readonly openReadOnly?: (values: readonly PropValue[]) => Promise<IMAPIProp>;
  /** Rule id → why it does not apply; the reason is shown in the title. */
  readonly skips?: RuleSkips;
}

interface Suite {
  readonly text: PropTag<string>;
  readonly number: PropTag<number>;
  free<T extends PropType>(offset: number, type: T): PropTag<PropTypeMap[T]>;
  open(): Promise<IMAPIProp>;
  rule(ids: string, sentence: string, run: () => Promise<void>): void;
}

const NAMES = '00062004-0000-0000-c000-000000000046';

/**
 * Registers the tests of a property object.
 *
 * @param open gives a new object that may be written; the suite releases it without saving
 */
export function propSuite(name: string, open: () => Promise<IMAPIProp>, options: PropSuiteOptions = {}): void {
  const suite: Suite = {
    text: options.text ?? PR_COMMENT,
    number: options.number ?? PR_IMPORTANCE,
    free: (offset, type) => tag((options.freeIds ?? 0x6640) + offset, type),
    open,
    rule: (ids, sentence, run) => ruleTest(ruleTitle(ids, sentence), options.skips ?? {}, run),
  };
  describe(`IMAPIProp of ${name}`, () => {
    readRules(suite);
    writeRules(suite);
    deleteRules(suite);
    streamRules(suite);
    copyRules(suite);
    if (options.namedProperties === false) noNameRules(suite);
    else nameRules(suite);
    if (options.openReadOnly !== undefined) readOnlyRules(suite, options.openReadOnly);
  });
}

function readRules({ rule, open, text, number, free }: Suite): void {
  rule('PROP-008', 'values come in the order and number of the tags', async () => {
    await using object = await open();
    await set(object, [prop(text, 'x'), prop(number, 1)]);
    const { values, props } = await object.getProps([number, text, number]);
    assert.deepEqual(values, [1, 'x', 1]);
    assert.deepEqual(
      props.map((entry) => entry.tag),
      [number, text, number],
    );
  });
  rule('PROP-009', 'a type is honoured exactly; PT_UNSPECIFIED takes the stored one', async () => {
    await using object = await open();
    await set(object, [prop(number, 2)]);
    const wrong = tag(propId(number), PT_BINARY);
    const { props } = await object.getProps([wrong, tag(propId(number), PT_UNSPECIFIED)]);
    assert.ok(props[0] !== undefined && isPropError(props[0]));
    assert.deepEqual(props[1], prop(number, 2));
  });
  rule(
    'ERR-16, PROP-010, PROP-011, C-04',
    'an absent property is a PT_ERROR entry with its own identifier, and a warning',
    async () => {
      await using object = await open();
      await set(object, [prop(text, 'x')]);
      const missing = free(0, PT_UNICODE);
      const { props, values, warning } = await object.getProps([missing, text]);
      assert.deepEqual(props[0], propError(missing, HRESULTS.MAPI_E_NOT_FOUND));
      assert.deepEqual([values[0], values[1], warning], [undefined, 'x', 'MAPI_W_ERRORS_RETURNED']);
      assert.equal((await object.getProps([text])).warning, undefined);
    },
  );
  rule('PROP-012', 'an empty list of tags is refused', async () => {
    await using object = await open();
    await failsWith('MAPI_E_INVALID_PARAMETER', object.getProps([]));
  });
  rule('PROP-013', 'without tags all properties come', async () => {
    await using object = await open();
    await set(object, [prop(text, 'x'), prop(free(1, PT_LONG), 7)]);
    const { props } = await object.getProps();
    const here = new Map<number, unknown>(props.map((entry) => [entry.tag, entry.value]));
    assert.deepEqual([here.get(text), here.get(free(1, PT_LONG))], ['x', 7]);
  });
  rule('PROP-015', 'strings of no given type are Unicode', async () => {
    await using object = await open();
    await set(object, [prop(text, 'ä')]);
    const { props } = await object.getProps([tag(propId(text), PT_UNSPECIFIED)]);
    assert.deepEqual(props, [prop(tag(propId(text), PT_UNICODE), 'ä')]);
  });
  rule('PROP-018', 'the list of properties has every one that was set', async () => {
    await using object = await open();
    await set(object, [prop(text, 'x'), prop(free(2, PT_BOOLEAN), false)]);
    const tags = await object.getPropList();
    assert.ok(tags.includes(text) && tags.includes(free(2, PT_BOOLEAN)) && !tags.includes(free(3, PT_LONG)));
  });
}

function writeRules({ rule, open, text, number, free }: Suite): void {
  rule('PROP-002', 'values of the types come back as they were set', async () => {
    await using object = await open();
    const values: readonly PropValue[] = [
      prop(free(0, PT_LONG), -5),
      prop(free(1, PT_DOUBLE), 0.1),
      prop(free(2, PT_BOOLEAN), true),
      prop(free(3, PT_I8), -(2n ** 62n)),
      prop(free(4, PT_UNICODE), 'a\u{1f600}\ud800'.slice(0, 3)),
      prop(free(5, PT_SYSTIME), 132_000_000_000_000_001n),
      prop(free(6, PT_BINARY), Uint8Array.of(0, 255, 1)),
      prop(free(7, PT_MV_LONG), [3, -1, 3]),
      prop(free(8, PT_MV_UNICODE), ['', 'b']),
    ];
    await set(object, values);
    const { props } = await object.getProps(values.map((value) => value.tag));
    assert.deepEqual(props, values);
  });
  rule('PROP-020', 'setting nothing is refused', async () => {
    await using object = await open();
    await failsWith('MAPI_E_INVALID_PARAMETER', object.setProps([]));
  });
  rule('PROP-021', 'PR_NULL and PT_ERROR entries are passed over', async () => {
    await using object = await open();
    await set(object, [prop(text, 'old')]);
    const values = [prop(PR_NULL, null), propError(text, HRESULTS.MAPI_E_NOT_FOUND), prop(number, 1)];
    assert.deepEqual(await trySet(object, values), []);
    assert.deepEqual((await object.getProps([text, number])).values, ['old', 1]);
    assert.ok(!(await object.getPropList()).includes(PR_NULL));
  });
  rule('PROP-022', 'a PT_OBJECT entry or a multivalue without values fails the call, and nothing is set', async () => {
    await using object = await open();
    for (const wrong of [prop(PR_MESSAGE_RECIPIENTS, null), prop(free(7, PT_MV_LONG), [])]) {
      await failsWith('MAPI_E_INVALID_PARAMETER', trySet(object, [prop(free(0, PT_LONG), 1), wrong]));
      assert.deepEqual((await object.getProps([free(0, PT_LONG)])).values, [undefined]);
    }
  });
  rule('ERR-16, PROP-023, PROP-024', 'a value that is not of its type is a problem of its own', async () => {
    await using object = await open();
    const wrong = { tag: free(0, PT_LONG), value: 'one' } as PropValue;
    const problems = await trySet(object, [prop(text, 'x'), wrong, prop(number, 2)]);
    assert.deepEqual(problems, [{ index: 1, tag: wrong.tag, code: 'MAPI_E_INVALID_TYPE' }]);
    assert.deepEqual((await object.getProps([text, number])).values, ['x', 2]);
  });
  rule('PROP-003', 'a type without a multivalue form is refused as a list', async () => {
    await using object = await open();
    const lists = [
      [PT_BOOLEAN, [true]],
      [PT_ERROR, [HRESULTS.MAPI_E_NOT_FOUND]],
      [PT_OBJECT, [null]],
      [PT_NULL, [null]],
    ] as const;
    const wrong = lists.map(([type, value], index): PropValue => {
      return { tag: tagFromNumber(free(index, PT_NULL) - PT_NULL + (type | MV_FLAG)), value };
    });
    const problems = await trySet(object, [prop(free(7, PT_MV_LONG), [1]), ...wrong]);
    assert.deepEqual(
      problems.map(({ index, code }) => [index, code]),
      [1, 2, 3, 4].map((index) => [index, 'MAPI_E_INVALID_TYPE']),
    );
    assert.deepEqual((await object.getProps([free(7, PT_MV_LONG), ...wrong.map(({ tag }) => tag)])).values, [
      [1],
      ...wrong.map(() => undefined),
    ]);
  });
  rule('PROP-026', 'another type replaces the former value', async () => {
    await using object = await open();
    await set(object, [prop(free(0, PT_LONG), 1)]);
    await set(object, [prop(free(0, PT_UNICODE), 'one')]);
    const { values } = await object.getProps([free(0, PT_LONG), free(0, PT_UNICODE)]);
    assert.deepEqual(values, [undefined, 'one']);
  });
}

function deleteRules({ rule, open, text, number, free }: Suite): void {
  rule('PROP-028', 'deletion goes by identifier, and an empty list is refused', async () => {
    await using object = await open();
    await set(object, [prop(text, 'x'), prop(number, 1)]);
    await object.deleteProps([tag(propId(text), PT_UNSPECIFIED)]);
    assert.deepEqual((await object.getProps([text, number])).values, [undefined, 1]);
    await failsWith('MAPI_E_INVALID_PARAMETER', object.deleteProps([]));
  });
  rule('PROP-030', 'deleting what is not there does not fail', async () => {
    await using object = await open();
    const problems = await object.deleteProps([free(0, PT_LONG)]);
    assert.ok(problems.every(({ code }) => code === 'MAPI_E_NOT_FOUND'));
  });
}

function streamRules({ rule, open, free }: Suite): void {
  const binary = free(6, PT_BINARY);
  rule('PROP-041', 'openProperty needs a type', async () => {
    await using object = await open();
    await failsWith('MAPI_E_INVALID_PARAMETER', object.openProperty(tag(propId(binary), PT_UNSPECIFIED), 'IStream'));
  });
  rule('PROP-042', 'an absent property and an interface it does not have', async () => {
    await using object = await open();
    await failsWith('MAPI_E_NOT_FOUND', object.openProperty(binary, 'IStream'));
    await set(object, [prop(binary, Uint8Array.of(1))]);
    await failsWith('MAPI_E_INTERFACE_NOT_SUPPORTED', object.openProperty(binary, 'IMAPIFolder'));
  });
  rule('PROP-043', 'MAPI_CREATE needs MAPI_MODIFY and drops the former value', async () => {
    await using object = await open();
    await set(object, [prop(binary, Uint8Array.of(1, 2, 3))]);
    await failsWith('MAPI_E_INVALID_PARAMETER', object.openProperty(binary, 'IStream', { create: true }));
    const stream = await object.openProperty(binary, 'IStream', { create: true, modify: true });
    assert.equal((await stream.stat()).size, 0);
    await stream.write(Uint8Array.of(9));
    await stream.commit();
    await stream.release();
    assert.deepEqual((await object.getProps([binary])).values, [Uint8Array.of(9)]);
  });
  rule('PROP-044', 'a stream opened for reading cannot be written', async () => {
    await using object = await open();
    await set(object, [prop(binary, Uint8Array.of(1, 2, 3))]);
    await using stream = await object.openProperty(binary, 'IStream');
    assert.deepEqual(await stream.read(9), Uint8Array.of(1, 2, 3));
    await failsWith('MAPI_E_NO_ACCESS', stream.write(Uint8Array.of(1)));
  });
  rule('PROP-046', 'what a stream took is part of the object after its commit; strings are UTF-16LE', async () => {
    await using object = await open();
    const text = free(4, PT_UNICODE);
    const stream = await object.openProperty(text, 'IStream', { create: true, modify: true });
    await stream.write(Uint8Array.of(0x41, 0, 0xe4, 0));
    await stream.commit();
    await stream.release();
    assert.deepEqual((await object.getProps([text])).values, ['A\u00e4']);
  });
}

function copyRules({ rule, open, text, number }: Suite): void {
  rule('PROP-048', 'an object is not copied into itself', async () => {
    await using object = await open();
    await set(object, [prop(text, 'x')]);
    await failsWith('MAPI_E_NO_ACCESS', object.copyTo(object));
    await failsWith('MAPI_E_NO_ACCESS', object.copyProps([text], object));
  });
  rule('PROP-050', 'empty lists and PR_NULL in them are refused', async () => {
    await using source = await open();
    await using destination = await open();
    await failsWith('MAPI_E_INVALID_PARAMETER', source.copyTo(destination, []));
    await failsWith('MAPI_E_INVALID_PARAMETER', source.copyProps([], destination));
    await failsWith('MAPI_E_INVALID_PARAMETER', source.copyTo(destination, [PR_NULL]));
  });
  rule('PROP-051', 'what is excluded is so by identifier', async () => {
    await using source = await open();
    await using destination = await open();
    await set(source, [prop(text, 'x'), prop(number, 2)]);
    await source.copyTo(destination, [tag(propId(text), PT_STRING8)]);
    const { values } = await destination.getProps([text, number]);
    assert.deepEqual(values, [undefined, 2]);
  });
  rule('PROP-053, C-14', 'values there are replaced unless MAPI_NOREPLACE says otherwise; others stay', async () => {
    await using source = await open();
    await using destination = await open();
    await set(source, [prop(text, 'new')]);
    await set(destination, [prop(text, 'old'), prop(number, 1)]);
    await source.copyProps([text], destination, { noReplace: true });
    assert.deepEqual((await destination.getProps([text])).values, ['old']);
    await source.copyProps([text], destination);
    assert.deepEqual((await destination.getProps([text, number])).values, ['new', 1]);
  });
  rule('PROP-057', 'a move takes away what was copied and nothing else', async () => {
    await using source = await open();
    await using destination = await open();
    await set(source, [prop(text, 'x'), prop(number, 2)]);
    await source.copyProps([text], destination, { move: true });
    assert.deepEqual((await source.getProps([text, number])).values, [undefined, 2]);
    assert.deepEqual((await destination.getProps([text])).values, ['x']);
  });
}

function nameRules({ rule, open }: Suite): void {
  rule('PROP-060, PROP-061', 'a name gets one identifier from 0x8000 on; string names keep their case', async () => {
    await using object = await open();
    const names = [
      { guid: NAMES, name: 'Suite' },
      { guid: NAMES, name: 'suite' },
      { guid: NAMES, id: 0x8102 },
      { guid: NAMES, name: 'Suite' },
    ] as const;
    const tags = await object.getIDsFromNames(names, { create: true });
    for (const one of tags) assert.ok(one !== undefined && propId(one) >= 0x8000 && propId(one) < 0xffff);
    assert.ok(tags.every((one) => ((one ?? 0) & 0xffff) === PT_UNSPECIFIED));
    assert.equal(new Set(tags).size, 3);
    assert.equal(tags[0], tags[3]);
    assert.deepEqual(await object.getNamesFromIDs(tags.filter((one) => one !== undefined)), names);
  });
  rule('PROP-062', 'an unknown name has no identifier unless it is created', async () => {
    await using object = await open();
    assert.deepEqual(await object.getIDsFromNames([{ guid: NAMES, name: 'never created' }]), [undefined]);
    await failsWith('MAPI_E_INVALID_PARAMETER', object.getIDsFromNames([], { create: true }));
  });
  rule('PROP-063', 'no names stand for all', async () => {
    await using object = await open();
    const [made] = await object.getIDsFromNames([{ guid: NAMES, name: 'listed' }], { create: true });
    assert.ok((await object.getIDsFromNames([])).includes(made));
  });
  rule('PROP-066, PROP-069', 'an identifier without a name has none, and an empty list is refused', async () => {
    await using object = await open();
    assert.deepEqual(await object.getNamesFromIDs([tag(0xfff0, PT_UNSPECIFIED)]), [undefined]);
    await failsWith('MAPI_E_INVALID_PARAMETER', object.getNamesFromIDs([]));
  });
  rule('PROP-065', 'names that are strings, or numbers, can be left out', async () => {
    await using object = await open();
    const names = [
      { guid: NAMES, name: 'text' },
      { guid: NAMES, id: 5 },
    ] as const;
    const tags = (await object.getIDsFromNames(names, { create: true })).filter((one) => one !== undefined);
    assert.deepEqual(await object.getNamesFromIDs(tags, { noStrings: true }), [undefined, names[1]]);
    assert.deepEqual(await object.getNamesFromIDs(tags, { noIds: true }), [names[0], undefined]);
    assert.deepEqual(await object.getNamesFromIDs(undefined, { noStrings: true, noIds: true }), []);
  });
  rule('PROP-072', 'named properties are set, read and copied under their names', async () => {
    await using source = await open();
    await using destination = await open();
    const [named] = await source.getIDsFromNames([{ guid: NAMES, name: 'copied' }], { create: true });
    const here = tag(propId(named ?? 0), PT_UNICODE);
    await set(source, [prop(here, 'x')]);
    await source.copyProps([here], destination);
    const [there] = await destination.getIDsFromNames([{ guid: NAMES, name: 'copied' }]);
    assert.deepEqual((await destination.getProps([tag(propId(there ?? 0), PT_UNICODE)])).values, ['x']);
  });
}

function noNameRules({ rule, open }: Suite): void {
  rule('PROP-073, C-20', 'an object without named properties refuses them', async () => {
    await using object = await open();
    const named = prop(tag(0x8001, PT_LONG), 1);
    assert.deepEqual(await trySet(object, [named]), [{ index: 0, tag: named.tag, code: 'MAPI_E_UNEXPECTED_ID' }]);
    await failsWith('MAPI_E_NO_SUPPORT', object.getNamesFromIDs([named.tag]));
    await failsWith('MAPI_E_NO_SUPPORT', object.getIDsFromNames([{ guid: NAMES, id: 1 }]));
  });
}

function readOnlyRules({ rule, text }: Suite, open: (values: readonly PropValue[]) => Promise<IMAPIProp>): void {
  rule('PROP-029', 'an object that may only be read cannot be changed', async () => {
    await using object = await open([prop(text, 'x')]);
    await failsWith('MAPI_E_NO_ACCESS', object.deleteProps([text]));
    await failsWith('MAPI_E_NO_ACCESS', trySet(object, [prop(text, 'y')]));
    await failsWith('MAPI_E_NO_ACCESS', object.openProperty(text, 'IStream', { modify: true }));
    assert.deepEqual((await object.getProps([text])).values, ['x']);
  });
}

/** Sets values of which the compiler cannot see the types. */
function trySet(object: IMAPIProp, values: readonly PropValue[]): ReturnType<IMAPIProp['setProps']> {
  return object.setProps(values);
}

async function set(object: IMAPIProp, values: readonly PropValue[]): Promise<void> {
  assert.deepEqual(await trySet(object, values), []);
}

async function failsWith(code: MapiErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MapiError.is(error, code));
}
