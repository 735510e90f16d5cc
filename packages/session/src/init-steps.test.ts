import assert from 'node:assert/strict';
import { type Clock, MapiError, type MapiErrorCode, systemClock, VirtualClock } from '@nodemapi/base';
import { fnevTableModified, IPROP_DIRTY, PR_DISPLAY_NAME, PR_ROWID, prop, queryInterface } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { systemPlatform } from './init-steps.ts';
import { MemoryFiles } from './memory-files.testing.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

type Overrides = ConstructorParameters<typeof TestSubsystem>[0];

/** Files whose method `name` fails. */
function filesWithout(name: 'mkdir' | 'exists'): MemoryFiles {
  const files = new MemoryFiles();
  files[name] = async () => {
    throw new MapiError('MAPI_E_DISK_ERROR', `${name} fails`);
  };
  return files;
}

const deafClock: Clock = {
  ...systemClock,
  setTimer: () => {
    throw new RangeError('no timers left');
  },
};

describe('the steps of MAPIInitialize', () => {
  const faults: readonly (readonly [string, MapiErrorCode, Overrides])[] = [
    ['service environment', 'MAPI_E_TOO_COMPLEX', { prepareService: () => Promise.reject(new Error('no key ring')) }],
    ['service environment', 'MAPI_E_TOO_COMPLEX', { home: 'mapi' }],
    ['platform', 'MAPI_E_VERSION', { platform: { ...systemPlatform, version: '20.18.3' } }],
    ['platform', 'MAPI_E_VERSION', { platform: { ...systemPlatform, version: '18.20.8' } }],
    ['platform', 'MAPI_E_CALL_FAILED', { platform: { ...systemPlatform, start: () => assert.fail('no encodings') } }],
    ['what the process shares', 'MAPI_E_SESSION_LIMIT', { initializationsMax: 0 }],
    ['what all processes share', 'MAPI_E_NOT_ENOUGH_RESOURCES', { files: filesWithout('mkdir') }],
    ['notification engine', 'MAPI_E_INVALID_OBJECT', { clock: deafClock }],
    ['profile provider', 'MAPI_E_NOT_INITIALIZED', { files: filesWithout('exists') }],
  ];
  for (const [step, code, overrides] of faults) {
    test(`INIT-18, INIT-19, INIT-20, INIT-21, INIT-22, INIT-23, INIT-24: ${step} fails with ${code}`, async () => {
      const { subsystem } = new TestSubsystem(overrides);
      const init = { ntService: true, multithreadNotifications: true };
      await assert.rejects(subsystem.MAPIInitialize(init), (error: unknown) => {
        assert.ok(MapiError.is(error, code));
        assert.equal(error.context, step);
        return true;
      });
      assert.equal(subsystem.isInitialized, false);
      await assert.rejects(subsystem.MAPIAdminProfiles(), { code: 'MAPI_E_NOT_INITIALIZED' });
    });
  }

  test('INIT-24: of several faults the first step is told', async () => {
    const [first] = faults;
    const everything = Object.assign({}, ...faults.map(([, , overrides]) => overrides), first?.[2], { home: '/home' });
    await assert.rejects(new TestSubsystem(everything).subsystem.MAPIInitialize({ ntService: true }), {
      code: 'MAPI_E_TOO_COMPLEX',
    });
    await assert.rejects(new TestSubsystem(everything).subsystem.MAPIInitialize(), { context: 'platform' });
  });

  test('INIT-18: what a service needs is set up for services alone', async () => {
    let prepared = 0;
    const prepareService = async () => void prepared++;
    const { subsystem } = new TestSubsystem({ prepareService });
    await subsystem.MAPIInitialize();
    await subsystem.MAPIUninitialize();
    assert.equal(prepared, 0);
    await subsystem.MAPIInitialize({ ntService: true });
    assert.equal(prepared, 1);
  });

  test('INIT-7, AMB-76: with MAPI_NO_COINIT the platform is the caller’s, and OLE may be up before MAPI', async () => {
    const platform = { version: '1.0', start: () => assert.fail('not asked for') };
    const { subsystem, log } = new TestSubsystem({ platform });
    await assert.rejects(subsystem.MAPIInitialize(), { code: 'MAPI_E_VERSION' });
    subsystem.OleInitialize();
    const before = log.entries.length;
    await subsystem.MAPIInitialize({ noCoInit: true });
    assert.equal(subsystem.isInitialized, true);
    assert.equal(log.entries.length, before);
  });

  test('INIT-20: a call too many fails, and the count stays', async () => {
    const { subsystem } = new TestSubsystem({ initializationsMax: 2 });
    await subsystem.MAPIInitialize();
    await subsystem.MAPIInitialize();
    await assert.rejects(subsystem.MAPIInitialize(), { code: 'MAPI_E_SESSION_LIMIT' });
    await subsystem.MAPIUninitialize();
    await subsystem.MAPIInitialize();
    await subsystem.MAPIUninitialize();
    await subsystem.MAPIUninitialize();
    assert.equal(subsystem.isInitialized, false);
  });

  test('INIT-8, INIT-10: the first call decides whether MAPI keeps its own event loop, until the last one leaves', async () => {
    const clock = new VirtualClock();
    const { subsystem } = new TestSubsystem({ clock });
    await subsystem.MAPIInitialize({ multithreadNotifications: true });
    assert.equal(clock.pendingTimers, 1);
    await subsystem.MAPIInitialize({ multithreadNotifications: true });
    await subsystem.MAPIUninitialize();
    assert.equal(clock.pendingTimers, 1);
    await subsystem.MAPIUninitialize();
    assert.equal(clock.pendingTimers, 0);
    await subsystem.MAPIInitialize();
    await subsystem.MAPIInitialize({ multithreadNotifications: true });
    assert.equal(clock.pendingTimers, 0);
  });

  test('INIT-3: whoever comes while the first one builds waits, and tries again if it failed', async () => {
    const files = new MemoryFiles();
    const { exists } = files;
    let asked = 0;
    files.exists = async (path) => {
      if (++asked === 1) throw new MapiError('MAPI_E_NO_ACCESS', 'locked away, for now');
      return exists.call(files, path);
    };
    const { subsystem } = new TestSubsystem({ files });
    const both = await Promise.allSettled([subsystem.MAPIInitialize(), subsystem.MAPIInitialize()]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
    await subsystem.MAPIUninitialize();
    assert.equal(subsystem.isInitialized, false);
  });

  test('INIT-3: many at once build once', async () => {
    let started = 0;
    const platform = { ...systemPlatform, start: () => void started++ };
    const { subsystem } = new TestSubsystem({ platform });
    await Promise.all(Array.from({ length: 20 }, () => subsystem.MAPIInitialize()));
    assert.equal(started, 1);
    for (let left = 20; left > 0; left--) {
      assert.equal(subsystem.isInitialized, true);
      await subsystem.MAPIUninitialize();
    }
    assert.equal(subsystem.isInitialized, false);
  });
});

describe('services', () => {
  const told = async (init: boolean, logon: boolean): Promise<readonly string[]> => {
    const made = await TestSubsystem.withProfile();
    await made.subsystem.MAPIUninitialize();
    await made.subsystem.MAPIInitialize({ ntService: init });
    const before = made.log.entries.length;
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { ntService: logon, noMail: true });
    await session.logoff();
    await made.subsystem.MAPIUninitialize();
    const since = made.log.entries.slice(before).map(({ event }) => event);
    return since.filter((event) => event.includes('MAPI_NT_SERVICE'));
  };

  test('INIT-16: MAPI_NT_SERVICE in one place only is reported', async () => {
    assert.deepEqual(await told(false, false), []);
    assert.deepEqual(await told(true, true), []);
    assert.match((await told(true, false)).join(), /MAPIInitialize and not in MAPILogonEx/);
    assert.match((await told(false, true)).join(), /MAPILogonEx and not in MAPIInitialize/);
  });

  test('INIT-16: a service is never asked, wherever it said so', async () => {
    const made = await TestSubsystem.withProfile();
    await made.subsystem.MAPIUninitialize();
    await made.subsystem.MAPIInitialize({ ntService: true });
    const ui = { choose: () => assert.fail('asked') } as never;
    await assert.rejects(made.subsystem.MAPILogonEx(ui, null, null, { logonUi: true }), {
      code: 'MAPI_E_LOGON_FAILED',
    });
    await made.subsystem.MAPIUninitialize();
  });
});

