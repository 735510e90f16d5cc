import assert from 'node:assert/strict';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  PR_RESOURCE_METHODS,
  STATUS_SETTINGS_DIALOG,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { MSLogonObject, storeStatusColumns } from './ms-logon.ts';
import { getProp } from './prop-access.ts';
import { standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';

/** A store that answers with its name what it is asked to open. */
const storeNamed = (name: string): IMsgStore => {
  const store: Partial<IMsgStore> = { openEntry: (async () => name) as never, compareEntryIDs: async () => true };
  return store as IMsgStore;
};

/** Nothing of the host is used. */
const NO_FILES = { mkdir: async () => {} } as never;
const OTHER = Uint8Array.of(2);

async function newLogon() {
  let logoffs = 0;
  const logon = new MSLogonObject({
    store: storeNamed('own'),
    support: new StandaloneSupport({
      kind: 'store',
      host: await standaloneHost({ home: '/nowhere', files: NO_FILES }),
    }),
    settings: [],
    validate: async () => {},
    status: storeStatusColumns('A store', Uint8Array.of(1)),
    storeOf: (entryId: EntryId) => (entryId[0] === OTHER[0] ? storeNamed('other') : undefined),
    onLogoff: async () => void logoffs++,
  });
  return { logon, logoffs: () => logoffs };
}

test('an identifier of another open store of the provider is opened there', async () => {
  const { logon } = await newLogon();
  assert.equal(await logon.openEntry(null), 'own');
  assert.equal(await logon.openEntry(Uint8Array.of(1)), 'own');
  assert.equal(await logon.openEntry(OTHER), 'other');
});

test('logging off happens once, and nothing is opened after it', async () => {
  const { logon, logoffs } = await newLogon();
  await logon.logoff();
  await logon.release();
  assert.equal(logoffs(), 1);
  const isOff = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_INVALID_OBJECT');
  await assert.rejects(logon.openEntry(null), isOff);
  await assert.rejects(logon.compareEntryIDs(OTHER, OTHER), isOff);
});

test('the status object can be asked for the state and for the settings, and for nothing else', async () => {
  const { logon } = await newLogon();
  await using status = await logon.openStatusEntry();
  assert.equal(await getProp(status, PR_RESOURCE_METHODS), STATUS_VALIDATE_STATE | STATUS_SETTINGS_DIALOG);
  await status.validateState();
  await assert.rejects(status.flushQueues(), (error) => MapiError.is(error, 'MAPI_E_NO_SUPPORT'));
});
