/** Suites of address book providers: resolving names and preparing recipients. */
import { strict as assert } from 'node:assert';
import {
  type AdrEntry,
  type AdrList,
  encodeOneOff,
  HRESULTS,
  type IABContainer,
  isPropError,
  MAPI_SHORTTERM,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_ANR,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_RECIPIENT_TYPE,
  PR_SEARCH_KEY,
  PR_SUBJECT,
  prop,
  propById,
  propId,
  propOf,
  type ResolveFlag,
  type Restriction,
  resContent,
  resProperty,
} from '@nodemapi/mapi';
import { type AbBook, type AbRule, allRows, failsWith, unresolved } from './ab-fixture.ts';

const RESOLVED_TAGS = [PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_OBJECT_TYPE, PR_SEARCH_KEY];

export function abNameRules(rule: AbRule): void {
  resolveRules(rule);
  restrictionRules(rule);
  recipientRules(rule);
}

async function people(book: AbBook): Promise<IABContainer> {
  const container = await book.container();
  await book.add(container, 'Bill Larson', 'bill@example.com');
  await book.add(container, 'Billy Lee', 'lee@example.com');
  await book.add(container, 'Bill', 'bill@example.org');
  await book.add(container, 'Zoë Ångström', 'zoe@example.com');
  return container;
}

function resolve(container: IABContainer, ...names: readonly string[]) {
  const flags = names.map((): ResolveFlag => 'unresolved');
  return container.resolveNames(RESOLVED_TAGS, names.map(unresolved), flags);
}

const addresses = (list: AdrList) => list.map((entry) => propOf(entry, PR_EMAIL_ADDRESS));

function resolveRules(rule: AbRule): void {
  rule('AB-049, AB-050', 'a name, an address or unique beginnings of words find one entry', async (book) => {
    const container = await people(book);
    const { list, flags } = await resolve(container, 'bill', 'LEE@example.com', 'zoe ang', 'Bill L', 'nobody', '');
    assert.deepEqual(flags, ['resolved', 'resolved', 'resolved', 'ambiguous', 'unresolved', 'unresolved']);
    const found = ['bill@example.org', 'lee@example.com', 'zoe@example.com', undefined, undefined, undefined];
    assert.deepEqual(addresses(list), found);
  });

  rule('AB-049', 'only entries that are unresolved are looked at', async (book) => {
    const container = await people(book);
    const list = ['Bill', 'Bill', 'Bill'].map(unresolved);
    const answer = await container.resolveNames(RESOLVED_TAGS, list, ['ambiguous', 'resolved', 'unresolved']);
    assert.deepEqual(answer.flags, ['ambiguous', 'resolved', 'resolved']);
    assert.deepEqual(addresses(answer.list), [undefined, undefined, 'bill@example.org']);
    await failsWith(container.resolveNames(RESOLVED_TAGS, list, ['unresolved']), 'MAPI_E_INVALID_PARAMETER');
  });

  rule('AB-050', 'an ambiguous entry stays as it was, a resolved one loses nothing', async (book) => {
    const container = await people(book);
    const entry = (name: string): AdrEntry => [
      prop(PR_RECIPIENT_TYPE, MAPI_TO),
      prop(PR_SUBJECT, 'mine'),
      prop(PR_DISPLAY_NAME, name),
    ];
    const list = [entry('Bill L'), entry('Zoë')];
    const answer = await container.resolveNames(null, list, ['unresolved', 'unresolved']);
    assert.deepEqual(answer.flags, ['ambiguous', 'resolved']);
    assert.deepEqual(answer.list[0], list[0]);
    const resolved = answer.list[1] ?? [];
    assert.equal(propOf(resolved, PR_RECIPIENT_TYPE), MAPI_TO);
    assert.equal(propOf(resolved, PR_SUBJECT), 'mine');
    assert.ok(propOf(resolved, PR_ENTRYID));
    assert.equal(propOf(resolved, PR_EMAIL_ADDRESS), 'zoe@example.com');
  });

  rule('AB-051', 'the list keeps its number of entries, empty ones too', async (book) => {
    const container = await people(book);
    const list = [[], unresolved('Bill'), [], unresolved('Bill L'), unresolved('nobody')];
    const answer = await container.resolveNames(
      RESOLVED_TAGS,
      list,
      list.map(() => 'unresolved' as const),
    );
    assert.equal(answer.list.length, 5);
    assert.deepEqual([answer.list[0], answer.list[2]], [[], []]);
  });

  rule('AB-052', 'properties that were asked for and are not there are errors', async (book) => {
    const container = await people(book);
    const { list } = await container.resolveNames([PR_ENTRYID, PR_SUBJECT], [unresolved('Zoë')], ['unresolved']);
    const missing = propById(list[0] ?? [], propId(PR_SUBJECT));
    assert.ok(missing !== undefined && isPropError(missing));
    assert.equal(missing.value, HRESULTS.MAPI_E_NOT_FOUND);
  });

  rule('AB-049', 'two entries of one name are ambiguous', async (book) => {
    const container = await people(book);
    await book.add(container, 'Bill', 'third@example.com');
    assert.deepEqual((await resolve(container, 'Bill')).flags, ['ambiguous']);
  });
}

