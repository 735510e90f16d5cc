/** Messaging hooks in a session: which are started, when, with what, and how they end. */
import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import { queryAllRows, RefCounted } from '@nodemapi/kit';
import {
  type CatalogueProvider,
  type HookAnswer,
  type HookInitCall,
  type ISpoolerHook,
  MAPI_SPOOLER,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  type ProviderModule,
  propOf,
  STATUS_FAILURE,
  WARNINGS,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { TestLibrary } from './providers.testing.ts';
import { openStore } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';

class QuietHook extends RefCounted implements ISpoolerHook {
  readonly iid = 'ISpoolerHook';
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    super();
    this.#onEnd = onEnd;
  }

  async inboundMsgHook(): Promise<HookAnswer> {
    return {};
  }

  async outboundMsgHook(): Promise<HookAnswer> {
    return {};
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#onEnd();
  }
}

/** A library of hooks that notes what it is asked to start. */
class HookLibrary {
  readonly calls: string[] = [];
  readonly inits: HookInitCall[] = [];
  behaviour: (name: string) => unknown = () => {};

  readonly module: ProviderModule = {
    HPProviderInit: async (call) => {
      this.inits.push(call);
      await using section = await call.support.openProfileSection(null);
      const [name = ''] = (await section.getProps([PR_DISPLAY_NAME])).values;
      this.calls.push(`init ${name}${call.inbound ? ' inbound' : ''}${call.outbound ? ' outbound' : ''}`);
      const answer = await this.behaviour(name);
      return (answer as ISpoolerHook) ?? new QuietHook(() => this.calls.push(`end ${name}`));
    },
  };
}

const hookService = (name: string, ...resourceFlags: readonly string[]) => ({
  displayName: `${name} service`,
  resourceFlags: [],
  providers: [
    {
      displayName: name,
      providerDisplay: name,
      module: 'hooks',
      resourceType: 'MAPI_HOOK_PROVIDER',
      resourceFlags,
    } satisfies CatalogueProvider,
  ],
  options: {},
});

async function hooked(hooks: HookLibrary, loadable = true) {
  const catalogue = {
    services: {
      ...TEST_CATALOGUE.services,
      SORT: hookService('Sort', 'HOOK_INBOUND'),
      COPY: hookService('Copy', 'HOOK_INBOUND', 'HOOK_OUTBOUND'),
      IDLE: hookService('Idle'),
    },
    defaultServices: ['COPY', 'STORE', 'SORT', 'IDLE', 'MAIL'],
  };
  const library = new TestLibrary();
  const loadModule = async (name: string): Promise<ProviderModule> => {
    if (name !== 'hooks') return library.module;
    return loadable ? hooks.module : {};
  };
  const made = await TestSubsystem.withProfile({ catalogue, loadModule });
  return { ...made, subsystem: made.subsystem, library, spoolers: made.spoolers };
}

describe('messaging hooks', () => {
  test('SPOOL-074: are started in profile order when the spooler asks, told what for, and ended with the session', async () => {
    const hooks = new HookLibrary();
    const { subsystem, spoolers } = await hooked(hooks);
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes();
    const started = await spoolers[0]?.host.openHooks?.();
    assert.deepEqual(
      started?.map(({ displayName, inbound, outbound }) => [displayName, inbound, outbound]),
      [
        ['Copy', true, true],
        ['Sort', true, false],
      ],
    );
    assert.deepEqual(hooks.calls, ['init Copy inbound outbound', 'init Sort inbound']);
    const [first] = hooks.inits;
    assert.ok(first);
    await using section = await first.support.openProfileSection(first.sectionUid);
    assert.deepEqual((await section.getProps([PR_PROVIDER_UID])).values, [first.sectionUid]);
    await assert.rejects(first.support.spoolerNotify({ kind: 'newMail' }), { code: 'MAPI_E_NO_SUPPORT' });
    hooks.calls.length = 0;
    await session.logoff();
    assert.deepEqual(hooks.calls, ['end Sort', 'end Copy']);
  });

  test('one that cannot be started is out, with its reason, and the others are there', async () => {
    const hooks = new HookLibrary();
    const { subsystem, spoolers } = await hooked(hooks);
    hooks.behaviour = (name) => {
      if (name === 'Copy') throw new Error('no licence');
      return undefined;
    };
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes();
    const started = await spoolers[0]?.host.openHooks?.();
    assert.deepEqual(
      started?.map(({ displayName }) => displayName),
      ['Sort'],
    );
    const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
    assert.match(told?.error ?? '', /Copy: no licence/);
  });

  test('a library without HPProviderInit, and one that makes no hook, start none', async () => {
    for (const loadable of [false, true]) {
      const hooks = new HookLibrary();
      hooks.behaviour = () => ({ iid: 'IXPLogon' });
      const { subsystem, spoolers } = await hooked(hooks, loadable);
      await using session = await subsystem.MAPILogonEx(null, 'Work', null);
      await session.enumAdrTypes();
      assert.deepEqual(await spoolers[0]?.host.openHooks?.(), []);
    }
  });

  test('LOGON-33, SPOOL-007: a session without mail starts none, and DoSentMail of a store asks none', async () => {
    const hooks = new HookLibrary();
    const { subsystem, library, spoolers } = await hooked(hooks);
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using _store = await openStore(session, { write: true });
    const message = new MessageDouble();
    await library.lastSupport?.doSentMail(message);
    assert.deepEqual([hooks.calls, spoolers.length], [[], 0]);
    assert.equal(library.calls.includes('IXPProvider.transportLogon'), false);
    await using table = await session.getStatusTable();
    const spooler = (await queryAllRows(table)).find((row) => propOf(row, PR_RESOURCE_TYPE) === MAPI_SPOOLER) ?? [];
    assert.equal(propOf(spooler, PR_STATUS_CODE), STATUS_FAILURE);
  });

  test('SUBMIT-050: DoSentMail in a session with mail asks the spooler for the hooks first', async () => {
    const { subsystem, library, spoolers } = await hooked(new HookLibrary());
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes();
    await using _store = await openStore(session, { write: true });
    await library.lastSupport?.doSentMail(new MessageDouble());
    assert.equal(spoolers[0]?.calls.at(-1), 'sentMail');
  });
});
