import assert from 'node:assert/strict';
import { memoryLog } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { CrashRecovery } from './crash-recovery.ts';

function file(isConsistent = true) {
  const calls: string[] = [];
  return {
    calls,
    recover: (flags: number) => {
      calls.push(`recover ${flags}`);
      return isConsistent;
    },
    proceed: () => void calls.push('proceed'),
  };
}

describe('MAPICrashRecovery', () => {
  test('SHUT-16: it answers nothing, before it returns it has called every open file, and no closed one', () => {
    const recovery = new CrashRecovery(memoryLog());
    const [open, closed] = [file(), file()];
    recovery.register(open);
    recovery.register(closed)[Symbol.dispose]();
    assert.equal(recovery.run({ recover: true }), undefined);
    assert.deepEqual([open.calls, closed.calls], [['recover 0'], []]);
    recovery.run({});
    assert.deepEqual(open.calls, ['recover 0']);
  });

  test('SHUT-17: a file that is opened afterwards is refused too; one that fails or is inconsistent stops no other', () => {
    const log = memoryLog();
    const recovery = new CrashRecovery(log);
    const [broken, inconsistent, whole, late] = [file(), file(false), file(), file()];
    broken.recover = () => {
      throw new Error('broken');
    };
    for (const one of [broken, inconsistent, whole]) recovery.register(one);
    recovery.run({ recover: true });
    recovery.register(late);
    assert.deepEqual([whole.calls, late.calls, recovery.refuses], [['recover 0'], ['recover 0'], true]);
    assert.equal(log.entries.filter(({ level }) => level === 'error').length, 2);
  });

  test('SHUT-18: proceed undoes a recovery, and does nothing without one', () => {
    const recovery = new CrashRecovery(memoryLog());
    const open = file();
    recovery.register(open);
    recovery.run({ proceed: true });
    recovery.run({ recover: true });
    recovery.run({ proceed: true });
    assert.deepEqual([open.calls, recovery.refuses], [['recover 0', 'proceed'], false]);
  });

  test('SHUT-19: systemShutdown goes with recover alone, and cannot be undone, whatever comes after', () => {
    const recovery = new CrashRecovery(memoryLog());
    const open = file();
    recovery.register(open);
    assert.throws(() => recovery.run({ systemShutdown: true }), { code: 'MAPI_E_INVALID_PARAMETER' });
    assert.equal(recovery.refuses, false);
    recovery.run({ recover: true, systemShutdown: true });
    recovery.run({ recover: true });
    recovery.run({ proceed: true });
    assert.deepEqual([open.calls.includes('proceed'), recovery.refuses], [false, true]);
  });

  test('SHUT-20: the upper byte reaches the files, other bits and unknown options are refused', () => {
    const recovery = new CrashRecovery(memoryLog());
    const open = file();
    recovery.register(open);
    recovery.run({ recover: true, providerFlags: 0x8100_0000 });
    assert.deepEqual(open.calls, [`recover ${0x8100_0000}`]);
    assert.throws(() => recovery.run({ recover: true, providerFlags: 1 }), { code: 'MAPI_E_INVALID_PARAMETER' });
    assert.throws(() => recovery.run({ recover: true, proceed: true }), { code: 'MAPI_E_INVALID_PARAMETER' });
    assert.throws(() => recovery.run({ other: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });
});