function restrictionRules(rule: AbRule): void {
  rule('AB-053', 'a PR_ANR restriction shows the entries that a name may mean', async (book) => {
    const container = await people(book);
    const table = book.keep(await container.getContentsTable());
    const shown = async (text: string) => {
      await table.restrict(resProperty('EQ', PR_ANR, text));
      return (await allRows(table, [PR_DISPLAY_NAME])).map((row) => row[0]?.value);
    };
    assert.deepEqual(await shown('bill l'), ['Bill Larson', 'Billy Lee']);
    assert.deepEqual(await shown('angstrom'), ['Zoë Ångström']);
    assert.deepEqual(await shown('nobody'), []);
  });

  rule('RESTR-024', 'a contents table takes the three restrictions that it must take', async (book) => {
    const container = await book.container();
    for (const name of ['Bill Larson', 'Billy Lee', 'Carol']) await book.add(container, name, `${name.length}@b.c`);
    const table = book.keep(await container.getContentsTable());
    const shown = async (restriction: Restriction): Promise<readonly unknown[]> => {
      await table.restrict(restriction);
      return (await allRows(table, [PR_DISPLAY_NAME])).map((row) => row[0]?.value);
    };
    assert.deepEqual(await shown(resProperty('EQ', PR_ANR, 'Bill L')), ['Bill Larson', 'Billy Lee']);
    assert.deepEqual(await shown(resContent(PR_DISPLAY_NAME, 'Bill', 'prefix')), ['Bill Larson', 'Billy Lee']);
    assert.deepEqual(await shown(resContent(PR_DISPLAY_NAME, 'ill', 'prefix')), []);
    await table.restrict(null);
    const rows = await allRows(table, [PR_INSTANCE_KEY, PR_DISPLAY_NAME]);
    assert.equal(rows.length, 3);
    for (const row of rows) {
      const key = propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array();
      assert.deepEqual(await shown(resProperty('EQ', PR_INSTANCE_KEY, key)), [propOf(row, PR_DISPLAY_NAME)]);
    }
  });
}

function recipientRules(rule: AbRule): void {
  rule(
    'AB-073',
    'recipients get long-term identifiers and the properties asked for, first and in order',
    async (book) => {
      const ann = await book.add(await book.container(), 'Ann', 'ann@example.com');
      const shortTerm = ann.slice();
      shortTerm[0] = MAPI_SHORTTERM;
      const recipient = [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_ENTRYID, shortTerm)];
      const tags = [PR_EMAIL_ADDRESS, PR_SUBJECT, PR_DISPLAY_NAME];
      const [prepared] = await book.logon.prepareRecips(tags, [recipient]);
      assert.deepEqual(
        prepared?.slice(0, 3).map(({ tag }) => propId(tag)),
        tags.map(propId),
      );
      assert.deepEqual([prepared?.[0]?.value, prepared?.[2]?.value], ['ann@example.com', 'Ann']);
      assert.ok(prepared?.[1] !== undefined && isPropError(prepared[1]));
      assert.deepEqual(propOf(prepared.slice(3), PR_ENTRYID), ann);
      assert.equal(propOf(prepared.slice(3), PR_RECIPIENT_TYPE), MAPI_TO);
    },
  );

  rule('AB-074, AB-075', 'what the list says wins, what is not ours and what is not asked stays', async (book) => {
    const ann = await book.add(await book.container(), 'Ann', 'ann@example.com');
    const oneOff = { displayName: 'Cleo', addrType: 'SMTP', emailAddress: 'cleo@example.org', sendRichInfo: false };
    const list: AdrList = [
      [],
      unresolved('Ann'),
      [prop(PR_ENTRYID, encodeOneOff(oneOff)), prop(PR_DISPLAY_NAME, 'Cleo')],
      [prop(PR_ENTRYID, ann), prop(PR_DISPLAY_NAME, 'My Ann')],
    ];
    const prepared = await book.logon.prepareRecips([PR_DISPLAY_NAME, PR_EMAIL_ADDRESS], list);
    assert.equal(prepared.length, 4);
    assert.deepEqual(prepared.slice(0, 3), list.slice(0, 3));
    const values = prepared[3]?.slice(0, 2).map(({ value }) => value);
    assert.deepEqual(values, ['My Ann', 'ann@example.com']);
    assert.deepEqual(await book.logon.prepareRecips([], list), list);
    assert.deepEqual(await book.logon.prepareRecips(null, list), list);
  });

  rule('AB-076', 'a recipient that does not exist is not found', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    await container.deleteEntries([ann]);
    const list = [[prop(PR_ENTRYID, ann)]];
    await failsWith(book.logon.prepareRecips([PR_DISPLAY_NAME], list), 'MAPI_E_NOT_FOUND');
  });
}
