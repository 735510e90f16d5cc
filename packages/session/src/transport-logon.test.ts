/** How a session logs transports on and off, whatever they do. */
import assert from 'node:assert/strict';
import { wrapStoreEntryID } from '@nodemapi/kit';
import { MapiError, type MapiErrorCode, WARNINGS } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';
import { nobody } from './user.testing.ts';

async function loggedOn(failure?: MapiErrorCode) {
  const made = await TestSubsystem.withProfile();
  if (failure !== undefined) {
    made.library.behaviour.transportLogon = () => {
      throw new MapiError(failure, 'not this time');
    };
  }
  const session = await made.subsystem.MAPILogonEx(nobody(), 'Work', null, { logonUi: true });
  await session.enumAdrTypes();
  const [spooler] = made.spoolers;
  assert.ok(spooler);
  return { ...made, subsystem: made.subsystem, library: made.library, session, spooler };
}

describe('the logon of a transport', () => {
  test('XP-008: is told LOGON_NO_DIALOG and given nobody to ask, also where the session has a user', async () => {
    const { library } = await loggedOn();
    assert.deepEqual(library.logonArguments, [{ noInbound: true, noOutbound: true, noDialog: true }]);
    assert.deepEqual(library.transportUis, [undefined]);
  });

  for (const code of ['MAPI_E_USER_CANCEL', 'MAPI_E_UNKNOWN_CPID', 'MAPI_E_UNKNOWN_LCID'] as const) {
    test(`XP-011: ${code} keeps the transport out, and the session tells it`, async () => {
      const { session, spooler } = await loggedOn(code);
      assert.deepEqual(await spooler.host.openTransports(), []);
      assert.deepEqual(spooler.host.unavailableTransports?.(), ['Transport']);
      const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
      assert.match(told?.error ?? '', /Transport: .*not this time/);
    });
  }
});

test('XP-085: a transport whose TransportLogoff fails is logged off all the same', async () => {
  const { library, spooler, session } = await loggedOn();
  library.behaviour.transportLogoff = () => {
    throw new MapiError('MAPI_E_CALL_FAILED', 'cannot end');
  };
  const [first] = await spooler.host.openTransports();
  assert.ok(first);
  await spooler.host.closeTransport(first.uid);
  library.behaviour = {};
  const [second] = await spooler.host.openTransports();
  assert.notEqual(second?.logon, first.logon);
  await session.logoff();
  const logons = library.calls.filter((call) => call === 'IXPProvider.transportLogon').length;
  assert.equal(logons, 2);
});

test('SPOOL-008: a store opened with MDB_NO_MAIL is never shown to the spooler', async () => {
  const { session, spooler } = await loggedOn();
  const attached = async (name: string, noMail: boolean): Promise<number> => {
    const before = spooler.calls.length;
    await using _store = await session.openMsgStore(wrapStoreEntryID('test', storeEntryId(name)), { noMail });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    return spooler.calls.slice(before).filter((call) => call.startsWith('attach')).length;
  };
  assert.deepEqual([await attached('quiet', true), await attached('heard', false)], [0, 1]);
});

test('SPOOL-007: without mail no transport is logged on, and the session has no spooler', async () => {
  const { subsystem, library, spoolers } = await TestSubsystem.withProfile();
  await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
  await using _store = await openStore(session);
  assert.deepEqual([spoolers.length, library.calls.filter((call) => call.startsWith('IXP'))], [0, []]);
});
