import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes, memoryRandomAccess } from '@nodemapi/base';
import { openMsg } from '@nodemapi/format-msg';
import { getProp, MemoryStream, openOleData, readAll, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import * as mapi from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import { exportMsg, openMsgMessage } from './msg.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';
import { storageOnStream } from './structured-storage.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const CLSID = '00020906-0000-0000-c000-000000000046';

async function write(storage: mapi.IStorage, name: string, content: Uint8Array): Promise<void> {
  await using stream = await storage.createStream(name);
  await stream.write(content);
  await stream.commit();
}

async function read(storage: mapi.IStorage, name: string): Promise<Uint8Array> {
  await using stream = await storage.openStream(name);
  return await readAll(stream, 1 << 20);
}

const namesIn = async (storage: mapi.IStorage): Promise<readonly string[]> =>
  (await storage.enumElements()).map(({ name }) => name);

describe('a storage on a stream', () => {
  test('keeps what was committed, is opened again, and is replaced by CREATE', async () => {
    const stream = new MemoryStream();
    const made = await storageOnStream(stream.addRef(), { modify: true, create: true });
    await made.setClass(CLSID);
    await write(made, 'small', bytes(1, 2, 3));
    await write(made, 'large', new Uint8Array(100_000).fill(7));
    const inner = await made.createStorage('inner');
    await write(inner, 'x', bytes(9));
    await made.commit();
    await made.release();

    const again = await storageOnStream(stream.addRef(), { modify: true });
    assert.deepEqual(await namesIn(again), ['inner', 'large', 'small']);
    assert.equal((await again.stat()).clsid, CLSID);
    assert.deepEqual(await read(await again.openStorage('INNER'), 'X'), bytes(9));
    await again.renameElement('small', 'renamed');
    await again.destroyElement('inner');
    await again.revert();
    assert.deepEqual(await namesIn(again), ['inner', 'large', 'small']);
    await again.renameElement('small', 'renamed');
    const changed = await again.openStream('large', { modify: true });
    await changed.setSize(2);
    await changed.commit();
    await again.commit();
    await again.release();

    const last = await storageOnStream(stream.addRef());
    assert.deepEqual(await namesIn(last), ['inner', 'large', 'renamed']);
    assert.deepEqual(await read(last, 'large'), bytes(7, 7));
    await last.release();
    const empty = await storageOnStream(stream.addRef(), { modify: true, create: true });
    assert.deepEqual(await namesIn(empty), []);
    await empty.release();
    const untouched = await storageOnStream(stream);
    assert.equal((await namesIn(untouched)).length, 3, 'nothing was committed');
    await untouched.release();
  });

  test('refuses what cannot be, by its code', async () => {
    const stream = new MemoryStream();
    const storage = await storageOnStream(stream.addRef(), { modify: true, create: true });
    await write(storage, 'a', bytes(1));
    await storage.createStorage('b');
    const code = (expected: string) => ({ code: expected });
    await assert.rejects(storage.createStream('A'), code('MAPI_E_COLLISION'));
    await assert.rejects(storage.createStream('a/b'), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(storage.openStream('b'), code('MAPI_E_NOT_FOUND'));
    await assert.rejects(storage.openStorage('a'), code('MAPI_E_NOT_FOUND'));
    await assert.rejects(storage.renameElement('a', 'B'), code('MAPI_E_COLLISION'));
    await assert.rejects(storage.destroyElement('c'), code('MAPI_E_NOT_FOUND'));
    await storage.commit();
    await storage.release();
    const reading = await storageOnStream(stream.addRef());
    await assert.rejects(reading.createStream('c'), code('MAPI_E_NO_ACCESS'));
    await assert.rejects(reading.openStream('a', { modify: true }), code('MAPI_E_NO_ACCESS'));
    await assert.rejects(reading.commit(), code('MAPI_E_NO_ACCESS'));
    const garbage = new MemoryStream(new Uint8Array(600), { writable: false });
    await assert.rejects(storageOnStream(garbage.addRef()), code('MAPI_E_CORRUPT_DATA'));
    await assert.rejects(storageOnStream(garbage, { modify: true }), code('MAPI_E_NO_ACCESS'));
  });

  test('copies everything into another storage', async () => {
    const from = await storageOnStream(new MemoryStream(), { modify: true, create: true });
    await write(from, 'a', bytes(1));
    await write(await from.createStorage('deep'), 'b', bytes(2));
    const to = await storageOnStream(new MemoryStream(), { modify: true, create: true });
    await write(to, 'A', bytes(5, 5));
    await from.copyTo(to);
    assert.deepEqual(await read(to, 'a'), bytes(1));
    assert.deepEqual(await read(await to.openStorage('deep'), 'b'), bytes(2));
  });
});

describe('IMAPISupport.iStorageFromStream', () => {
  test('SUPP-24, UTIL-034: reads from the beginning by default, changes with MODIFY, begins anew with CREATE', async () => {
    await using host = await standaloneHost({ storageOnStream });
    await using support = new StandaloneSupport({ host, kind: 'store' });
    await using stream = new MemoryStream();
    const made = await support.iStorageFromStream(stream, { create: true });
    await write(made, 'a', bytes(1));
    await made.commit();
    await made.release();
    await stream.seek(17);
    const read1 = await support.iStorageFromStream(stream);
    assert.deepEqual(await read(read1, 'a'), bytes(1));
    await assert.rejects(read1.createStream('b'), { code: 'MAPI_E_NO_ACCESS' });
    await read1.release();
    const changed = await support.iStorageFromStream(stream, { modify: true });
    await write(changed, 'b', bytes(2));
    await changed.commit();
    assert.deepEqual(await namesIn(changed), ['a', 'b']);
    await changed.release();
  });

  test('SUPP-24, UTIL-034: with CURRENT the storage begins where the stream stands, and leaves what comes before alone', async () => {
    await using host = await standaloneHost({ storageOnStream });
    await using support = new StandaloneSupport({ host, kind: 'store' });
    await using stream = new MemoryStream();
    await stream.write(bytes(1, 2, 3));
    const made = await support.iStorageFromStream(stream, { create: true, current: true });
    await write(made, 'a', bytes(9));
    await made.commit();
    await made.release();
    await stream.seek(0);
    assert.deepEqual(await stream.read(4), bytes(1, 2, 3, 0xd0));
    await assert.rejects(support.iStorageFromStream(stream), { code: 'MAPI_E_CORRUPT_DATA' });
    await stream.seek(3);
    await using again = await support.iStorageFromStream(stream, { current: true });
    assert.deepEqual(await read(again, 'a'), bytes(9));
  });

  test("SUPP-24: the storage holds a reference of its own, and the caller's outlives it", async () => {
    await using host = await standaloneHost({ storageOnStream });
    await using support = new StandaloneSupport({ host, kind: 'store' });
    const stream = new MemoryStream();
    const storage = await support.iStorageFromStream(stream, { create: true });
    await storage.release();
    assert.equal((await stream.stat()).size, 0);
    const held = await support.iStorageFromStream(stream, { create: true });
    await stream.release();
    await write(held, 'a', bytes(1));
    await held.commit();
    assert.deepEqual(await read(held, 'a'), bytes(1));
    await held.release();
  });
});

/** Releases the storage, which is open on the data. */
async function refusesTheOtherForm(attach: mapi.IAttach, storage: mapi.IStorage): Promise<void> {
  const noAccess = { code: 'MAPI_E_NO_ACCESS' };
  for (const iid of ['IStream', 'IStreamDocfile'] as const) {
    await assert.rejects(attach.openProperty(mapi.PR_ATTACH_DATA_BIN, iid), noAccess, 'open as a storage');
  }
  await storage.release();
  await using stream = await attach.openProperty(mapi.PR_ATTACH_DATA_BIN, 'IStream');
  await using second = await attach.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IStreamDocfile');
  assert.deepEqual(await second.read(100_000), await stream.read(100_000), 'two streams');
  await assert.rejects(attach.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IStorage'), noAccess, 'open as a stream');
}

describe('an OLE attachment in a store', () => {
  test('ATT-013, ATT-014: is a storage, the bytes of a compound file, and a storage of the .msg file', async () => {
    const home = await mkdtemp(join(tmpdir(), 'nodemapi-ole-'));
    try {
      const subsystem = await createSubsystem({ home });
      await subsystem.MAPIInitialize();
      {
        await using admin = await subsystem.MAPIAdminProfiles();
        await admin.createProfile('a', { defaultServices: true });
      }
      const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true, noMail: true });
      const store = await openDefaultStore(session);
      const inbox = await openSpecialFolder(store, 'inbox');
      const message = await inbox.createMessage();
      const { attach } = await message.createAttach();
      await attach.setProps([mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_OLE)]);
      const storage = await attach.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IStorage', { create: true, modify: true });
      await write(storage, '\u0001Ole10Native', new Uint8Array(5000).fill(4));
      await storage.commit();
      await refusesTheOtherForm(attach, storage);
      await attach.saveChanges();
      await message.saveChanges({ keepOpenReadWrite: true });

      await using again = await message.openAttach(0);
      {
        await using docfile = await openOleData(again);
        assert.equal(docfile.iid, 'IStream', 'which costs least');
      }
      await using opened = await again.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IStorage');
      assert.deepEqual(await read(opened, '\u0001ole10native'), new Uint8Array(5000).fill(4));
      const data = (await getProp(again, mapi.PR_ATTACH_DATA_BIN)) as Uint8Array;
      assert.deepEqual([...data.subarray(0, 4)], [0xd0, 0xcf, 0x11, 0xe0]);

      const { chunks, problems } = await exportMsg(message);
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
      assert.deepEqual(problems, []);
      const file = await openMsg(memoryRandomAccess(concatBytes(parts)));
      const [attachment] = await file.message.attachments();
      assert.deepEqual(
        attachment?.storage?.entries.map(({ name }) => name),
        ['\u0001Ole10Native'],
      );

      const shown = await openMsgMessage(memoryRandomAccess(concatBytes(parts)));
      const copied = await exportMsg(shown.message);
      const copy: Uint8Array[] = [];
      for await (const chunk of copied.chunks) copy.push(Uint8Array.from(chunk));
      const second = await openMsgMessage(memoryRandomAccess(concatBytes(copy)));
      await using before = await shown.message.openAttach(0);
      await using after = await second.message.openAttach(0);
      const flat = await getProp(after, mapi.PR_ATTACH_DATA_BIN);
      assert.ok(flat !== undefined && flat.length > 5000);
      assert.deepEqual(flat, await getProp(before, mapi.PR_ATTACH_DATA_BIN), 'from file to file');
      await using within = await openOleData(after);
      assert.ok(within.iid === 'IStorage');
      assert.deepEqual(await namesIn(within), ['\u0001Ole10Native']);
      await endSession(session);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
