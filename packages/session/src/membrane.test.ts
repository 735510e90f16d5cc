import assert from 'node:assert/strict';
import { MapiError, memoryLog, nullLog } from '@nodemapi/base';
import { PropBag, PropObject } from '@nodemapi/kit';
import {
  fnevObjectCreated,
  HRESULTS,
  type IMAPIFolder,
  type IMsgStore,
  type InterfaceName,
  METHOD_TABLES,
  type Notification,
  PR_DISPLAY_NAME,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { Handle, handleState, makeHandle } from './handle.ts';
import { Membrane, type MembraneOptions } from './membrane.ts';
import { TestFolder } from './objects.testing.ts';
import { Openers } from './openers.ts';
import { TestLibrary } from './providers.testing.ts';
import { TargetRegistry } from './target-registry.ts';
import { storeEntryId } from './test-ids.testing.ts';

function made({ captureOpeners = true, ...overrides }: Partial<MembraneOptions> & { captureOpeners?: boolean } = {}) {
  const library = new TestLibrary();
  const targets = new TargetRegistry();
  const openers = new Openers({ captureOpeners, internalDirectories: [] });
  const options = { targets, log: nullLog, openers, ...overrides };
  const membrane = new Membrane(options);
  const target = new TestFolder(library, storeEntryId('folder'));
  const folder: IMAPIFolder = membrane.wrap(target, 'here', 'Test provider');
  return { library, targets, membrane, target, folder };
}

const notification: Notification = { kind: 'objectCreated', objectType: 5, entryId: new Uint8Array(1) };

describe('membrane', () => {
  test('every method of every interface of the contract is there', () => {
    for (const [iid, specs] of Object.entries(METHOD_TABLES)) {
      const record = {
        target: {} as never,
        iid: iid as InterfaceName,
        component: '',
        invalid: false,
        lastError: undefined,
      };
      const handle = makeHandle({ host: {} as never, record, opener: '', entryId: undefined, released: false });
      assert.ok(handle instanceof Handle);
      // the methods are asked for by name
      for (const { name } of specs)
        assert.equal(typeof (handle as unknown as Record<string, unknown>)[name], 'function');
      assert.equal((handle as unknown as { iid: string }).iid, iid);
    }
  });

  test('a handle gives its object to nobody', () => {
    const { folder, target } = made();
    assert.notEqual(folder, target);
    assert.deepEqual(Reflect.ownKeys(folder), []);
    assert.throws(() => (folder.getProps as () => unknown).call({}), TypeError);
  });

  test('OBJ-3: objects in answers become handles, with the line that opened them', async () => {
    const { folder, membrane } = made();
    await using table = await folder.getContentsTable();
    assert.ok(handleState(table));
    assert.match(membrane.ledger.openObjects()[1]?.openedAt ?? '', /membrane\.test\.ts:\d+:\d+$/);
  });

  test('the lines of openers can be switched off', async () => {
    const { folder, membrane } = made({ captureOpeners: false });
    await using _table = await folder.getContentsTable();
    assert.equal(membrane.ledger.openObjects()[1]?.openedAt, 'unknown');
  });

  test('handles in arguments become the objects again', async () => {
    const { folder, library } = made();
    await folder.copyMessages([], folder);
    assert.deepEqual(library.calls, ['copyMessages to the folder itself']);
  });

  test('a released handle as an argument is refused', async () => {
    const { folder, membrane, library } = made();
    const other: IMAPIFolder = membrane.wrap(new TestFolder(library, storeEntryId('b')), 'here');
    await other.release();
    await assert.rejects(folder.copyMessages([], other), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('ERR-5: an option that the method does not have is an unknown flag', async () => {
    const { folder } = made();
    await assert.rejects(folder.getContentsTable({ asociated: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    for (const wrong of [null, 4, [], 'modify']) {
      await assert.rejects(folder.getContentsTable(wrong as never), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
  });

  test('ERR-6: a method that the provider lacks is not supported', async () => {
    const { membrane } = made();
    const bare: IMAPIFolder = membrane.wrap(
      {
        iid: 'IMAPIFolder',
        release: async () => {},
        addRef() {
          return this;
        },
      } as never,
      'here',
    );
    await assert.rejects(bare.getContentsTable(), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('a foreign exception becomes a MapiError with the name of the provider', async () => {
    const { folder } = made();
    await assert.rejects(folder.createMessage(), (error: unknown) => {
      assert.ok(MapiError.is(error, 'MAPI_E_CALL_FAILED'));
      assert.equal(error.component, 'Test provider');
      assert.ok(error.cause instanceof TypeError);
      return true;
    });
  });

  test('an answer without the object that was asked for is the fault of the provider', async () => {
    const { folder } = made();
    await assert.rejects(folder.createFolder('x'), { code: 'MAPI_E_CALL_FAILED', component: 'Test provider' });
  });

  test('an object that no client can hold does not get out', async () => {
    const { folder, target } = made();
    Object.assign(target, { getMessageStatus: async () => ({ iid: 'IMSLogon', release: async () => {} }) });
    await assert.rejects(folder.getMessageStatus(new Uint8Array(1)), { code: 'MAPI_E_CALL_FAILED' });
  });

  test('AMB-74, ERR-9, ERR-10, ERR-11, ERR-12: the last failure is told by the object on which it happened', async () => {
    const { folder, membrane, library } = made();
    const other: IMAPIFolder = membrane.wrap(new TestFolder(library, storeEntryId('b')), 'here');
    await assert.rejects(folder.createMessage());
    const told = await folder.getLastError(HRESULTS.MAPI_E_CALL_FAILED);
    assert.equal(told?.component, 'Test provider');
    assert.match(told?.error ?? '', /the test folder breaks here/);
    assert.equal(await folder.getLastError(HRESULTS.MAPI_E_NOT_FOUND), undefined);
    assert.equal(await other.getLastError(HRESULTS.MAPI_E_CALL_FAILED), undefined);
  });

  test('OBJ-5: each reference is given back once, and the object lives until the last one', async () => {
    const { folder, target } = made();
    const second = folder.addRef();
    await folder.release();
    await folder.release();
    assert.equal(target.released, false);
    assert.equal(await second.getMessageStatus(new Uint8Array(1)), 7);
    await second.release();
    assert.equal(target.released, true);
  });

  test('OBJ-9, UTIL-040: after makeInvalid only addRef and release work', async () => {
    const { folder, targets, target } = made();
    targets.invalidate(target);
    await assert.rejects(folder.getPropList(), { code: 'MAPI_E_INVALID_OBJECT' });
    await folder.addRef().release();
    await folder.release();
    assert.equal(target.released, true);
  });

  test('LOGOFF-5: after the end every call fails, and release does not', async () => {
    const { folder, membrane } = made();
    membrane.end();
    await assert.rejects(folder.getPropList(), { code: 'MAPI_E_INVALID_OBJECT' });
    await assert.rejects(folder.getLastError(0), { code: 'MAPI_E_INVALID_OBJECT' });
    await folder.addRef().release();
    await folder.release();
  });

  test('an object that arrives after the end is given back to its provider', async () => {
    const { folder, membrane, target, library } = made();
    const late = new TestFolder(library, storeEntryId('late'));
    let arrive: () => void = () => {};
    const opening = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    Object.assign(target, {
      openEntry: async () => {
        await opening;
        return late;
      },
    });
    const call = folder.openEntry(new Uint8Array(1));
    membrane.end();
    arrive();
    await assert.rejects(call, { code: 'MAPI_E_INVALID_OBJECT' });
    assert.equal(late.released, true);
  });

  test('a registration is remembered until it is cancelled, whichever way', async () => {
    const { membrane, library } = made();
    const store = await testStore(membrane, library);
    const first = await store.advise(null, fnevObjectCreated, { onNotify: () => {} });
    const second = await store.advise(null, fnevObjectCreated, { onNotify: () => {} });
    assert.equal(membrane.ledger.openAdvises().length, 2);
    await store.unadvise(first);
    await second[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    assert.equal(membrane.ledger.openAdvises().length, 0);
    assert.equal(library.hub.size, 0);
    await assert.rejects(store.unadvise(first), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('a sink that throws disturbs nobody; a sink of an ended session hears nothing', async () => {
    const log = memoryLog();
    const { membrane, library } = made({ log });
    const store = await testStore(membrane, library);
    const heard: number[] = [];
    await store.advise(null, fnevObjectCreated, {
      onNotify: () => {
        throw new Error('sink');
      },
    });
    await store.advise(null, fnevObjectCreated, { onNotify: (all) => void heard.push(all.length) });
    library.hub.notify(null, [notification]);
    await library.hub.flush();
    assert.deepEqual(heard, [1]);
    assert.deepEqual(
      log.entries.map((entry) => entry.event),
      ['advise sink threw'],
    );
    membrane.end();
    library.hub.notify(null, [notification]);
    await library.hub.flush();
    assert.deepEqual(heard, [1]);
  });

  test('a sink without onNotify is an invalid parameter', async () => {
    const { membrane, library } = made();
    const store = await testStore(membrane, library);
    await assert.rejects(store.advise(null, 4, null as never), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('each call can be traced, with its failure', async () => {
    const seen: string[] = [];
    const { folder } = made({
      trace: (iid, method) => {
        seen.push(`${iid}.${method}`);
        return (error) => void seen.push(error?.code ?? 'done');
      },
    });
    await folder.getPropList();
    await assert.rejects(folder.createMessage());
    assert.deepEqual(seen, ['IMAPIFolder.getPropList', 'done', 'IMAPIFolder.createMessage', 'MAPI_E_CALL_FAILED']);
  });

  test('plain answers pass as they are', async () => {
    const { folder } = made();
    const { values } = await folder.getProps([PR_DISPLAY_NAME]);
    assert.deepEqual(values, ['Folder']);
  });
});

async function testStore(membrane: Membrane, library: TestLibrary): Promise<IMsgStore> {
  class Source extends PropObject {
    readonly iid = 'IMsgStore';
    async advise(...[entryId, mask, sink]: Parameters<IMsgStore['advise']>): ReturnType<IMsgStore['advise']> {
      return library.hub.advise(entryId, mask, sink);
    }
    async unadvise(connection: number): Promise<void> {
      library.hub.unadvise(connection);
    }
  }
  return membrane.wrap(new Source(new PropBag()) as unknown as IMsgStore, 'here');
}
