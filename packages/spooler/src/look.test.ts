/** What counts as an attempt where one transport is asked first, and the one that a message is for rests. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const MINUTE = 60_000;

/** One transport that declines, and behind it one that wants to be left alone for a quarter of an hour, once. */
async function downtime() {
  const line = { downs: 1 };
  const local = new ScriptedTransport('local', {
    outcome: (address) => (address === 'here@example.org' ? 'delivered' : 'notMine'),
  });
  const smtp = new ScriptedTransport('smtp', {
    onSubmit: () => {
      if (line.downs-- > 0) throw new MapiError('MAPI_E_NETWORK_ERROR', 'no route', { retryAfterSeconds: 900 });
      return undefined;
    },
    outcome: () => 'deferred',
  });
  const world = await World.started({ transports: [local, smtp], options: { retryFirstMs: MINUTE } });
  await world.submit('first', ['x@example.org']);
  await world.pass(1);
  return { world, local, smtp, spooler: world.main.spooler };
}

describe('a look that no transport acts on', () => {
  test('is no attempt: the wait after a real one is that of the policy', async () => {
    const { world, local, spooler } = await downtime();
    const entryId = await world.submit('second', ['x@example.org']);
    await world.pass(14 * MINUTE);
    ok(local.calls.filter((call) => call === 'submit second').length > 5, 'it was looked at all the time');
    const [before] = await spooler.queue.of([entryId]);
    deepStrictEqual(
      [before?.attempts, before?.recipients[0]?.attempts, before?.state, before?.reason],
      [0, 0, 'waiting', 'waits for smtp'],
    );
    await world.pass(MINUTE);
    while (((await spooler.queue.of([entryId]))[0]?.attempts ?? 0) === 0) await world.pass(1_000);
    const [after] = await spooler.queue.of([entryId]);
    const waitSeconds = Number((after?.nextAttempt ?? 0n) - world.clock.now()) / 1e7;
    deepStrictEqual([after?.attempts, after?.recipients[0]?.attempts], [1, 1]);
    ok(waitSeconds > 55 && waitSeconds <= 60, `it waits for ${waitSeconds} s`);
  });

  test('is told once', async () => {
    const { world, spooler } = await downtime();
    const entryId = await world.submit('second', ['x@example.org']);
    await world.pass(14 * MINUTE);
    const texts = (await spooler.queue.history(entryId)).map(({ text }) => text);
    deepStrictEqual(texts, [
      'submitted, to 1 recipient',
      'attempt 1 begins, for 1 recipient; local is asked first',
      'not sent yet: waits for smtp',
    ]);
  });

  test('counts for those on whom one has acted', async () => {
    const { world, spooler } = await downtime();
    const entryId = await world.submit('both', ['here@example.org', 'x@example.org']);
    await world.pass(5 * MINUTE);
    const [message] = await spooler.queue.of([entryId]);
    strictEqual(message?.attempts, 1);
    deepStrictEqual(
      message?.recipients.map(({ address, state, attempts }) => [address, state, attempts]),
      [
        ['here@example.org', 'sent', 1],
        ['x@example.org', 'waiting', 0],
      ],
    );
  });

  test('tells by the next step what came of it when one has acted after all', async () => {
    const { world, local, spooler } = await downtime();
    const entryId = await world.submit('second', ['x@example.org']);
    await world.pass(5 * MINUTE);
    local.script = {};
    await world.pass(MINUTE);
    const texts = (await spooler.queue.history(entryId)).map(({ text }) => text);
    deepStrictEqual(texts.slice(3, 4), ['sent to 1 recipient']);
  });

  test('a transport that is busy has not made one either', async () => {
    let busy = 20;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () => {
        if (busy-- > 0) throw new MapiError('MAPI_E_BUSY', 'one at a time');
        return undefined;
      },
      outcome: () => 'deferred',
    });
    const world = await World.started({ transports: [smtp], options: { retryFirstMs: MINUTE } });
    const entryId = await world.submit('a', ['x@example.org']);
    while (busy >= 0) await world.pass(1_000);
    const [message] = await world.main.spooler.queue.of([entryId]);
    const waitSeconds = Number((message?.nextAttempt ?? 0n) - world.clock.now()) / 1e7;
    strictEqual(message?.attempts, 1);
    ok(waitSeconds > 55 && waitSeconds <= 60, `it waits for ${waitSeconds} s`);
  });
});
