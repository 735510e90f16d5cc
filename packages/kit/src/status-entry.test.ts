import assert from 'node:assert/strict';
import { type IProfSect, PR_OBJECT_TYPE, PR_STATUS_CODE, type PropValue, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { getProp, setProp } from './prop-access.ts';
import { RefCounted } from './ref-counted.ts';
import { standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';
import { StatusEntry } from './status-entry.ts';
import { StatusObject } from './status-object.ts';

class Logon extends RefCounted {
  readonly iid = 'IMSLogon';
  ended = false;

  protected override async onFinalRelease(): Promise<void> {
    this.ended = true;
  }
}

class Support extends StandaloneSupport {
  section: IProfSect | undefined;

  override async openProfileSection(): Promise<IProfSect> {
    this.section = await super.openProfileSection(null);
    return this.section;
  }
}

async function newEntry() {
  const host = await standaloneHost({ home: '/nowhere', files: { mkdir: async () => {} } as never });
  const support = new Support({ kind: 'store', host });
  const logon = new Logon();
  const code = { now: 1 };
  const columns = (): readonly PropValue[] => [prop(PR_STATUS_CODE, code.now)];
  const entry = new StatusEntry({ logon: () => logon, support, columns, methods: { validateState: async () => {} } });
  return { entry, support, logon, code };
}

describe('the status object of a logon', () => {
  test('STAT-18: one object for all who ask, which says that it is a status object', async () => {
    const { entry } = await newEntry();
    const [first, second] = await Promise.all([entry.open(), entry.open()]);
    assert.equal(first, second);
    assert.equal(await getProp(first, PR_OBJECT_TYPE), 10);
    await first.release();
    assert.equal(await getProp(second, PR_STATUS_CODE), 1);
    await second.release();
    assert.notEqual(await entry.open(), first);
  });

  test('STAT-19: while it lives it holds its logon and the profile section, and gives both up', async () => {
    const { entry, support, logon } = await newEntry();
    const status = await entry.open();
    await logon.release();
    assert.equal(logon.ended, false);
    await status.release();
    assert.equal(logon.ended, true);
    const section = support.section as IProfSect & { released?: boolean };
    assert.equal(section.released, false);
    await entry.close();
    assert.equal(section.released, true);
  });

  test('LOGOFF-21: the logoff ends it, whoever has it: it answers no call, and holds nothing', async () => {
    const { entry, support, logon } = await newEntry();
    const status = await entry.open();
    await logon.release();
    await entry.close();
    assert.equal(logon.ended, true);
    assert.equal((support.section as IProfSect & { released?: boolean }).released, true);
    const calls = [
      () => getProp(status, PR_STATUS_CODE),
      () => status.getPropList(),
      () => status.validateState(),
      () => status.flushQueues(),
      () => entry.open(),
    ];
    for (const call of calls) await assert.rejects(call, { code: 'MAPI_E_INVALID_OBJECT' });
    await status.addRef().release();
    await status.release();
    await status.release();
  });

  test('LOGOFF-21: whoever asks for it during the logoff gets none, and the profile section is closed', async () => {
    const { entry, support } = await newEntry();
    const asking = entry.open();
    await entry.close();
    await assert.rejects(asking, { code: 'MAPI_E_INVALID_OBJECT' });
    assert.equal((support.section as IProfSect & { released?: boolean }).released, true);
  });

  test('it shows the state of now, and is for reading', async () => {
    const { entry, code } = await newEntry();
    await using status = await entry.open();
    code.now = 2;
    assert.equal(await getProp(status, PR_STATUS_CODE), 2);
    await assert.rejects(setProp(status, PR_STATUS_CODE, 3), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('STAT-27: with SUPPRESS_UI or FLUSH_NO_UI no method gets a user interface', async () => {
    const shown: unknown[] = [];
    const ui = { confirm: async () => true } as never;
    const status = new StatusObject([], {
      validateState: async (given) => void shown.push(given),
      flushQueues: async (given) => void shown.push(given),
    });
    await status.validateState(ui, { suppressUi: true });
    await status.flushQueues(ui, { noUi: true });
    assert.deepEqual(shown, [undefined, undefined]);
    await status.validateState(ui);
    assert.equal(shown[2], ui);
  });
});
