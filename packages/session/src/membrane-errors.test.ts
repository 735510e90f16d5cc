/** Codes and error information on their way through the membrane. */
import assert from 'node:assert/strict';
import { HRESULTS, MapiError, type MapiErrorCode, nullLog, VirtualClock } from '@nodemapi/base';
import { FAULTS, FaultPlan, faultyObject } from '@nodemapi/conformance';
import { RefCounted } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  type IMAPISession,
  type InterfaceName,
  type IUnknown,
  METHOD_TABLES,
  type MethodSpec,
  PR_DISPLAY_NAME,
  queryInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { Membrane } from './membrane.ts';
import { TestFolder } from './objects.testing.ts';
import { Openers } from './openers.ts';
import { TestLibrary } from './providers.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { TargetRegistry } from './target-registry.ts';
import { storeEntryId } from './test-ids.testing.ts';

function newMembrane(): Membrane {
  return new Membrane({
    targets: new TargetRegistry(),
    log: nullLog,
    openers: new Openers({ captureOpeners: false, internalDirectories: [] }),
  });
}

/** A folder behind the membrane, whose methods a test replaces. */
function madeFolder(methods: object, component = 'Test provider'): IMAPIFolder {
  const target = new TestFolder(new TestLibrary(), storeEntryId('folder'));
  return newMembrane().wrap<IMAPIFolder>(Object.assign(target, methods), 'here', component);
}

const failing = (code: MapiErrorCode) => async (): Promise<never> => {
  throw new MapiError(code, 'as the provider says');
};

/** An object of any interface, all of whose methods say that they were called. */
class Anything extends RefCounted {
  readonly iid: InterfaceName;
  readonly called: string[] = [];

  constructor(iid: InterfaceName, specs: readonly MethodSpec[]) {
    super();
    this.iid = iid;
    for (const { name } of specs) Object.assign(this, { [name]: async () => void this.called.push(name) });
  }
}

type AnyMethod = (...args: readonly unknown[]) => Promise<unknown>;

describe('codes', () => {
  const declining = [
    'MAPI_E_NO_SUPPORT',
    'MAPI_E_TOO_COMPLEX',
    'MAPI_E_BAD_CHARWIDTH',
    'MAPI_E_TYPE_NO_SUPPORT',
  ] as const;
  for (const code of declining) {
    test(`ERR-7: ${code} of a provider reaches its client as it is`, async () => {
      const folder = madeFolder({ getHierarchyTable: failing(code) });
      await assert.rejects(folder.getHierarchyTable(), { code, hresult: HRESULTS[code] });
      assert.equal((await folder.getLastError(HRESULTS[code]))?.component, 'Test provider');
    });
  }

  const lost: readonly (readonly [MapiErrorCode, number])[] = [
    ['MAPI_E_END_OF_SESSION', 0x80040200],
    ['MAPI_E_RECONNECTED', 0x80040125],
    ['MAPI_E_OFFLINE', 0x80040126],
    ['MAPI_E_NETWORK_ERROR', 0x80040115],
    ['MAPI_E_CALL_FAILED', 0x80004005],
  ];
  test('ERR-20: each way to tell of a lost server has its number; a broken connection is a network error', async () => {
    for (const [code, hresult] of lost) {
      await assert.rejects(madeFolder({ getHierarchyTable: failing(code) }).getHierarchyTable(), { code, hresult });
    }
    for (const errno of ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ENETUNREACH']) {
      const broken = async (): Promise<never> => {
        throw Object.assign(new Error('gone'), { code: errno });
      };
      await assert.rejects(madeFolder({ getHierarchyTable: broken }).getHierarchyTable(), {
        code: 'MAPI_E_NETWORK_ERROR',
      });
    }
  });

  test('ERR-20: a call that failed with MAPI_E_RECONNECTED can be made again', async () => {
    let calls = 0;
    const folder = madeFolder({
      getMessageStatus: async () => {
        if (++calls === 1) throw new MapiError('MAPI_E_RECONNECTED', 'try again');
        return 7;
      },
    });
    await assert.rejects(folder.getMessageStatus(new Uint8Array(1)), { code: 'MAPI_E_RECONNECTED' });
    assert.equal(await folder.getMessageStatus(new Uint8Array(1)), 7);
  });

  test('ERR-8, PROP-079: no method of any interface takes an option that it does not have', async () => {
    let methods = 0;
    for (const [iid, specs] of Object.entries(METHOD_TABLES) as [InterfaceName, readonly MethodSpec[]][]) {
      const target = new Anything(iid, specs);
      // the methods are called by name
      const handle = newMembrane().wrap<IUnknown>(target, 'here') as unknown as Record<string, AnyMethod>;
      for (const { name, optionsAt } of specs) {
        if (optionsAt === undefined) continue;
        const args = Array.from({ length: optionsAt }, () => undefined);
        await assert.rejects((async () => handle[name]?.(...args, { reserved: true }))(), {
          code: 'MAPI_E_UNKNOWN_FLAGS',
        });
        methods++;
      }
      assert.deepEqual(target.called, []);
    }
    assert.ok(methods > 60, `${methods} methods have options`);
  });

  test('ERR-8: nor does any of MAPI’s functions', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const refused = { code: 'MAPI_E_UNKNOWN_FLAGS' };
    await assert.rejects(subsystem.MAPIInitialize({ reserved: true } as never), refused);
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null, { reserved: true } as never), refused);
    assert.throws(() => subsystem.ScInitMapiUtil(1), refused);
  });

  test('ERR-4: a warning is an answer, and none is thrown', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    library.behaviour.bookLogon = failing('MAPI_E_FAILONEPROVIDER');
    const session: IMAPISession = await subsystem.MAPILogonEx(null, 'Work', null);
    const { object, warning } = await session.openAddressBook();
    assert.equal(warning, 'MAPI_W_ERRORS_RETURNED');
    assert.equal(object.iid, 'IAddrBook');
    await session.logoff();
  });
});