describe('entry points', () => {
  for (const which of ['storeInit', 'load'] as const) {
    test(`INIT-14, INIT-15: MAPI is neither initialised nor taken down within ${which}`, async () => {
      const errors: unknown[] = [];
      const intrude = async (): Promise<void> => {
        for (const what of ['MAPIInitialize', 'MAPIUninitialize'] as const) {
          await made.subsystem[what]().catch((error: unknown) => errors.push(error));
        }
      };
      const made: TestSubsystem = await TestSubsystem.withProfile({
        loadModule: async () => {
          if (which === 'load') await intrude();
          return made.library.module;
        },
      });
      if (which === 'storeInit') made.library.behaviour.storeInit = intrude;
      errors.length = 0;
      await made.subsystem.MAPIUninitialize();
      await made.subsystem.MAPIInitialize();
      const session = await made.subsystem.MAPILogonEx(null, 'Work', null);
      await openStore(session);
      await session.logoff();
      assert.ok(errors.length >= 2);
      for (const error of errors) {
        assert.ok(MapiError.is(error, 'MAPI_E_CALL_FAILED'));
        assert.equal(error.component, 'test');
      }
      await made.subsystem.MAPIUninitialize();
      assert.equal(made.subsystem.isInitialized, false);
    });
  }

  test('INIT-15: what an entry point leaves behind is outside when it has returned', async () => {
    const made = await TestSubsystem.withProfile();
    let later: Promise<void> | undefined;
    made.library.behaviour.storeInit = () => {
      later = new Promise((resolve) => setImmediate(() => setTimeout(resolve, 5))).then(() =>
        made.subsystem.MAPIInitialize(),
      );
    };
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null);
    await openStore(session);
    await session.logoff();
    await later;
    await made.subsystem.MAPIUninitialize();
    assert.equal(made.subsystem.isInitialized, true);
    await made.subsystem.MAPIUninitialize();
  });
});

