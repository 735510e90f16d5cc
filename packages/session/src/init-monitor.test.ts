import assert from 'node:assert/strict';
import { MapiError, VirtualClock } from '@nodemapi/base';
import { INFINITE } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { TestSubsystem } from './subsystem.testing.ts';

function made() {
  const clock = new VirtualClock();
  const { subsystem } = new TestSubsystem({ clock });
  const monitor = subsystem.CreateMAPIInitializationMonitor();
  return { clock, subsystem, monitor };
}

/** What a promise has come to by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'waits';
  void promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = MapiError.is(error) ? error.code : String(error)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return state;
}

describe('initialisation monitor', () => {
  test('INIT-33, INIT-34: it is there before, during and after MAPI, for any number of rounds', async () => {
    const { subsystem, monitor } = made();
    assert.equal(monitor.isInitialized(), false);
    assert.equal(subsystem.isInitialized, false); // asking starts nothing
    for (let round = 0; round < 3; round++) {
      await subsystem.MAPIInitialize();
      assert.equal(monitor.isInitialized(), true);
      await monitor.wait(0);
      await subsystem.MAPIInitialize();
      await subsystem.MAPIUninitialize();
      assert.equal(monitor.isInitialized(), true);
      await subsystem.MAPIUninitialize();
      assert.equal(monitor.isInitialized(), false);
    }
  });

  test('INIT-34: a failed initialisation is none', async () => {
    const { subsystem } = new TestSubsystem({ platform: { version: '1.0', start: () => {} } });
    const monitor = subsystem.CreateMAPIInitializationMonitor();
    await assert.rejects(subsystem.MAPIInitialize());
    assert.equal(monitor.isInitialized(), false);
  });

  test('INIT-35: a wait ends with the initialisation, or with its time', async () => {
    const { clock, subsystem, monitor } = made();
    const short = monitor.wait(100);
    const endless = monitor.wait(INFINITE);
    await clock.advance(99);
    assert.equal(await stateOf(short), 'waits');
    await assert.rejects(
      Promise.all([short, clock.advance(1)]),
      (error) => MapiError.is(error, 'WIN32_E_TIMEOUT') && error.hresult === 0x800705b4,
    );
    await clock.advance(0xffff_ffff + 1000);
    assert.equal(await stateOf(endless), 'waits');
    await subsystem.MAPIInitialize();
    await endless;
    assert.equal(clock.pendingTimers, 0);
  });

  test('INIT-35: a wait without time asks once, and a time that is none is refused', async () => {
    const { clock, monitor } = made();
    const now = monitor.wait(0);
    await assert.rejects(Promise.all([now, clock.advance(0)]), { code: 'WIN32_E_TIMEOUT' });
    for (const wrong of [-1, Number.NaN, '5' as never]) {
      await assert.rejects(monitor.wait(wrong), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
  });

  test('INIT-36: BeginWait answers at once, and End waits, as often as it is called', async () => {
    const { clock, subsystem, monitor } = made();
    await using waiting = monitor.beginWait(INFINITE);
    assert.equal(clock.pendingTimers, 0);
    await assert.rejects(Promise.all([waiting.end(5), clock.advance(5)]), { code: 'WIN32_E_TIMEOUT' });
    const end = waiting.end();
    assert.equal(await stateOf(end), 'waits');
    await subsystem.MAPIInitialize();
    await end;
    await waiting.end(0);
  });

  test('a wait can be given up, and leaves nothing behind', async () => {
    const { clock, monitor } = made();
    const giveUp = new AbortController();
    const wait = monitor.wait(1000, { signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await assert.rejects(wait, /enough/);
    await assert.rejects(monitor.beginWait(9).end(9, { signal: giveUp.signal }), /enough/);
    assert.equal(clock.pendingTimers, 0);
  });
});