describe('error information', () => {
  test('ERR-13: text, component of at most 30 characters, number of the system; what is unknown is empty', async () => {
    const long = 'A provider whose name is longer than a dialog is wide';
    const cause = Object.assign(new Error('no space'), { code: 'ENOSPC', errno: -28 });
    const folder = madeFolder(
      {
        getHierarchyTable: async () => {
          throw cause;
        },
      },
      long,
    );
    await assert.rejects(folder.getHierarchyTable(), { component: long });
    assert.deepEqual(await folder.getLastError(HRESULTS.MAPI_E_NOT_ENOUGH_DISK), {
      error: 'no space',
      component: long.slice(0, 30),
      lowLevelError: 28,
      context: 0,
    });
    const silent = { error: '', component: '', lowLevelError: 0, context: 0 };
    const telling = madeFolder({ getHierarchyTable: failing('MAPI_E_BUSY'), getLastError: async () => silent }, '');
    await assert.rejects(telling.getHierarchyTable());
    assert.deepEqual(await telling.getLastError(HRESULTS.MAPI_E_BUSY), silent);
  });

  test('PROP-076: MAPI_E_EXTENDED_ERROR promises more, which the object then tells', async () => {
    const told = { error: 'the account is locked', component: 'Mail server', lowLevelError: 535, context: 17 };
    const folder = madeFolder({
      getHierarchyTable: failing('MAPI_E_EXTENDED_ERROR'),
      getLastError: async (hresult: number) => (hresult === HRESULTS.MAPI_E_EXTENDED_ERROR ? told : undefined),
    });
    await assert.rejects(folder.getHierarchyTable(), { code: 'MAPI_E_EXTENDED_ERROR', hresult: 0x80040119 });
    assert.deepEqual(await folder.getLastError(HRESULTS.MAPI_E_EXTENDED_ERROR), told);
    const silent = madeFolder({ getHierarchyTable: failing('MAPI_E_EXTENDED_ERROR') });
    await assert.rejects(silent.getHierarchyTable());
    const known = await silent.getLastError(HRESULTS.MAPI_E_EXTENDED_ERROR);
    assert.equal(known?.error, 'as the provider says');
  });

  /** A folder that is found to be gone at its first use. */
  const gone = {
    getProps: failing('MAPI_E_NOT_FOUND'),
  };

  test('ERR-17, PROP-078: a provider may tell a failure later; the flag reaches it, and the error is told by the object', async () => {
    const asked: unknown[] = [];
    const opening = madeFolder({
      openEntry: async (_entryId: unknown, options: unknown) => {
        asked.push(options);
        return Object.assign(new TestFolder(new TestLibrary(), storeEntryId('gone')), gone);
      },
    });
    const folder = await opening.openEntry(storeEntryId('gone'), { iid: 'IMAPIFolder', deferredErrors: true });
    assert.deepEqual(asked, [{ iid: 'IMAPIFolder', deferredErrors: true }]);
    await assert.rejects(folder.getProps([PR_DISPLAY_NAME]), { code: 'MAPI_E_NOT_FOUND' });
    assert.equal((await folder.getLastError(HRESULTS.MAPI_E_NOT_FOUND))?.error, 'as the provider says');
    assert.equal(await opening.getLastError(HRESULTS.MAPI_E_NOT_FOUND), undefined);
    await folder.release();
  });

  test('ERR-18: without the flag it may do so all the same, or say MAPI_E_TOO_COMPLEX', async () => {
    const deferring = madeFolder({
      openEntry: async () => Object.assign(new TestFolder(new TestLibrary(), storeEntryId('gone')), gone),
    });
    const folder = await deferring.openEntry(storeEntryId('gone'), { iid: 'IMAPIFolder' });
    await assert.rejects(folder.getProps([PR_DISPLAY_NAME]), { code: 'MAPI_E_NOT_FOUND' });
    await folder.release();
    const refusing = madeFolder({ openEntry: failing('MAPI_E_TOO_COMPLEX') });
    await assert.rejects(refusing.openEntry(storeEntryId('gone')), { code: 'MAPI_E_TOO_COMPLEX' });
  });

  test('ERR-19: QueryInterface fails with the codes of COM', async () => {
    const folder = madeFolder({});
    const codeOf = (ask: () => unknown): number | undefined => {
      try {
        ask();
        return undefined;
      } catch (error) {
        return MapiError.is(error) ? error.hresult : undefined;
      }
    };
    assert.equal(
      codeOf(() => queryInterface(folder, 'IMsgStore')),
      0x80004002,
    );
    assert.equal(
      codeOf(() => queryInterface(folder, '' as never)),
      0x80070057,
    );
    assert.equal(
      codeOf(() => queryInterface(null as never, 'IUnknown')),
      0x80070057,
    );
  });

  test('ERR-19: all other methods fail with codes of MAPI, whatever a provider throws', async () => {
    const [facilityNull, facilityItf, facilityWin32] = [0, 4, 7];
    for (const [code, hresult] of Object.entries(HRESULTS)) {
      assert.ok([facilityNull, facilityItf, facilityWin32].includes((hresult >>> 16) & 0x7ff), code);
      assert.equal(hresult >>> 31, 1, code);
      const folder = madeFolder({ getHierarchyTable: failing(code as MapiErrorCode) });
      await assert.rejects(folder.getHierarchyTable(), { code, hresult });
    }
    const ofNoCode = Object.assign(new MapiError('MAPI_E_BUSY', 'odd'), { code: 'RPC_E_WRONG_THREAD' });
    for (const foreign of [ofNoCode, 0x8001010e, 'a text', undefined, { hresult: 0x8001010e }, new TypeError('odd')]) {
      const folder = madeFolder({
        getHierarchyTable: async () => {
          throw foreign;
        },
      });
      await assert.rejects(folder.getHierarchyTable(), { code: 'MAPI_E_CALL_FAILED', hresult: 0x80004005 });
    }
  });
});

/** A call that hangs is the client's to wait for; the end of its session does not. */
const SETTLING = FAULTS.filter((fault) => fault !== 'hang');

describe('every method of every interface that clients hold, going wrong in every way', () => {
  for (const [iid, specs] of Object.entries(METHOD_TABLES)) {
    test(`${iid}: an answer or a MapiError, and the object can be released`, async () => {
      const clock = new VirtualClock();
      for (const fault of SETTLING) {
        const plan = new FaultPlan({ clock });
        const target = faultyObject(new Anything(iid as InterfaceName, specs), plan);
        const handle = newMembrane().wrap<IUnknown>(target, 'here', 'Test provider');
        for (const { name } of specs) {
          plan.clear();
          plan.set(`${iid}.${name}`, fault);
          const method = Reflect.get(handle, name) as AnyMethod;
          const settled = method.call(handle).then(
            () => true,
            (error: unknown) => MapiError.is(error) && error.code in HRESULTS,
          );
          await clock.advance(2000);
          assert.equal(await settled, true, `${iid}.${name}: ${fault}`);
        }
        plan.clear();
        await handle.release();
      }
    });
  }
});
