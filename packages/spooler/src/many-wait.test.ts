/** A deep queue of which most has to wait for a transport, while another one works. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { type Process, World } from './world.testing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Two transports, one without its network, and many messages for it with one for the other behind them. */
async function downtime(count: number, before: readonly ScriptedTransport[] = []) {
  const line = { down: true };
  const smtp = new ScriptedTransport('smtp', {
    onSubmit: () => {
      if (line.down) throw new MapiError('MAPI_E_NETWORK_ERROR', 'no route');
      return undefined;
    },
  });
  const fax = new ScriptedTransport('fax', { types: ['FAX'] });
  const world = await World.make({ transports: [...before, smtp, fax] });
  for (let index = 0; index < count; index++) await world.submit(`m${index}`, ['x@example.org']);
  await world.submit('behind', ['FAX:1']);
  const options = { messagesInFlightMax: 2, waitingInMemoryMax: 3, retryFirstMs: 30_000 };
  const process = await world.process(options);
  await process.spooler.start();
  return { world, smtp, fax, process, line };
}

async function states({ spooler }: Process): Promise<readonly string[]> {
  const outgoing = await spooler.outgoing();
  return outgoing.map(({ state, reason, nextAttempt }) => `${state} ${nextAttempt === null ? '' : 'until'} ${reason}`);
}

describe('many messages wait for a transport', () => {
  test('what another one takes is not kept waiting behind them', async () => {
    const { world, fax } = await downtime(40);
    await world.pass();
    deepStrictEqual(
      fax.sent.map(({ subject }) => subject),
      ['behind'],
    );
  });

  test('those that are not remembered wait by a time in the queue, and say for whom', async () => {
    const { world, process } = await downtime(40);
    await world.pass();
    const found = await states(process);
    ok(found.filter((text) => text === 'waiting until waits for smtp').length > 30, found.join('\n'));
  });

  test('a history says once for whom a message waits, however often it was looked at', async () => {
    const { world, process } = await downtime(40);
    await world.pass(10 * MINUTE);
    const waiting = (await process.spooler.outgoing()).filter(({ state }) => state === 'waiting');
    const histories = await Promise.all(waiting.map(({ entryId }) => process.spooler.queue.history(entryId)));
    strictEqual(histories.length, 40);
    for (const history of histories) {
      const waits = history.map(({ text }) => text.includes('waits for smtp'));
      ok(!waits.some((said, index) => said && waits[index + 1] === true), history.map(({ text }) => text).join('\n'));
    }
  });

  test('one that another transport has declined says for whom it waits', async () => {
    const { world, process } = await downtime(8, [new ScriptedTransport('local', { outcome: () => 'notMine' })]);
    await world.pass();
    const found = await states(process);
    strictEqual(found.filter((text) => text === 'waiting until waits for smtp').length, 6, found.join('\n'));
  });

  const ways = [
    { way: 'that could be asked by nobody', before: [] },
    { way: 'that another one has declined', before: [new ScriptedTransport('local', { outcome: () => 'notMine' })] },
  ];
  test.each(ways)('those $way go out with the first when it is back, not at their own times', async ({ before }) => {
    const { world, smtp, fax, line, process } = await downtime(160, before);
    fax.script = { types: ['FAX'], outcome: () => 'deferred' };
    await world.submit('deferred', ['FAX:slow']); // tried again after 30, 90 and 210 seconds
    await world.pass(2 * MINUTE);
    line.down = false;
    for (let second = 0; second < 90 && smtp.sent.length === 0; second++) await world.pass(1_000);
    // The first few have asked it when it was down, and wait for their own next attempts.
    for (let round = 0; round < 300 && smtp.sent.length < 150; round++) await world.pass();
    ok(smtp.sent.length >= 150, `${smtp.sent.length} have gone out`);
    const deferred = (await process.spooler.outgoing()).find(({ subject }) => subject === 'deferred');
    deepStrictEqual([deferred?.state, deferred?.attempts], ['waiting', 3]);
  });

  test('so do those whose transport could not log on at all', async () => {
    const fax = new ScriptedTransport('fax', { types: ['FAX'] });
    const unavailable = ['smtp'];
    const world = await World.make({ transports: [fax], unavailable });
    for (let index = 0; index < 160; index++) await world.submit(`m${index}`, ['x@example.org']);
    const { spooler } = await world.process({ messagesInFlightMax: 8, waitingInMemoryMax: 3 });
    await spooler.start();
    await world.pass(10 * MINUTE);
    const smtp = new ScriptedTransport('smtp');
    world.transports = [smtp, fax];
    for (let second = 0; second < 1_000 && smtp.sent.length === 0; second++) {
      await world.pass(1_000);
      if (smtp.calls.length > 0) unavailable.length = 0; // it is logged on
    }
    for (let round = 0; round < 300 && smtp.sent.length < 160; round++) await world.pass();
    strictEqual(smtp.sent.length, 160);
  });

  test('they go out when it is back, once each', async () => {
    const { world, smtp, line, process } = await downtime(40);
    await world.pass(10 * MINUTE);
    line.down = false;
    for (let hour = 0; hour < 9 && (await world.queued()) > 0; hour++) await world.pass(HOUR);
    strictEqual(await world.queued(), 0);
    const sent = smtp.sent.map(({ subject }) => subject);
    strictEqual(new Set(sent).size, 40);
    strictEqual(sent.length, 40);
    deepStrictEqual(new Set(await states(process)), new Set(['sent  null']));
  });
});
