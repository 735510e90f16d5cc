import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import {
  decodeOneOff,
  type IMAPIClientShutdown,
  type IMAPISession,
  MapiError,
  makeEntryId,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_SEARCH_KEY,
  type PropValue,
  prop,
  searchKeyOf,
  WARNINGS,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession } from './end-session.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { STORE_UID } from './test-ids.testing.ts';
import { user } from './user.testing.ts';

async function loggedOn(options: { readonly noMail?: boolean } = {}) {
  const { subsystem, library, spoolers } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(null, 'Work', null, options);
  return { subsystem, library, spoolers, session };
}

describe('IMAPISession', () => {
  test('SESS-2: is IMAPIClientShutdown, too', async () => {
    const { session } = await loggedOn({ noMail: true });
    const shutdown: IMAPIClientShutdown = session;
    await shutdown.queryFastShutdown();
    await shutdown.notifyProcessShutdown();
    await shutdown.doFastShutdown();
  });

  test('SESS-5: GetLastError tells what a failure was about, or nothing', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    assert.equal(await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED), undefined);
    assert.equal(await session.getLastError(0x8004_0105), undefined);
    library.behaviour.storeLogon = () => {
      throw new MapiError('MAPI_E_DISK_ERROR', 'the disk is broken');
    };
    const error = await openStore(session).catch((caught: unknown) => caught);
    assert.ok(MapiError.is(error));
    const told = await session.getLastError(error.hresult);
    assert.equal(told?.error, 'the disk is broken');
    assert.equal(await session.getLastError(0x8004_0105), undefined);
  });

  test('SESS-7: reserved flags are refused', async () => {
    const { session } = await loggedOn({ noMail: true });
    // past the types, which do not let a reserved flag be given
    const bare = session as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
    const id = new Uint8Array(24);
    await assert.rejects(bare.adminServices?.({ any: true }) ?? Promise.resolve(), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    await assert.rejects(bare.compareEntryIDs?.(id, id, { any: true }) ?? Promise.resolve(), {
      code: 'MAPI_E_UNKNOWN_FLAGS',
    });
    await assert.rejects(bare.logoff?.(undefined, { reserved: 1 }) ?? Promise.resolve(), {
      code: 'MAPI_E_UNKNOWN_FLAGS',
    });
    await (await session.adminServices()).release();
  });

  test('SESS-16: with MAPI_DEFERRED_ERRORS a failure comes from the call or from the first one on the object', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    await using _store = await openStore(session);
    const entryId = makeEntryId(STORE_UID, utf8Encode('folder'));
    await (await session.openEntry(entryId, { deferredErrors: true })).release();
    library.behaviour.openEntry = () => {
      throw new MapiError('MAPI_E_NO_ACCESS', 'not yours');
    };
    const late = async (): Promise<unknown> => {
      await using folder = await session.openEntry(entryId, { deferredErrors: true, iid: 'IMAPIFolder' });
      return folder.getProps();
    };
    await assert.rejects(late(), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('SESS-48: AB_NO_DIALOG lets no provider ask, and what opens is an IAddrBook', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    library.behaviour.bookLogon = () => {
      throw new MapiError('MAPI_E_FAILONEPROVIDER', 'who are you?');
    };
    await using session = await subsystem.MAPILogonEx(user(), 'Work', null, { noMail: true });
    for (const [options, hasUi] of [
      [{ noDialog: true }, false],
      [{}, true],
    ] as const) {
      const { object } = await session.openAddressBook(options, user());
      assert.deepEqual(
        [library.lastLogon?.options, library.lastLogon?.ui !== undefined],
        [{ noDialog: !hasUi }, hasUi],
      );
      assert.equal(object.iid, 'IAddrBook');
      await object.release();
    }
    await assert.rejects(session.openAddressBook({ modify: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('SESS-49: an address book that nobody released is released before the logoff, and named', async () => {
    const { session } = await loggedOn({ noMail: true });
    const { object } = await session.openAddressBook();
    const report = await endSession(session);
    assert.deepEqual(
      report.leftOpen.objects.map((left) => left.interface),
      ['IAddrBook'],
    );
    const steps = report.steps.map(({ step }) => step);
    assert.ok(steps.indexOf('release') < steps.indexOf('logoff'));
    assert.equal(report.steps.find(({ step }) => step === 'release')?.count, 1);
    await assert.rejects(object.getPAB(), { code: 'MAPI_E_INVALID_OBJECT' });
  });
});

describe('QueryIdentity', () => {
  const identityOf = async (values: readonly PropValue[], marked = true): Promise<string> => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    library.identity = values;
    if (!marked) {
      await using admin = await subsystem.MAPIAdminProfiles();
      await using services = await admin.adminServices('Work');
      await services.setPrimaryIdentity(null);
    }
    await using session: IMAPISession = await subsystem.MAPILogonEx(null, 'Work', null);
    const { entryId, warning } = await session.queryIdentity();
    const { displayName, addrType, emailAddress } = decodeOneOff(entryId) ?? {};
    return [displayName, addrType, emailAddress, warning].join(' ');
  };
  const SEARCH_KEY = prop(PR_IDENTITY_SEARCH_KEY, searchKeyOf('SMTP', 'bo@b.c'));

  test('SESS-51: without an identifier in the row, a one-off is made of what else it says', async () => {
    assert.equal(await identityOf([prop(PR_IDENTITY_DISPLAY, 'Bo'), SEARCH_KEY]), 'Bo SMTP BO@B.C ');
    assert.equal(await identityOf([prop(PR_IDENTITY_DISPLAY, 'Bo')]), 'Bo NONE Bo ');
    assert.equal(await identityOf([SEARCH_KEY]), 'BO@B.C SMTP BO@B.C ');
    assert.equal(await identityOf([]), 'Unknown NONE Unknown MAPI_W_NO_SERVICE');
  });

  test('SESS-52: without a marked row it is the first that has an identity', async () => {
    assert.equal(await identityOf([prop(PR_IDENTITY_DISPLAY, 'Bo'), SEARCH_KEY], false), 'Bo SMTP BO@B.C ');
    assert.equal(await identityOf([], false), 'Unknown NONE Unknown MAPI_W_NO_SERVICE');
  });
});
