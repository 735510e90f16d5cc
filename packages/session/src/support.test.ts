import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { getProp, Progress } from '@nodemapi/kit';
import {
  fnevObjectCreated,
  type IMAPISession,
  MapiError,
  type Notification,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_RESOURCE_FLAGS,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { SessionSupport } from './support.ts';
import { STORE_UID } from './test-ids.testing.ts';

const KEY = utf8Encode('a key');
const created: Notification = { kind: 'objectCreated', objectType: 5, entryId: KEY };

async function withSupport() {
  const { subsystem, library, spoolers } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  await session.enumAdrTypes();
  await openStore(session);
  const support = library.lastSupport;
  assert.ok(support);
  return { subsystem, library, spoolers, session, support };
}

describe('support object of a store', () => {
  test('SUPP-7, PROF-43: it opens the section of its own provider', async () => {
    const { support } = await withSupport();
    await using section = await support.openProfileSection(null);
    assert.equal(await getProp(section, PR_DISPLAY_NAME), 'Store');
    const unknown = { modify: true, force: true } as object;
    await assert.rejects(support.openProfileSection(null, unknown), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('LOGON-71: the flags and the library of its section are not the provider’s to change', async () => {
    const { support } = await withSupport();
    await using section = await support.openProfileSection(null, { modify: true });
    const problems = await section.setProps([prop(PR_RESOURCE_FLAGS, 0), prop(PR_COMMENT, 'x')]);
    assert.deepEqual(problems, [{ index: 0, tag: PR_RESOURCE_FLAGS, code: 'MAPI_E_COMPUTED' }]);
  });

  test('SUPP-1: a method of another kind of provider is not supported', async () => {
    const { support } = await withSupport();
    await assert.rejects(support.statusRecips(undefined as never, []), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(support.spoolerYield(), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('SUPP-5, SUPP-8: from it a configuration support object is made, which can do less', async () => {
    const { support } = await withSupport();
    await using configuration = await support.getSvcConfigSupportObj();
    assert.equal(configuration.newUID().length, 16);
    await assert.rejects(configuration.setProviderUID(STORE_UID), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('SUPP-6: it knows the session of its client', async () => {
    const { support } = await withSupport();
    assert.ok(support instanceof SessionSupport);
    assert.equal(support.getMAPISession().iid, 'IMAPISession');
  });

  test('SUPP-16: entries are opened and compared as by the session', async () => {
    const { support } = await withSupport();
    await assert.rejects(support.openEntry(null), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(support.openEntry(new Uint8Array(24)), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    await assert.rejects(support.compareEntryIDs(KEY, KEY), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
  });

  test('SUPP-17: the address book opens as by the session', async () => {
    const { support } = await withSupport();
    const { object } = await support.openAddressBook();
    assert.equal(object.iid, 'IAddrBook');
    await object.release();
  });

  test('SUPP-40, SUPP-44: a store tells the spooler of new mail, and nothing that is a transport’s', async () => {
    const { support, spoolers } = await withSupport();
    await support.spoolerNotify({ kind: 'readyToSend' });
    assert.equal(spoolers[0]?.calls.at(-1), 'notice store readyToSend');
    await assert.rejects(support.spoolerNotify({ kind: 'critSec' }), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('NOTIF-30, NOTIF-32, NOTIF-37, UTIL-030: what is announced under a key reaches its sinks, after the call', async () => {
    const { support, subsystem } = await withSupport();
    const heard: Notification[] = [];
    const connection = support.subscribe(KEY, fnevObjectCreated, { onNotify: (all) => void heard.push(...all) });
    assert.ok(connection > 0);
    support.notify(KEY, [created]);
    support.notify(utf8Encode('another key'), [created]);
    assert.deepEqual(heard, []);
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(heard, [created]);
    support.unsubscribe(connection);
    assert.throws(() => support.unsubscribe(connection), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('OBJ-9: an object that the provider makes invalid fails its client', async () => {
    const { support, session, library } = await withSupport();
    const target = { iid: 'IMAPIFolder', release: async () => {}, addRef: () => target, getPropList: async () => [] };
    library.behaviour.openEntry = () => target;
    const store = await openStore(session);
    const folder = await store.openEntry(null, { iid: 'IMAPIFolder' });
    assert.deepEqual(await folder.getPropList(), []);
    await support.makeInvalid(target as never);
    await assert.rejects(folder.getPropList(), { code: 'MAPI_E_INVALID_OBJECT' });
    await folder.release();
  });

  test('SUPP-9: its allocators are those of the subsystem', async () => {
    const { support, subsystem } = await withSupport();
    const root = support.getMemAllocRoutines().allocateBuffer(2);
    assert.equal(subsystem.MAPIAllocateMore(1, root).length, 1);
    subsystem.MAPIFreeBuffer(root);
  });
});

test('LOGON-65: each transport has a provider object of its own, made once', async () => {
  const { subsystem, library } = await TestSubsystem.withProfile();
  await using admin = await subsystem.MAPIAdminProfiles();
  await using services = await admin.adminServices('Work');
  await services.createMsgService('MAIL');
  const session: IMAPISession = await subsystem.MAPILogonEx(null, 'Work', null);
  await session.enumAdrTypes();
  assert.equal(library.calls.filter((call) => call === 'XPProviderInit').length, 2);
  await session.logoff();
});

test('AMB-72, SUPP-58, SUPP-59: a progress object starts at top level from 1 to 1000 and scales by its global limits', () => {
  const shown: unknown[] = [];
  const ui = { progress: (_title: string, done: number, total: number) => void shown.push([done, total]) };
  const progress = new Progress('copying', ui as never);
  assert.deepEqual([progress.getFlags(), progress.getMin(), progress.getMax()], [1, 1, 1000]);
  progress.setLimits({ min: 0, max: 10 });
  progress.setLimits({ min: 4, max: 6, flags: 0 });
  progress.progress(5);
  assert.deepEqual([progress.getMin(), progress.getMax(), shown], [4, 6, [[5, 10]]]);
});

test('a provider that fails in a service entry point at logon is out, with its reason', async () => {
  const { subsystem, library } = await TestSubsystem.withProfile();
  library.behaviour.bookLogon = () => {
    throw new MapiError('MAPI_E_UNCONFIGURED', 'no file');
  };
  library.behaviour.entry = () => {
    throw new TypeError('the entry point broke');
  };
  await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
  const { warning } = await session.openAddressBook();
  assert.equal(warning, 'MAPI_W_ERRORS_RETURNED');
});