describe('the utilities alone', () => {
  const row = [prop(PR_ROWID, 1), prop(PR_DISPLAY_NAME, 'one')];

  async function eventsOfTable(made: TestSubsystem): Promise<number> {
    let events = 0;
    const data = made.subsystem.CreateTable(PR_ROWID);
    const view = await data.hrGetView();
    await view.advise(fnevTableModified, { onNotify: () => void events++ });
    await data.hrModifyRow(row);
    assert.equal((await view.queryRows(10)).length, 1);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    return events;
  }

  test('INIT-30: a table works, and tells its sinks nothing', async () => {
    const made = new TestSubsystem();
    made.subsystem.ScInitMapiUtil();
    assert.equal(await eventsOfTable(made), 0);
    await made.subsystem.MAPIInitialize();
    assert.equal(await eventsOfTable(made), 1);
    await made.subsystem.MAPIUninitialize();
    assert.equal(await eventsOfTable(made), 0);
  });

  test('INIT-29, INIT-31: only DeinitMapiUtil takes down what ScInitMapiUtil brought up', async () => {
    const { subsystem } = new TestSubsystem();
    assert.equal(subsystem.ScInitMapiUtil(0), undefined);
    assert.throws(
      () => subsystem.ScInitMapiUtil(4),
      (error) => MapiError.is(error) && error.hresult === 0x80040106,
    );
    const data = subsystem.CreateTable(PR_ROWID);
    await subsystem.MAPIUninitialize(); // one too many, and none of its business
    await subsystem.MAPIInitialize();
    await subsystem.MAPIUninitialize();
    await data.hrModifyRow(row);
    assert.equal(subsystem.DeinitMapiUtil(), undefined);
    await assert.rejects(data.hrModifyRow(row), { code: 'MAPI_E_INVALID_OBJECT' });
    assert.throws(() => subsystem.CreateTable(PR_ROWID), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.throws(() => subsystem.CreateIProp(), { code: 'MAPI_E_NOT_INITIALIZED' });
    await data.release();
  });

  test('INIT-28: properties in memory need no MAPI', async () => {
    const { subsystem } = new TestSubsystem();
    subsystem.ScInitMapiUtil();
    await using data = subsystem.CreateIProp();
    await data.setProps([prop(PR_DISPLAY_NAME, 'kept')]);
    assert.deepEqual((await data.getProps([PR_DISPLAY_NAME])).values, ['kept']);
  });

  test('PROP-080: CreateIProp makes properties in memory by one interface, which is IMAPIProp, too', async () => {
    const { subsystem } = new TestSubsystem();
    subsystem.ScInitMapiUtil();
    await using data = subsystem.CreateIProp();
    assert.equal(data.iid, 'IPropData');
    await using props = queryInterface(data, 'IMAPIProp');
    await props.setProps([prop(PR_DISPLAY_NAME, 'kept')]);
    assert.deepEqual((await data.hrGetPropAccess([PR_DISPLAY_NAME]))[0]?.access, IPROP_DIRTY);
    for (const iid of ['IMAPIProp', 'IMessage', '']) {
      assert.throws(() => subsystem.CreateIProp(iid), { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' });
    }
  });
});

describe('the order of a start', () => {
  test('INIT-32: MAPI, OLE, the utilities, the logon', async () => {
    const made = await TestSubsystem.withProfile();
    const { subsystem, log } = made;
    await subsystem.MAPIUninitialize();
    const warnings = (): number => log.entries.filter(({ event }) => event.includes('INIT-32')).length;
    await subsystem.MAPIInitialize();
    subsystem.OleInitialize();
    subsystem.ScInitMapiUtil();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.logoff();
    subsystem.OleUninitialize();
    await subsystem.MAPIUninitialize();
    subsystem.DeinitMapiUtil();
    assert.equal(warnings(), 0);
    subsystem.OleInitialize();
    await subsystem.MAPIInitialize();
    assert.equal(warnings(), 1);
    subsystem.OleUninitialize();
    await subsystem.MAPIUninitialize();
  });
});
