import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { queryAllRows, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  ATT_MHTML_REF,
  type IMessage,
  MAPI_CC,
  MAPI_TO,
  MapiError,
  PR_ADDRTYPE,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_FLAGS,
  PR_ATTACHMENT_HIDDEN,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_OBJECT_TYPE,
  PR_RECIPIENT_TYPE,
  PR_ROWID,
  PR_SEARCH_KEY,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { describe, test } from 'vitest';
import { composeMessage, type Draft, parseAddress, recipientRow } from './compose.ts';

describe('parseAddress', () => {
  test.each([
    ['ada@example.com', 'ada@example.com', 'ada@example.com'],
    ['Ada Lovelace <ada@example.com>', 'Ada Lovelace', 'ada@example.com'],
    ['"Lovelace, Ada \\"Countess\\"" <ada@example.com>', 'Lovelace, Ada "Countess"', 'ada@example.com'],
    ['<ada@example.com>', 'ada@example.com', 'ada@example.com'],
    ['Žofie <žofie@příklad.cz>', 'Žofie', 'žofie@příklad.cz'],
    ['"a b"@example.com', '"a b"@example.com', '"a b"@example.com'],
  ])('%s', (text, name, address) => {
    assert.deepEqual(parseAddress(text), { name, address });
  });

  test.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'a b@example.com',
    'ada@example.com, bob@example.com',
    'ada@ex\r\nBcc: x@y.z',
    'Ada <ada>',
  ])('refuses %j', (text) => {
    assert.throws(() => parseAddress(text), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('takes the two parts as they are', () => {
    assert.deepEqual(parseAddress({ name: 'A', address: 'a@b.c' }), { name: 'A', address: 'a@b.c' });
    assert.throws(() => parseAddress({ address: 'nobody' }), { code: 'MAPI_E_INVALID_PARAMETER' });
  });
});

describe('recipientRow', () => {
  test('RECIP-017: a recipient has every property that the system needs, and the two that help', () => {
    const row = recipientRow('Ann <ann@example.org>', MAPI_TO);
    const has = new Set(row.map(({ tag }) => tag));
    const needed = [PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_ENTRYID, PR_OBJECT_TYPE];
    for (const tag of [...needed, PR_EMAIL_ADDRESS, PR_SEARCH_KEY]) assert.ok(has.has(tag), tag.toString(16));
  });

  test('a row from an address book stays who it is, and gets the search key it lacks', () => {
    const entryId = Uint8Array.of(1, 2, 3);
    const row = recipientRow(
      [
        prop(PR_ENTRYID, entryId),
        prop(PR_DISPLAY_NAME, 'Ada'),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, 'ada@example.com'),
        prop(PR_ROWID, 7),
        prop(PR_BODY, 'a note in the address book'),
      ],
      MAPI_CC,
    );
    assert.deepEqual(propOf(row, PR_ENTRYID), entryId);
    assert.equal(propOf(row, PR_RECIPIENT_TYPE), MAPI_CC);
    assert.equal(Buffer.from(propOf(row, PR_SEARCH_KEY) ?? []).toString(), 'SMTP:ADA@EXAMPLE.COM\0');
    assert.equal(propOf(row, PR_ROWID), undefined);
    assert.equal(propOf(row, PR_BODY), undefined);
  });

  test('a row that is not resolved is refused', () => {
    assert.throws(() => recipientRow([prop(PR_DISPLAY_NAME, 'Ada')], MAPI_CC), { code: 'MAPI_E_INVALID_PARAMETER' });
  });
});

describe('composeMessage', () => {
  const compose = async (draft: unknown) => {
    const host = await standaloneHost();
    const store = createMemoryStore(new StandaloneSupport({ kind: 'store', host }), host).open();
    const [id] = (await store.getProps([PR_IPM_OUTBOX_ENTRYID])).values;
    const outbox = await store.openEntry(id ?? new Uint8Array(), { iid: 'IMAPIFolder', modify: true });
    return composeMessage(outbox, draft as Draft);
  };
  const addressesOf = async (message: IMessage): Promise<readonly unknown[]> => {
    await using table = await message.getRecipientTable();
    return (await queryAllRows(table, { tags: [PR_RECIPIENT_TYPE, PR_EMAIL_ADDRESS] })).map((row) => [
      propOf(row, PR_RECIPIENT_TYPE),
      propOf(row, PR_EMAIL_ADDRESS),
    ]);
  };

  test('a list of recipients may be written in one string', async () => {
    await using message = await compose({ to: '"Lovelace, Ada" <ada@b.c>, bob@b.c,', cc: ['carl@b.c'] });
    assert.deepEqual(await addressesOf(message), [
      [MAPI_TO, 'ada@b.c'],
      [MAPI_TO, 'bob@b.c'],
      [MAPI_CC, 'carl@b.c'],
    ]);
  });

  test('the content of an attachment may be text', async () => {
    await using message = await compose({ attachments: [{ fileName: 'a.txt', content: 'žluť' }] });
    await using attach = await message.openAttach(0);
    await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
    assert.equal(new TextDecoder().decode(await stream.read(100)), 'žluť');
  });

  test('the content of an attachment may be a stream of bytes or of text, and of nothing else', async () => {
    const streamOf = (...parts: readonly unknown[]): object => Readable.from(parts);
    await using message = await compose({ attachments: [{ fileName: 'a.txt', content: streamOf('žlu', 'ť') }] });
    await using attach = await message.openAttach(0);
    await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
    assert.equal(new TextDecoder().decode(await stream.read(100)), 'žluť');
    await assert.rejects(compose({ attachments: [{ fileName: 'a.json', content: streamOf({ a: 1 }) }] }), {
      code: 'MAPI_E_INVALID_PARAMETER',
    });
  });

  test('a picture that the HTML shows belongs to it, another one does not', async () => {
    const attachments = ['<shown@x>', 'other@x'].map((contentId) => ({ fileName: 'a.png', content: 'x', contentId }));
    await using message = await compose({ html: '<img src="cid:shown@x">', attachments });
    const tags = [PR_ATTACH_CONTENT_ID, PR_ATTACH_FLAGS, PR_ATTACHMENT_HIDDEN] as const;
    for (const [index, expected] of [['shown@x', ATT_MHTML_REF, true], ['other@x']].entries()) {
      await using attach = await message.openAttach(index);
      const { values } = await attach.getProps(tags);
      assert.deepEqual(
        values.filter((value) => value !== undefined),
        expected,
      );
    }
  });

  test.each([
    [{ to: { ada: 1 } }, /to of a draft is not a list of addresses/u],
    [{ text: null }, /text of a draft is not text/u],
    [{ to: [null] }, /to of a draft is not a list of addresses/u],
    [{ html: new Uint8Array(1) }, /html of a draft is not text/u],
    [{ importance: 'urgent' }, /importance of a draft is not low, normal or high/u],
    [{ sendAt: 'tomorrow' }, /sendAt of a draft is not a Date/u],
    [{ sendAt: new Date('tomorrow') }, /sendAt of a draft is not a Date/u],
    [{ attachments: [{ fileName: 'x', content: 5 }] }, /content of an attachment is not text, bytes/u],
    [{ attachments: [{ content: 'x' }] }, /an attachment needs fileName/u],
    [[], /a draft is an object with fields/u],
    [{ from: ['ada@b.c'] }, /from of a draft is not an address/u],
    [{ to: [{ address: 'ada@b.c', fullName: 'Ada' }] }, /an address has no field "fullName"; it has: name, address/u],
    [{ to: [{ name: 5, address: 'ada@b.c' }] }, /name of an address is not text/u],
    [{ replyTo: [{ name: 'Ada' }] }, /an address needs address/u],
    ['text', /a draft is an object with fields/u],
    [{ to: 'ada@b.c', body: 'x' }, /a draft has no field "body"; it has: to, cc/u],
    [{ attachments: [{ filename: 'x', content: 'y' }] }, /an attachment has no field "filename"; it has: fileName/u],
  ])('what is written wrongly is told: %j', async (draft, text) => {
    await assert.rejects(compose(draft), (error) => MapiError.is(error) && text.test(error.detail));
  });
});
