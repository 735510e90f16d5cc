/** What every transport must do when somebody logs on, with each flag, and with a section that lacks something. */
import { strict as assert } from 'node:assert';
import {
  decodeOneOff,
  MapiError,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_ENTRYID,
  PR_IDENTITY_SEARCH_KEY,
  propOf,
  searchKeyOf,
  type UserInterface,
} from '@nodemapi/mapi';
import { fails, logOn, type TransportRule, type TransportUnderTest } from './transport-fixture.ts';
import { forbiddenUser, watchedSupport } from './watched-support.ts';

export function logonOptionRules(rule: TransportRule): void {
  rule('LOGON-53', 'with LOGON_NO_DIALOG nobody is asked, not even where something is missing', async (transport) => {
    const { provider } = transport.init;
    const { support } = await transport.newSupport();
    const { logon } = await provider.transportLogon(support, 'suite', { noDialog: true }, forbiddenUser());
    await logon.transportLogoff();
    const { support: lacking } = await transport.newUnconfigured();
    await fails(provider.transportLogon(lacking, 'suite', { noDialog: true }, forbiddenUser()), 'MAPI_E_UNCONFIGURED');
  });

  rule('LOGON-74', 'a logon neither prepares messages nor waits for the spooler', async (transport) => {
    const { support, calls } = watchedSupport((await transport.newSupport()).support);
    const { logon } = await transport.init.provider.transportLogon(support, 'suite', { noDialog: true });
    assert.ok(calls.includes('addRef') && calls.includes('modifyStatusRow'));
    for (const forbidden of ['prepareSubmit', 'spoolerNotify']) assert.ok(!calls.includes(forbidden), forbidden);
    await logon.transportLogoff();
  });

  rule('LOGON-88', 'with LOGON_NO_CONNECT a transport works offline, or says that it cannot', async (transport) => {
    const { support } = await transport.newSupport();
    const options = { noConnect: true, noDialog: true };
    const made = await transport.init.provider.transportLogon(support, 'suite', options).catch((error: unknown) => {
      assert.ok(MapiError.is(error, 'MAPI_E_NO_SUPPORT'), String(error));
    });
    if (made === undefined) return;
    assert.equal(made.logon.iid, 'IXPLogon');
    await made.logon.transportLogoff();
  });

  rule('LOGON-89', 'a logon says what the spooler is to call, and that does what it is for', async (transport) => {
    const { support, notices } = await transport.newSupport();
    const { logon, ...flags } = await transport.init.provider.transportLogon(support, 'suite', { noDialog: true });
    for (const [name, value] of Object.entries(flags)) {
      assert.ok(['idle', 'poll', 'resolve'].includes(name) && typeof value === 'boolean', name);
    }
    if (flags.idle === true) await logon.idle();
    if (transport.inbound !== undefined) {
      await transport.inbound.arrange();
      const announced = notices().some(({ kind }) => kind === 'newMail');
      assert.equal(flags.poll === true ? await logon.poll() : announced, true);
    }
    await logon.transportLogoff();
  });

  rule('SVC-47', 'an identity is published whole or not at all', async (transport) => {
    const { outside } = await logOn(transport);
    const row = outside.statusRow();
    const [display, entryId, searchKey] = [
      propOf(row, PR_IDENTITY_DISPLAY),
      propOf(row, PR_IDENTITY_ENTRYID),
      propOf(row, PR_IDENTITY_SEARCH_KEY),
    ];
    const there = [display, entryId, searchKey].filter((value) => value !== undefined);
    assert.ok(there.length === 0 || there.length === 3, `${there.length} of three`);
    if (entryId === undefined || searchKey === undefined) return;
    const identity = decodeOneOff(entryId);
    if (identity !== undefined) assert.deepEqual(searchKey, searchKeyOf(identity.addrType, identity.emailAddress));
  });
}

/** The flow chart of verifying-service-provider-configuration. */
export function configurationRules(rule: TransportRule): void {
  const logOnWith = async (transport: TransportUnderTest, ui: UserInterface): Promise<void> => {
    const { support } = await transport.newUnconfigured();
    const { logon } = await transport.init.provider.transportLogon(support, 'suite', {}, ui);
    await logon.transportLogoff();
  };
  const user = (overrides: Partial<UserInterface>): UserInterface => ({ ...forbiddenUser(), ...overrides });
  const cancelled = new MapiError('MAPI_E_USER_CANCEL', 'cancelled');

  rule('LOGON-52', 'what is missing is asked for, and kept', async (transport) => {
    const outside = await transport.newUnconfigured();
    const ui = user({ prompt: async (question) => transport.answer(question) });
    const { provider } = transport.init;
    await (await provider.transportLogon(outside.support, 'suite', {}, ui)).logon.transportLogoff();
    await (await provider.transportLogon(outside.support, 'suite', {}, forbiddenUser())).logon.transportLogoff();
  });

  rule(
    'LOGON-52',
    'without a user, and from one who leaves out what is needed, it is unconfigured',
    async (transport) => {
      const { support } = await transport.newUnconfigured();
      await fails(transport.init.provider.transportLogon(support, 'suite', {}), 'MAPI_E_UNCONFIGURED');
      await fails(logOnWith(transport, user({ prompt: async () => '' })), 'MAPI_E_UNCONFIGURED');
    },
  );

  rule('LOGON-52', 'a cancel that is meant ends the logon, one that is not asks again', async (transport) => {
    const cancel = async (): Promise<never> => Promise.reject(cancelled);
    await fails(logOnWith(transport, user({ prompt: cancel, confirm: async () => true })), 'MAPI_E_USER_CANCEL');
    await fails(logOnWith(transport, user({ prompt: cancel, confirm: cancel })), 'MAPI_E_USER_CANCEL');
    let slips = 1;
    const prompt = async (question: string): Promise<string> => {
      if (slips-- > 0) throw cancelled;
      return transport.answer(question);
    };
    await logOnWith(transport, user({ prompt, confirm: async () => false }));
  });
}
