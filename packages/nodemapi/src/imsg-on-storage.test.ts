import assert from 'node:assert/strict';
import { memoryRandomAccess } from '@nodemapi/base';
import { MemoryStream, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type AdrEntry,
  type IAddrBook,
  type IMAPISupport,
  type IMessage,
  type IStorage,
  MAPI_TO,
  MapiError,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { dumpMessage } from './dump-message.ts';
import { openIMsgOnIStg } from './imsg-on-storage.ts';
import { openMsgMessage } from './msg.ts';
import { storageOnStream } from './structured-storage.ts';

const fails = (code: string) => (error: unknown) => MapiError.is(error) && error.code === code;
const namesIn = async (storage: IStorage): Promise<readonly string[]> =>
  (await storage.enumElements()).map(({ name }) => name);

/** A storage on a stream, and what the stream has when it is opened again. */
async function newStorage(): Promise<{ readonly storage: IStorage; readonly stream: MemoryStream }> {
  const stream = new MemoryStream();
  return { stream, storage: await storageOnStream(stream.addRef(), { modify: true, create: true }) };
}

async function committed(stream: MemoryStream): Promise<Uint8Array> {
  await stream.seek(0);
  return stream.read((await stream.stat()).size);
}

function recipient(name: string, entryId: Uint8Array): AdrEntry {
  return [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_DISPLAY_NAME, name), prop(PR_ENTRYID, entryId)];
}

async function fill(message: IMessage): Promise<void> {
  await message.setProps([prop(PR_SUBJECT, 'On a storage'), prop(PR_BODY, 'text')]);
  const { attach } = await message.createAttach();
  await attach.setProps([
    prop(PR_ATTACH_METHOD, 1),
    prop(PR_ATTACH_LONG_FILENAME, 'a.txt'),
    prop(PR_ATTACH_DATA_BIN, Uint8Array.of(1, 2)),
  ]);
  await attach.saveChanges();
  await attach.release();
}

async function shown(message: IMessage): Promise<unknown> {
  const { subject, body, attachments } = await dumpMessage(message);
  return [subject, body?.text, attachments.map(({ name, size }) => [name, size])];
}

const SHOWN = ['On a storage', 'text', [['a.txt', 2]]];

describe('a message on a storage', () => {
  test('UTIL-035: is new in an empty storage, saved into it, and opened again; the storage is a .msg file', async () => {
    const { storage, stream } = await newStorage();
    const message = await openIMsgOnIStg(storage);
    await fill(message);
    assert.deepEqual(await namesIn(storage), [], 'nothing is written before it is saved');
    await message.saveChanges({ keepOpenReadWrite: true });
    await message.setProps([prop(PR_SUBJECT, 'not saved')]);
    await message.release();
    await storage.release();
    const again = await storageOnStream(stream.addRef());
    await using opened = await openIMsgOnIStg(again);
    assert.deepEqual(await shown(opened), SHOWN);
    const file = await openMsgMessage(memoryRandomAccess(await committed(stream)));
    assert.deepEqual(await shown(file.message), SHOWN);
    assert.deepEqual(file.diagnostics(), []);
    await file.message.release();
    await again.release();
  });

  test('UTIL-035: names of substorages begin with "__", and what others have in the storage is left alone', async () => {
    const { storage } = await newStorage();
    await (await storage.createStorage('mine')).release();
    await using message = await openIMsgOnIStg(storage);
    await fill(message);
    await message.saveChanges({ keepOpenReadWrite: true });
    await message.deleteAttach(0);
    await message.saveChanges({ keepOpenReadWrite: true });
    const names = await namesIn(storage);
    assert.deepEqual(
      names.filter((name) => !name.startsWith('__')),
      ['mine'],
    );
    assert.ok(!names.some((name) => name.startsWith('__attach')), 'what is deleted is gone');
  });

  test('UTIL-035: IMSG_NO_ISTG_COMMIT leaves the commit to the caller', async () => {
    const { storage, stream } = await newStorage();
    const before = (await stream.stat()).size;
    const message = await openIMsgOnIStg(storage, { noCommit: true });
    await fill(message);
    await message.saveChanges();
    assert.equal((await stream.stat()).size, before);
    await storage.commit();
    assert.ok((await stream.stat()).size > before);
    await message.release();
    const other = await newStorage();
    const usual = await openIMsgOnIStg(other.storage);
    await fill(usual);
    await usual.saveChanges();
    assert.ok((await other.stream.stat()).size > before);
    await usual.release();
  });

  test('UTIL-035: a storage for reading gives a message that cannot be saved', async () => {
    const { storage, stream } = await newStorage();
    const message = await openIMsgOnIStg(storage);
    await fill(message);
    await message.saveChanges();
    await message.release();
    await storage.release();
    const reading = await storageOnStream(stream.addRef());
    await using opened = await openIMsgOnIStg(reading);
    assert.deepEqual(await shown(opened), SHOWN);
    await opened.setProps([prop(PR_SUBJECT, 'x')]);
    await assert.rejects(opened.saveChanges({ keepOpenReadWrite: true }), fails('MAPI_E_NO_ACCESS'));
    await assert.rejects(opened.submitMessage(), fails('MAPI_E_NO_SUPPORT'));
  });

  test('UTIL-035: without a support object short-term identifiers are stored as they are, with one they are made long-term', async () => {
    const [short, long] = [Uint8Array.of(0xff, 0, 0, 0, 7), Uint8Array.of(0, 0, 0, 0, 7)];
    const host = await standaloneHost();
    const support = new StandaloneSupport({ kind: 'store', host });
    const book = {
      openEntry: async (entryId: Uint8Array) => {
        assert.deepEqual(entryId, short);
        return { getProps: async () => ({ values: [long] }), [Symbol.asyncDispose]: async () => {} };
      },
      [Symbol.asyncDispose]: async () => {},
    };
    const asking = Object.assign(Object.create(support), {
      openAddressBook: async () => ({ object: book as unknown as IAddrBook }), // the two methods that are asked for
    }) as IMAPISupport;
    for (const [options, expected] of [
      [{}, short],
      [{ support: asking }, long],
    ] as const) {
      const { storage } = await newStorage();
      await using message = await openIMsgOnIStg(storage, options);
      await message.modifyRecipients('replace', [recipient('a', short)]);
      await using table = await message.getRecipientTable();
      await table.setColumns([PR_ENTRYID]);
      const [row] = await table.queryRows(1);
      assert.deepEqual(row?.[0]?.value, expected);
    }
    await host[Symbol.asyncDispose]();
  });

  test('UTIL-035: the callback runs once, after the last release', async () => {
    const { storage } = await newStorage();
    let released = 0;
    const message = await openIMsgOnIStg(storage, { onRelease: () => void released++ });
    const second = message.addRef();
    await message.release();
    assert.equal(released, 0);
    await second.setProps([prop(PR_SUBJECT, 'x')]);
    await second.release();
    await second.release();
    assert.equal(released, 1);
    await assert.rejects(message.getPropList(), fails('MAPI_E_INVALID_OBJECT'));
  });

  test('UTIL-035: what is no message is refused', async () => {
    const { storage } = await newStorage();
    await using stream = await storage.createStream('__properties_version1.0');
    await stream.write(Uint8Array.of(1));
    await stream.commit();
    await assert.rejects(openIMsgOnIStg(storage), fails('MAPI_E_CORRUPT_DATA'));
  });
});
