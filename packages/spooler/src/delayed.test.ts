import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, PR_REPORT_TEXT, prop, propOf, type Row } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('a message that is deferred for long', () => {
  const deferring = (): ScriptedTransport =>
    new ScriptedTransport('smtp', { outcome: () => ({ outcome: 'deferred', smtpCode: 450, text: 'greylisted' }) });

  test('is reported to its sender as delayed, once, and tried on', async () => {
    const smtp = deferring();
    const options = { delayNoticeMs: 60 * MINUTE, retryMaxMs: 10 * MINUTE };
    const world = await World.started({ transports: [smtp], options });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass(50 * MINUTE);
    const notices = (): Promise<readonly unknown[]> => world.received('REPORT.IPM.Note.Delayed', [PR_REPORT_TEXT]);
    strictEqual((await notices()).length, 0);
    await world.pass(30 * MINUTE);
    const [notice] = (await notices()) as readonly Row[];
    strictEqual(propOf(notice ?? [], PR_REPORT_TEXT), 'x@example.org: delayed, it is tried on; last: 450 greylisted');
    await world.main.spooler.shutdown(SECOND);
    const next = await world.process();
    await next.spooler.start();
    await world.pass(120 * MINUTE);
    strictEqual((await notices()).length, 1);
    strictEqual(await world.queued(), 1);
    const history = await next.spooler.queue.history(entryId);
    deepStrictEqual(history.filter(({ text }) => /delayed/u.test(text)).length, 1);
    deepStrictEqual(history[2]?.recipients, [{ address: 'x@example.org', state: 'waiting', text: '450 greylisted' }]);
    ok(history[2]?.until !== undefined);
  });

  test('nobody is told where no report is wanted, or no notice', async () => {
    for (const [delayNoticeMs, wanted] of [
      [Number.POSITIVE_INFINITY, true],
      [60 * MINUTE, false],
    ] as const) {
      const world = await World.started({ transports: [deferring()], options: { delayNoticeMs } });
      await world.submit('a', ['x@example.org'], [prop(PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, wanted)]);
      await world.pass(600 * MINUTE);
      strictEqual((await world.received('REPORT.IPM.Note.Delayed')).length, 0);
    }
  });

  test('does not expire because somebody sets the clock forwards', async () => {
    const world = await World.started({ transports: [deferring()] });
    await world.submit('a', ['x@example.org']);
    await world.pass(MINUTE);
    world.clock.jump(10 * 24 * 60 * MINUTE);
    await world.pass(60 * MINUTE);
    strictEqual(await world.queued(), 1);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
    await world.pass(6 * 24 * 60 * MINUTE);
    strictEqual(await world.queued(), 0);
  });

  test('waits no longer than a day when the clock is set back by a year, and what waits here is looked at soon', async () => {
    const smtp = deferring();
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass(MINUTE);
    const before = smtp.calls.length;
    smtp.script = {};
    world.clock.jump(-365 * 24 * 60 * MINUTE);
    await world.pass(6 * MINUTE);
    ok(smtp.calls.length > before);
    strictEqual(await world.queued(), 0);
  });

  test('a clock that is set while an attempt runs lets nobody else have the message', async () => {
    const gate: { open: () => void } = { open: () => {} };
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () =>
        new Promise((resolve) => {
          gate.open = () => resolve(undefined);
        }),
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const other = await world.process();
    await other.spooler.start();
    for (const hours of [5, -10, 24]) {
      world.clock.jump(hours * 60 * MINUTE);
      await world.pass(MINUTE);
    }
    gate.open();
    await world.pass(MINUTE);
    strictEqual(smtp.calls.filter((call) => call.startsWith('submit')).length, 1);
    strictEqual(await world.queued(), 0);
  });
});
