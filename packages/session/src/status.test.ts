/** The status table and its objects, as clients see them. */
import assert from 'node:assert/strict';
import { getProp, queryAllRows, StatusObject, setProp } from '@nodemapi/kit';
import {
  type IMAPISession,
  type IMAPIStatus,
  MAPI_AB,
  MAPI_SPOOLER,
  MAPI_STORE_PROVIDER,
  MAPI_SUBSYSTEM,
  MAPI_TRANSPORT_PROVIDER,
  MapiError,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PROVIDER_DLL_NAME,
  PR_REMOTE_VALIDATE_OK,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  PT_UNICODE,
  prop,
  propOf,
  type Row,
  STATUS_AVAILABLE,
  STATUS_CHANGE_PASSWORD,
  STATUS_FAILURE,
  STATUS_FLUSH_QUEUES,
  STATUS_INBOUND_FLUSH,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_FLUSH,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const PR_OWN = tag(0x6620, PT_UNICODE);

async function loggedOn() {
  const made = await TestSubsystem.withProfile();
  const { subsystem, library, spoolers } = made;
  const session = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
  await session.enumAdrTypes();
  await openStore(session);
  const transport = library.lastTransportSupport;
  assert.ok(transport);
  return { subsystem, library, session, transport, spooler: spoolers[0] };
}

async function rowOf(session: IMAPISession, type: number): Promise<Row> {
  await using table = await session.getStatusTable();
  const tags = await table.queryColumns({ all: true });
  return (await queryAllRows(table, { tags })).find((row) => propOf(row, PR_RESOURCE_TYPE) === type) ?? [];
}

async function objectOf(session: IMAPISession, type: number, modify = false): Promise<IMAPIStatus> {
  const entryId = propOf(await rowOf(session, type), PR_ENTRYID);
  return session.openEntry(entryId ?? null, { iid: 'IMAPIStatus', modify });
}

describe('the status table', () => {
  test('SPOOL-092: STATUSROW_UPDATE merges the columns that are given into the row, without it they are the row', async () => {
    const { session, transport } = await loggedOn();
    const shown = async () => {
      const row = await rowOf(session, MAPI_TRANSPORT_PROVIDER);
      return [propOf(row, PR_DISPLAY_NAME), propOf(row, PR_STATUS_STRING), propOf(row, PR_OWN)];
    };
    await transport.modifyStatusRow([prop(PR_STATUS_STRING, 'busy'), prop(PR_OWN, 'own')], { update: true });
    assert.deepEqual(await shown(), ['transport', 'busy', 'own']);
    await transport.modifyStatusRow([prop(PR_STATUS_STRING, 'ready')], { update: true });
    assert.deepEqual(await shown(), ['transport', 'ready', 'own']);
    await transport.modifyStatusRow([prop(PR_DISPLAY_NAME, 'anew'), prop(PR_STATUS_STRING, 'here')]);
    assert.deepEqual(await shown(), ['anew', 'here', undefined]);
  });

  test('STAT-6: a provider adds columns of its own, which other rows do not have', async () => {
    const { session, transport } = await loggedOn();
    await transport.modifyStatusRow([prop(PR_OWN, 'own')], { update: true });
    assert.equal(propOf(await rowOf(session, MAPI_TRANSPORT_PROVIDER), PR_OWN), 'own');
    assert.equal(propOf(await rowOf(session, MAPI_STORE_PROVIDER), PR_OWN), undefined);
  });

  test('STAT-11: a transport that gives no text has one for its state, and its own as soon as it gives one', async () => {
    const { session, transport } = await loggedOn();
    const shown = async () => propOf(await rowOf(session, MAPI_TRANSPORT_PROVIDER), PR_STATUS_STRING);
    const change = (code: number) => transport.modifyStatusRow([prop(PR_STATUS_CODE, code)], { update: true });
    assert.equal(await shown(), 'Available');
    await change(STATUS_AVAILABLE | STATUS_OUTBOUND_ACTIVE);
    assert.equal(await shown(), 'Sending');
    await change(STATUS_OFFLINE);
    assert.equal(await shown(), 'Offline');
    await transport.modifyStatusRow([prop(PR_STATUS_STRING, 'at sea')], { update: true });
    assert.equal(await shown(), 'at sea');
    await transport.modifyStatusRow([prop(PR_STATUS_STRING, '')], { update: true });
    assert.equal(await shown(), 'Offline');
    assert.equal(propOf(await rowOf(session, MAPI_STORE_PROVIDER), PR_STATUS_STRING), undefined);
  });

  test('SPOOL-088: a transport that sets a flush bit in its row has the spooler told, once', async () => {
    const { transport, spooler } = await loggedOn();
    const change = (code: number) => transport.modifyStatusRow([prop(PR_STATUS_CODE, code)], { update: true });
    const asked = () => spooler?.calls.filter((call) => call === 'flush asked').length;
    await change(STATUS_AVAILABLE | STATUS_OUTBOUND_ACTIVE);
    assert.equal(asked(), 0);
    await change(STATUS_AVAILABLE | STATUS_OUTBOUND_FLUSH);
    await change(STATUS_AVAILABLE | STATUS_OUTBOUND_FLUSH | STATUS_OUTBOUND_ACTIVE);
    assert.equal(asked(), 1);
    await change(STATUS_AVAILABLE);
    await change(STATUS_AVAILABLE | STATUS_INBOUND_FLUSH);
    assert.equal(asked(), 2);
  });

  test('a viewer sees in the row of a transport whether it may go on asking', async () => {
    const { session, transport } = await loggedOn();
    const shown = async () => propOf(await rowOf(session, MAPI_TRANSPORT_PROVIDER), PR_REMOTE_VALIDATE_OK);
    assert.equal(await shown(), undefined);
    for (const isOk of [false, true]) {
      await transport.modifyStatusRow([prop(PR_REMOTE_VALIDATE_OK, isOk)], { update: true });
      assert.equal(await shown(), isOk);
    }
  });

  test('AMB-58, AMB-59: providers that gave a row have one, and what the profile says of them counts', async () => {
    const { session, library, transport } = await loggedOn();
    const lies = [prop(PR_RESOURCE_TYPE, MAPI_SPOOLER), prop(PR_PROVIDER_DLL_NAME, 'x'), prop(PR_RESOURCE_FLAGS, 0x7f)];
    await transport.modifyStatusRow([prop(PR_DISPLAY_NAME, 'T'), ...lies]);
    const row = await rowOf(session, MAPI_TRANSPORT_PROVIDER);
    assert.equal(propOf(row, PR_DISPLAY_NAME), 'T');
    assert.equal(propOf(row, PR_PROVIDER_DLL_NAME), 'test');
    assert.notEqual(propOf(row, PR_RESOURCE_FLAGS), 0x7f);
    await using table = await session.getStatusTable();
    assert.equal(await table.getRowCount(), 5); // three of MAPI, store, transport: the address book gave none
    await library.lastBookSupport?.modifyStatusRow([prop(PR_DISPLAY_NAME, 'Book')]);
    assert.equal(await table.getRowCount(), 6);
  });

  test('AMB-21: a member without mail sees no transports, and a spooler that is out of service', async () => {
    const { subsystem, session } = await loggedOn();
    const quiet = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.deepEqual(await rowOf(quiet, MAPI_TRANSPORT_PROVIDER), []);
    assert.equal(propOf(await rowOf(quiet, MAPI_SPOOLER), PR_STATUS_CODE), STATUS_FAILURE);
    assert.notEqual(propOf(await rowOf(session, MAPI_SPOOLER), PR_STATUS_CODE), STATUS_FAILURE);
    assert.notDeepEqual(await rowOf(session, MAPI_TRANSPORT_PROVIDER), []);
  });
});

describe('status objects', () => {
  test('STAT-20: asked for writing, one that is for reading is given, and says so when it is written', async () => {
    const { session } = await loggedOn();
    for (const type of [MAPI_SUBSYSTEM, MAPI_SPOOLER, MAPI_STORE_PROVIDER, MAPI_TRANSPORT_PROVIDER]) {
      await using status = await objectOf(session, type, true);
      assert.notEqual(await getProp(status, PR_DISPLAY_NAME), undefined);
      await assert.rejects(setProp(status, PR_DISPLAY_NAME, 'x'), { code: 'MAPI_E_NO_ACCESS' });
    }
  });

  test('STAT-22, XP-078: all flags of validateState are known, and others are not', async () => {
    const { session } = await loggedOn();
    await using status = await objectOf(session, MAPI_STORE_PROVIDER);
    await status.validateState(undefined, {
      suppressUi: true,
      configChanged: true,
      forceConnect: true,
      forceDisconnect: false,
      refreshHeaderCache: true,
      processHeaderCache: true,
      abortHeaderOperation: false,
      showSessionUi: false,
    });
    await assert.rejects(status.validateState(undefined, { other: true } as object), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('STAT-28: what is busy says so, to clients too', async () => {
    const { session, library } = await loggedOn();
    library.behaviour.validate = () => {
      throw new MapiError('MAPI_E_BUSY', 'a call is under way');
    };
    await using status = await objectOf(session, MAPI_STORE_PROVIDER);
    await assert.rejects(status.validateState(), { code: 'MAPI_E_BUSY' });
    await using subsystem = await objectOf(session, MAPI_SUBSYSTEM);
    await assert.rejects(subsystem.validateState(), { code: 'MAPI_E_BUSY' });
  });

  test('STAT-23: the subsystem looks at every provider, whatever is wrong with the first', async () => {
    const { session, library } = await loggedOn();
    const seen: unknown[] = [];
    library.behaviour.validate = (who, options) => {
      seen.push([who, options]);
      throw new MapiError('MAPI_E_NETWORK_ERROR', `${who} is away`);
    };
    await using subsystem = await objectOf(session, MAPI_SUBSYSTEM);
    await assert.rejects(subsystem.validateState(), { code: 'MAPI_E_NETWORK_ERROR' });
    assert.deepEqual(new Set(seen.map((one) => (one as [string])[0])), new Set(['store', 'book', 'transport']));
    assert.ok(seen.every((one) => (one as [string, { suppressUi?: boolean }])[1].suppressUi === true));
  });

  test('SPOOL-079: FlushQueues is the spooler’s and the transports’; elsewhere its bit is clear and it is not there', async () => {
    const { session, library, spooler } = await loggedOn();
    const transport = library.lastTransport;
    assert.ok(transport && spooler);
    const own = new StatusObject([], { flushQueues: async () => void spooler.calls.push('transport flushed') });
    transport.openStatusEntry = async () => own;
    for (const [type, has] of [
      [MAPI_SPOOLER, true],
      [MAPI_TRANSPORT_PROVIDER, true],
      [MAPI_SUBSYSTEM, false],
      [MAPI_AB, false],
      [MAPI_STORE_PROVIDER, false],
    ] as const) {
      await using status = await objectOf(session, type);
      const bit = ((await getProp(status, PR_RESOURCE_METHODS)) ?? 0) & STATUS_FLUSH_QUEUES;
      assert.equal(bit !== 0, has, String(type));
      if (has) await status.flushQueues(undefined, { upload: true });
      else await assert.rejects(status.flushQueues(undefined, { upload: true }), { code: 'MAPI_E_NO_SUPPORT' });
    }
    assert.deepEqual(spooler.calls.slice(-2), ['flush upload', 'transport flushed']);
  });

  test('SPOOL-095: a provider may change a password if the old one is right; MAPI’s own objects never do', async () => {
    const { session, library } = await loggedOn();
    let password = 'old';
    const changePassword = async (oldPassword: string, newPassword: string): Promise<void> => {
      if (oldPassword !== password) throw new MapiError('MAPI_E_NO_ACCESS', 'another password');
      password = newPassword;
    };
    const transport = library.lastTransport;
    assert.ok(transport);
    transport.openStatusEntry = async () => new StatusObject([], { changePassword });
    await using theirs = await objectOf(session, MAPI_TRANSPORT_PROVIDER);
    await assert.rejects(theirs.changePassword('wrong', 'new'), { code: 'MAPI_E_NO_ACCESS' });
    await theirs.changePassword('old', 'new');
    assert.equal(password, 'new');
    for (const type of [MAPI_SUBSYSTEM, MAPI_SPOOLER, MAPI_AB]) {
      await using status = await objectOf(session, type);
      await assert.rejects(status.changePassword('old', 'new'), { code: 'MAPI_E_NO_SUPPORT' });
      assert.equal(((await getProp(status, PR_RESOURCE_METHODS)) ?? 0) & STATUS_CHANGE_PASSWORD, 0);
    }
  });

  test('XP-083: the identifier in the row of a transport opens what its OpenStatusEntry answers', async () => {
    const { session, library } = await loggedOn();
    const transport = library.lastTransport;
    assert.ok(transport);
    let opened = 0;
    transport.openStatusEntry = async () => {
      opened++;
      return new StatusObject([prop(PR_OWN, 'its own')]);
    };
    const entryId = propOf(await rowOf(session, MAPI_TRANSPORT_PROVIDER), PR_ENTRYID) ?? null;
    await using status = await session.openEntry(entryId);
    assert.deepEqual([status?.iid, opened], ['IMAPIStatus', 1]);
    assert.equal(await getProp(status as IMAPIStatus, PR_OWN), 'its own');
  });
});
