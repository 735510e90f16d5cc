import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { MemoryFiles } from './memory-files.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';

describe('initialisation', () => {
  test('INIT-2, INIT-3, INIT-4: initialisations are counted', async () => {
    const { subsystem } = new TestSubsystem();
    await subsystem.MAPIInitialize();
    await subsystem.MAPIInitialize({});
    await subsystem.MAPIUninitialize();
    assert.equal(subsystem.isInitialized, true);
    await subsystem.MAPIUninitialize();
    assert.equal(subsystem.isInitialized, false);
    await subsystem.MAPIUninitialize(); // AMB-1: one too many does nothing
    await subsystem.MAPIInitialize();
    assert.equal(subsystem.isInitialized, true);
  });

  test('INIT-5, INIT-6, INIT-17: the structure and its flags are checked first', async () => {
    const { subsystem } = new TestSubsystem();
    await assert.rejects(subsystem.MAPIInitialize({ version: 1 }), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(subsystem.MAPIInitialize(null as never), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(subsystem.MAPIInitialize({ coInit: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    assert.equal(subsystem.isInitialized, false);
    await subsystem.MAPIInitialize({ multithreadNotifications: true, noCoInit: true, ntService: true });
  });

  test('INIT-23: profiles that cannot be reached are MAPI_E_NOT_INITIALIZED', async () => {
    const files = new MemoryFiles();
    files.exists = async () => {
      throw new MapiError('MAPI_E_NO_ACCESS', 'locked away');
    };
    const { subsystem } = new TestSubsystem({ files });
    await assert.rejects(subsystem.MAPIInitialize(), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.equal(subsystem.isInitialized, false);
  });

  test('LOGOFF-2: OleUninitialize after MAPIUninitialize is a named error, and the next round works', async () => {
    const { subsystem, log } = new TestSubsystem();
    const warnings = () => log.entries.filter(({ level }) => level === 'warn').map(({ event }) => event);
    await subsystem.MAPIInitialize();
    subsystem.OleInitialize();
    await subsystem.MAPIUninitialize();
    assert.match(warnings().join(), /^MAPIUninitialize before OleUninitialize: .*LOGOFF-2/);
    assert.throws(() => subsystem.OleUninitialize(), /OleUninitialize after MAPIUninitialize/);
    await subsystem.MAPIInitialize();
    subsystem.OleInitialize();
    subsystem.OleUninitialize();
    await subsystem.MAPIUninitialize();
    assert.equal(warnings().length, 1);
  });

  test('LOGOFF-3: what was not brought up is not taken down', () => {
    const { subsystem } = new TestSubsystem();
    assert.throws(() => subsystem.OleUninitialize(), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.throws(() => subsystem.DeinitMapiUtil(), /DeinitMapiUtil without ScInitMapiUtil/);
  });

  test('INIT-27, INIT-28: the utilities work with either initialisation, and their flags are reserved', async () => {
    const { subsystem } = new TestSubsystem();
    assert.throws(() => subsystem.MAPIAllocateBuffer(1), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.throws(() => subsystem.ScInitMapiUtil(1), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    subsystem.ScInitMapiUtil(0);
    assert.equal(subsystem.MAPIAllocateBuffer(3).length, 3);
    subsystem.DeinitMapiUtil();
    await subsystem.MAPIInitialize();
    assert.equal(subsystem.MAPIAllocateBuffer(3).length, 3);
  });

  test('INIT-28: with the utilities alone there is no logon', async () => {
    const { subsystem } = new TestSubsystem();
    subsystem.ScInitMapiUtil();
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), { code: 'MAPI_E_NOT_INITIALIZED' });
  });

  test('NOTIF-23, UTIL-030: dispatching before the initialisation is refused', async () => {
    const { subsystem } = new TestSubsystem();
    await assert.rejects(subsystem.HrDispatchNotifications(), { code: 'MAPI_E_NOT_INITIALIZED' });
  });

  test('administration objects die with the last MAPIUninitialize', async () => {
    const { subsystem } = new TestSubsystem();
    await subsystem.MAPIInitialize();
    const admin = await subsystem.MAPIAdminProfiles();
    await subsystem.MAPIUninitialize();
    await assert.rejects(admin.getProfileTable(), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('a catalogue with a mistake is refused, and the mistake is named', () => {
    const { STORE } = TEST_CATALOGUE.services;
    assert.ok(STORE);
    const wrongs = [
      { services: { BAD: { ...STORE, resourceFlags: ['SERVICE_NONSENSE'] } }, defaultServices: [] },
      { services: { BAD: { ...STORE, providers: [] } }, defaultServices: [] },
      { services: { BAD: { ...STORE, options: { a: { tag: '0x66', description: '' } } } }, defaultServices: [] },
      {
        services: { BAD: { ...STORE, options: { a: { tag: '0x67f0001f', description: '', default: 'x' } } } },
        defaultServices: [],
      },
      { services: { BAD: STORE }, defaultServices: ['GOOD'] },
    ];
    for (const catalogue of wrongs) {
      assert.throws(() => new TestSubsystem({ catalogue }), { code: 'MAPI_E_INVALID_PARAMETER', message: /BAD|GOOD/ });
    }
  });
});
