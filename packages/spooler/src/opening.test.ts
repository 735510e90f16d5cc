/** What happens to transports and stores while they are being opened. */
import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { toHex } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { STORE_ID, World } from './world.testing.ts';

/** Something that waits until it is let go. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

/** A transport whose next address types come when they are let go. */
function slowTransport(name: string) {
  const transport = new ScriptedTransport(name);
  const held = gate();
  const types = transport.addressTypes.bind(transport);
  let isSlow = true;
  transport.addressTypes = async () => {
    if (isSlow) await held.passed;
    isSlow = false;
    return types();
  };
  return { transport, held };
}

describe('a transport that is being opened', () => {
  test('and reports a critical error is used no more, and comes back as a new logon', async () => {
    const { transport, held } = slowTransport('smtp');
    const world = await World.make({ transports: [transport] });
    const { spooler, closed } = await world.process();
    const started = spooler.start();
    await world.pass();
    await spooler.notice(transport.uid, { kind: 'criticalError', error: 'the disk of the transport is gone' });
    held.open();
    await started;
    await world.submit('a', ['x@example.org']);
    await world.pass();
    deepStrictEqual(closed, [toHex(transport.uid)]);
    deepStrictEqual(
      transport.calls.filter((call) => call !== 'addressTypes'),
      [],
    );
    deepStrictEqual(spooler.addressTypes(), []);
    await world.pass(120_000);
    strictEqual(transport.sent.length, 1);
    await spooler.shutdown(1000);
  });

  test('when the spooler ends is closed when it is open, and not called', async () => {
    const transport = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [transport] });
    const { spooler, host, closed } = await world.process();
    const { open, passed } = gate();
    Object.assign(host, { openTransports: () => passed.then(() => [transport.asTransport()]) });
    const started = spooler.start();
    await world.pass();
    const ended = spooler.shutdown(1000);
    await world.pass(10_000);
    await ended;
    open();
    await started;
    deepStrictEqual([closed, transport.calls], [[toHex(transport.uid)], []]);
  });
});

test('of two changes of a transport’s address types the later one counts, whichever answer comes first', async () => {
  const smtp = new ScriptedTransport('smtp');
  const world = await World.started({ transports: [smtp] });
  const { spooler } = world.main;
  const [first, second] = [gate(), gate()];
  const answers = [first.passed.then(() => ['OLD']), second.passed.then(() => ['NEW'])];
  smtp.addressTypes = async () => ({ types: (await answers.shift()) ?? [], uids: [] });
  const notices = [1, 2].map(() => spooler.notice(smtp.uid, { kind: 'configChange' }));
  second.open();
  await world.pass();
  first.open();
  await Promise.all(notices);
  deepStrictEqual(spooler.addressTypes(), ['NEW']);
  await spooler.shutdown(1000);
});

test('a store that is being attached when the spooler ends is let go', async () => {
  const world = await World.started();
  const { spooler } = world.main;
  const store = world.memory.openSpooler();
  const { open, passed } = gate();
  const queue = store.getOutgoingQueue.bind(store);
  let tables = 0;
  Object.assign(store, {
    addRef: () => store,
    getOutgoingQueue: async () => {
      await passed;
      const table = await queue();
      tables++;
      const release = table.release.bind(table);
      return Object.assign(table, {
        release: async () => {
          tables--;
          await release();
        },
      });
    },
  });
  const attached = spooler.attachStore({ entryId: STORE_ID.map((byte) => byte + 1), displayName: 'Late', store });
  const ended = spooler.shutdown(1000);
  await world.pass(10_000);
  await ended;
  open();
  await rejects(attached, { code: 'MAPI_E_END_OF_SESSION' });
  strictEqual(tables, 0);
});
