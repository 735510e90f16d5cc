import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const MINUTE = 60_000;

const cancel = (): never => {
  throw new MapiError('MAPI_E_CANCEL', 'cancelled');
};

describe('MAPI_E_CANCEL', () => {
  test('SPOOL-040, XP-042: of a deferred message means that another transport gets it', async () => {
    let keep = true;
    const first = new ScriptedTransport('first', {
      onSubmit: () => (keep ? undefined : cancel()),
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'dontResend',
    });
    const second = new ScriptedTransport('second');
    const world = await World.started({ transports: [first, second] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    keep = false;
    await world.main.spooler.notice(first.uid, { kind: 'sentDeferred', entryId });
    await world.pass();
    deepStrictEqual(
      first.calls.filter((call) => call.startsWith('submit')),
      ['submit a', 'submit a deferred'],
    );
    strictEqual(second.sent.length, 1);
    strictEqual(await world.queued(), 0);
  });

  test('SPOOL-040: of any other message is a failure of the transport: no report, and held in the end', async () => {
    const smtp = new ScriptedTransport('smtp', { onSubmit: cancel });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    strictEqual((await world.main.spooler.outgoing())[0]?.state, 'unknown');
    for (let minute = 0; minute < 30; minute++) await world.pass(MINUTE);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
    strictEqual(smtp.calls.filter((call) => call.startsWith('submit')).length, 3);
    strictEqual((await world.main.spooler.outgoing())[0]?.state, 'held');
    strictEqual(await world.queued(), 1);
  });

  test('thrown because the session ends makes no report; the message may have been sent and stays queued', async () => {
    for (const deferred of [false, true]) {
      const smtp = new ScriptedTransport('smtp', {
        outcome: (): Outcome['outcome'] => 'deferred',
        onEnd: () => 'dontResend',
      });
      const hang = (): void => {
        smtp.script = {
          onSubmit: ({ options }) =>
            new Promise((_resolve, reject) => {
              const onAbort = (): void => reject(new MapiError('MAPI_E_CANCEL', 'aborted'));
              options.signal.addEventListener('abort', onAbort, { once: true });
            }),
        };
      };
      const world = await World.started({ transports: [smtp] });
      if (!deferred) hang();
      const entryId = await world.submit('a', ['x@example.org']);
      await world.pass();
      hang();
      if (deferred) await world.main.spooler.notice(smtp.uid, { kind: 'sentDeferred', entryId });
      await world.pass();
      const ended = world.main.spooler.shutdown(1000);
      await world.pass(1000);
      const report = await ended;
      deepStrictEqual([report.failed, report.left, report.unknown], [0, 0, 1], `deferred: ${deferred}`);
      strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
      strictEqual(await world.queued(), 1);
    }
  });

  test('a transport that is not called any more has sent nothing: the message is not said to have been', async () => {
    const first = new ScriptedTransport('first', {
      onSubmit: ({ options }) =>
        new Promise((_resolve, reject) => {
          const onAbort = (): void => reject(new MapiError('MAPI_E_NOT_ME', 'nothing done'));
          options.signal.addEventListener('abort', onAbort, { once: true });
        }),
    });
    const second = new ScriptedTransport('second');
    const world = await World.started({ transports: [first, second] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const ended = world.main.spooler.shutdown(1000);
    await world.pass(1000);
    const report = await ended;
    deepStrictEqual([report.left, report.unknown, second.calls.includes('submit a')], [1, 0, false]);
    ok(!report.messages[0]?.recipients[0]?.lastError?.includes('may have been sent'));
  });
});
