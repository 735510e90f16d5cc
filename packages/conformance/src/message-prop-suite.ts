/** IMAPIProp on the objects of a store: reading, setting, deleting, streams. */
import assert from 'node:assert/strict';
import {
  changePropType,
  errorTag,
  HRESULTS,
  type IMAPIProp,
  type IMessage,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_COMMENT,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_HTML,
  PR_IMPORTANCE,
  PR_MESSAGE_RECIPIENTS,
  PR_NULL,
  PR_OBJECT_TYPE,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  PT_LONG,
  PT_MV_LONG,
  PT_MV_UNICODE,
  PT_STRING8,
  PT_UNICODE,
  PT_UNSPECIFIED,
  prop,
  propError,
  propOf,
  tag,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  idOf,
  inboxOf,
  newFolder,
  newMessage,
  openMessage,
  read,
  rejects,
  savedMessage,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const MISSING = tag(0x6801, PT_LONG);
const MANY_NUMBERS = tag(0x6802, PT_MV_LONG);
/** A text that no object has. */
const ABSENT_TEXT = tag(0x6804, PT_UNICODE);
const MANY_TEXTS = tag(0x6803, PT_MV_UNICODE);

/** A message, a folder, an attachment and the store itself, all of them writable. */
async function everyKind({ store }: StoreUnderTest): Promise<readonly IMAPIProp[]> {
  const folder = await newFolder(store, 'F');
  const message = await newMessage(folder);
  const { attach } = await message.createAttach();
  return [message, folder, attach, store];
}

/** Sets values without regard to their compile-time types. */
function set(object: IMAPIProp, ...values: readonly PropValue[]): ReturnType<IMAPIProp['setProps']> {
  return object.setProps(values as never);
}

async function bodyThrough(message: IMessage, create: boolean, ...parts: readonly string[]): Promise<void> {
  await using stream = await message.openProperty(PR_BODY, 'IStream', { modify: true, create });
  for (const part of parts) await stream.write(new Uint8Array(Buffer.from(part, 'utf16le')));
  await stream.commit();
}

export function messagePropSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: reading properties`, () => {
    rule('PROP-008, PROP-010: the answer has the order asked for, and says what is missing', async (t) => {
      for (const object of await everyKind(t)) {
        await write(object, prop(PR_COMMENT, 'here'));
        const { props, values, warning } = await object.getProps([MISSING, PR_COMMENT, MISSING]);
        assert.deepEqual(props, [
          { tag: errorTag(MISSING), value: HRESULTS.MAPI_E_NOT_FOUND },
          prop(PR_COMMENT, 'here'),
          { tag: errorTag(MISSING), value: HRESULTS.MAPI_E_NOT_FOUND },
        ]);
        assert.deepEqual(values, [undefined, 'here', undefined]);
        assert.equal(warning, 'MAPI_W_ERRORS_RETURNED');
      }
    });
    rule('PROP-010: without a missing property there is no warning', async (t) => {
      for (const object of await everyKind(t)) {
        await write(object, prop(PR_COMMENT, 'here'));
        assert.equal((await object.getProps([PR_COMMENT])).warning, undefined);
      }
    });
    rule('PROP-009: a type is honoured or refused, and PT_UNSPECIFIED takes what is there', async (t) => {
      for (const object of await everyKind(t)) {
        await write(object, prop(PR_COMMENT, 'text'));
        const { props } = await object.getProps([
          changePropType(PR_COMMENT, PT_UNSPECIFIED),
          changePropType(PR_COMMENT, PT_STRING8),
          changePropType(PR_COMMENT, PT_LONG),
        ]);
        assert.deepEqual(props[0], prop(PR_COMMENT, 'text'));
        assert.deepEqual(props[1], { tag: changePropType(PR_COMMENT, PT_STRING8), value: 'text' });
        assert.equal(props[2]?.tag, errorTag(PR_COMMENT));
      }
    });
    rule('PROP-012: an empty list of tags is refused', async (t) => {
      for (const object of await everyKind(t)) await rejects('MAPI_E_INVALID_PARAMETER', object.getProps([]));
    });
    rule('PROP-013, PROP-018: without a list everything is answered that is listed', async (t) => {
      for (const object of await everyKind(t)) {
        await write(object, prop(PR_COMMENT, 'here'));
        const { props } = await object.getProps();
        assert.equal(propOf(props, PR_COMMENT), 'here');
        const listed = await object.getPropList();
        for (const { tag: found } of props) assert.ok(listed.includes(found), `0x${found.toString(16)}`);
      }
    });
    rule('PROP-016, FOLDER-031: objects within an object are listed, and not read by getProps', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)));
      assert.ok((await message.getPropList()).includes(PR_MESSAGE_RECIPIENTS));
      const { props } = await message.getProps([PR_MESSAGE_RECIPIENTS]);
      assert.equal(props[0]?.tag, errorTag(PR_MESSAGE_RECIPIENTS));
      assert.equal(propOf((await message.getProps()).props, PR_MESSAGE_RECIPIENTS), undefined);
    });
    rule(
      'PROP-011, PROP-042: a value is read by getProps or, where it is too large, as a stream',
      async ({ store }) => {
        const text = 'long '.repeat(200_000);
        const message = await openMessage(
          store,
          await savedMessage(await inboxOf(store), { props: [prop(PR_BODY, text)] }),
        );
        const { props } = await message.getProps([PR_BODY]);
        const entry = props[0];
        if (entry?.tag === errorTag(PR_BODY)) assert.equal(entry.value, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY);
        else assert.equal(entry?.value, text);
        await using stream = await message.openProperty(PR_BODY, 'IStream');
        assert.equal((await stream.stat()).size, text.length * 2);
      },
    );
  });

  describe(`${name}: setting and deleting properties`, () => {
    rule('PROP-020: an empty list of values is refused', async (t) => {
      for (const object of await everyKind(t)) await rejects('MAPI_E_INVALID_PARAMETER', object.setProps([]));
    });
    rule('PROP-021: PR_NULL and errors are passed over', async (t) => {
      for (const object of await everyKind(t)) {
        const values = [{ tag: PR_NULL, value: null }, propError(MISSING, 1), prop(PR_COMMENT, 'set')];
        assert.deepEqual(await set(object, ...values), []);
        assert.equal(await read(object, PR_COMMENT), 'set');
        assert.equal(await read(object, MISSING), undefined);
      }
    });
    rule('PROP-022, PROP-014: an object or a list of no values cannot be set; nothing is set then', async (t) => {
      for (const object of await everyKind(t)) {
        const valid = prop(PR_COMMENT, 'not set');
        await rejects('MAPI_E_INVALID_PARAMETER', set(object, valid, { tag: PR_MESSAGE_RECIPIENTS, value: null }));
        await rejects('MAPI_E_INVALID_PARAMETER', set(object, valid, prop(MANY_NUMBERS, [])));
        assert.equal(await read(object, PR_COMMENT), undefined);
      }
    });
    rule('PROP-023, PROP-024: a property that cannot be set is named, and the others are set', async (t) => {
      for (const object of await everyKind(t)) {
        const problems = await set(object, prop(PR_COMMENT, 'set'), { tag: MISSING, value: 'no number' });
        assert.deepEqual(
          problems.map(({ index, tag: at }) => [index, at]),
          [[1, MISSING]],
        );
        assert.ok(['MAPI_E_INVALID_TYPE', 'MAPI_E_UNEXPECTED_TYPE'].includes(problems[0]?.code ?? ''));
        assert.equal(await read(object, PR_COMMENT), 'set');
      }
    });
    rule('PROP-027: what cannot be set is told at the latest by the save, and is not kept', async ({ store }) => {
      const wrongs: readonly PropValue[] = [
        { tag: MISSING, value: 'no number' },
        ...[prop(PR_HASATTACH, true), prop(PR_OBJECT_TYPE, 99)],
      ];
      for (const wrong of wrongs) {
        const message = await newMessage(await inboxOf(store));
        const told: unknown[] = [...(await set(message, wrong, prop(PR_COMMENT, 'kept')))];
        try {
          await message.saveChanges({ keepOpenReadWrite: true });
        } catch (error) {
          told.push(error);
        }
        assert.equal(told.length, 1);
        const again = await openMessage(store, await idOf(message));
        assert.equal(await read(again, PR_COMMENT), 'kept');
        assert.notEqual(await read(again, wrong.tag), wrong.value);
      }
    });
    rule('PROP-026: a value of another type takes the place of the former one', async (t) => {
      for (const object of await everyKind(t)) {
        await write(object, prop(MISSING, 1));
        const asText = changePropType(MISSING, PT_STRING8);
        await set(object, { tag: asText, value: 'text' });
        assert.equal(await read(object, MISSING), undefined);
        assert.equal(await read(object, asText as PropTag), 'text');
      }
    });
    rule('PROP-028, PROP-030: deleting goes by identifier, and what is absent is no trouble', async (t) => {
      for (const object of await everyKind(t)) {
        await write(object, prop(PR_COMMENT, 'x'));
        await object.deleteProps([changePropType(PR_COMMENT, PT_LONG), MISSING]);
        assert.equal(await read(object, PR_COMMENT), undefined);
        await rejects('MAPI_E_INVALID_PARAMETER', object.deleteProps([]));
      }
    });
    rule('PROP-029: on an object opened for reading nothing is deleted or set', async (t) => {
      const entryId = await savedMessage(await inboxOf(t.store));
      const message = await openMessage(t.store, entryId);
      await rejects('MAPI_E_NO_ACCESS', message.deleteProps([PR_SUBJECT]));
      await rejects('MAPI_E_NO_ACCESS', message.setProps([prop(PR_SUBJECT, 'x')]));
      assert.equal(await read(message, PR_SUBJECT), 'Subject');
    });
    rule('STORE-075: lists keep the order of their values over a save', async ({ store }) => {
      const texts = ['c', 'a', 'b', 'a'];
      const entryId = await savedMessage(await inboxOf(store), {
        props: [prop(MANY_NUMBERS, [3, -1, 2]), prop(MANY_TEXTS, texts)],
      });
      const message = await openMessage(store, entryId);
      assert.deepEqual(await read(message, MANY_NUMBERS), [3, -1, 2]);
      assert.deepEqual(await read(message, MANY_TEXTS), texts);
    });
    rule('PROP-026: what a caller changes in its own bytes afterwards does not reach the store', async ({ store }) => {
      const bytes = Uint8Array.of(1, 2, 3);
      const message = await newMessage(await inboxOf(store));
      await write(message, prop(PR_HTML, bytes));
      bytes.fill(9);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.deepEqual(await read(await openMessage(store, await idOf(message)), PR_HTML), Uint8Array.of(1, 2, 3));
    });
  });

  describe(`${name}: properties as streams`, () => {
    rule('PROP-041: a stream needs a type', async (t) => {
      for (const object of await everyKind(t)) {
        const untyped = changePropType(PR_COMMENT, PT_UNSPECIFIED);
        await rejects('MAPI_E_INVALID_PARAMETER', object.openProperty(untyped, 'IStream'));
      }
    });
    rule('PROP-042: absence, a foreign interface and missing access are told apart', async (t) => {
      for (const object of await everyKind(t)) {
        await rejects('MAPI_E_NOT_FOUND', object.openProperty(ABSENT_TEXT, 'IStream'));
        await write(object, prop(PR_COMMENT, 'x'));
        await rejects('MAPI_E_INTERFACE_NOT_SUPPORTED', object.openProperty(PR_COMMENT, 'IMAPIFolder'));
      }
      const reader = await openMessage(t.store, await savedMessage(await inboxOf(t.store)));
      await rejects('MAPI_E_NO_ACCESS', reader.openProperty(PR_BODY, 'IStream', { modify: true }));
      await using stream = await reader.openProperty(PR_BODY, 'IStream');
      await rejects('MAPI_E_NO_ACCESS', stream.write(Uint8Array.of(1)));
    });
    rule('PROP-043: creating replaces what was there, and needs the right to modify', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await rejects('MAPI_E_INVALID_PARAMETER', message.openProperty(PR_BODY, 'IStream', { create: true }));
      assert.equal(await read(message, PR_BODY), 'Body');
      await bodyThrough(message, true, 'New');
      assert.equal(await read(message, PR_BODY), 'New');
    });
    rule(
      'PROP-046: what was written is part of the object with the commit, permanent with its save',
      async ({ store }) => {
        const message = await newMessage(await inboxOf(store));
        await message.saveChanges({ keepOpenReadWrite: true });
        await bodyThrough(message, true, 'in two ', 'parts');
        assert.equal(await read(message, PR_BODY), 'in two parts');
        assert.equal(await read(await openMessage(store, await idOf(message)), PR_BODY), 'Body');
        await message.saveChanges({ keepOpenReadWrite: true });
        assert.equal(await read(await openMessage(store, await idOf(message)), PR_BODY), 'in two parts');
      },
    );
    rule(
      'PROP-045: what is written through a stream shows with its commit; of two streams one wins whole',
      async ({ store }) => {
        const message = await newMessage(await inboxOf(store));
        await write(message, prop(PR_BODY, 'before'));
        const [first, second] = [
          await message.openProperty(PR_BODY, 'IStream', { modify: true, create: true }),
          await message.openProperty(PR_BODY, 'IStream', { modify: true, create: true }),
        ];
        const text = (letter: string): Uint8Array => new Uint8Array(Buffer.from(letter.repeat(5000), 'utf16le'));
        await first.write(text('a'));
        await second.write(text('b').subarray(0, 6000));
        assert.ok(!(await read(message, PR_BODY))?.includes('a'));
        await first.commit();
        await second.commit();
        await first.release();
        await second.release();
        await message.saveChanges({ keepOpenReadWrite: true });
        await using stream = await (await openMessage(store, await idOf(message))).openProperty(PR_BODY, 'IStream');
        const body = Buffer.from(await stream.read(20_000)).toString('utf16le');
        assert.ok(['a'.repeat(5000), 'b'.repeat(3000)].includes(body), `${body.length} characters`);
      },
    );
    rule('PROP-046: what was reverted is not kept; a stream can be cut to nothing', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const stream = await message.openProperty(PR_BODY, 'IStream', { modify: true });
      await stream.write(new Uint8Array(100));
      await stream.revert();
      await stream.release();
      assert.equal(await read(message, PR_BODY), 'Body');
      const cut = await message.openProperty(PR_BODY, 'IStream', { modify: true });
      await cut.setSize(0);
      await cut.commit();
      await cut.release();
      assert.equal(await read(message, PR_BODY), '');
    });
    rule('PROP-046: a large value goes in and out in parts', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const { attachNum, attach } = await message.createAttach();
      await write(attach, prop(PR_ATTACH_METHOD, 1));
      await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
      const part = new Uint8Array(50_000).fill(7);
      for (let count = 0; count < 8; count++) await stream.write(part);
      await stream.commit();
      await attach.saveChanges();
      await message.saveChanges({ keepOpenReadWrite: true });
      const again = await (await openMessage(store, await idOf(message))).openAttach(attachNum);
      await using back = await again.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
      assert.equal((await back.stat()).size, 400_000);
      assert.equal(await back.seek(-3, 'end'), 399_997);
      assert.deepEqual(await back.read(100), Uint8Array.of(7, 7, 7));
      assert.equal((await back.read(1)).length, 0);
    });
    rule('a stream takes bytes alone, and is as it was after anything else', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await using stream = await message.openProperty(PR_BODY, 'IStream', { create: true, modify: true });
      await stream.write(Uint8Array.of(65, 0));
      for (const value of ['text', { length: 4 }, 5, null, [66, 0], new Uint16Array(2)]) {
        const other = value as unknown as Uint8Array; // as programs without a compiler may write
        await rejects('MAPI_E_INVALID_PARAMETER', stream.write(other));
      }
      await stream.write(Uint8Array.of(66, 0));
      await stream.commit();
      assert.equal(await read(message, PR_BODY), 'AB');
    });
    rule('PROP-042: what the store computes cannot be written through a stream', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)), true);
      const before = await idOf(message);
      await rejects('MAPI_E_NO_ACCESS', message.openProperty(PR_ENTRYID, 'IStream', { modify: true, create: true }));
      assert.deepEqual(await idOf(message), before);
      assert.equal(await read(message, PR_IMPORTANCE), undefined);
    });
  });
}
