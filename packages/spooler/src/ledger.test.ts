import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  type MapiErrorCode,
  type OutgoingStore,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ContractRecords } from './contract-records.ts';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { contractOnly, overlaid, STORE_ID, turns, World } from './world.testing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A store whose writes fail while `fault` is set. */
class Faulty {
  fault: MapiErrorCode | undefined;
  readonly #records: boolean;

  /** @param records whether the store keeps the records of its queue by itself */
  constructor(records: boolean) {
    this.#records = records;
  }

  readonly wrap = (given: IMsgStore): IMsgStore => {
    ok(supportsOutgoing(given));
    const store: OutgoingStore = given;
    const attempt = async <T>(run: () => Promise<T>): Promise<T> => {
      if (this.fault !== undefined) throw new MapiError(this.fault, 'the file cannot be used');
      return run();
    };
    const wrapped: IMsgStore = overlaid(store, {
      addRef: () => outer,
      setLockState: (...args: Parameters<IMsgStore['setLockState']>) => attempt(() => store.setLockState(...args)),
      finishedMsg: (...args: Parameters<IMsgStore['finishedMsg']>) => attempt(() => store.finishedMsg(...args)),
      writeOutgoing: (...args: Parameters<OutgoingStore['writeOutgoing']>) =>
        attempt(() => store.writeOutgoing(...args)),
      finishOutgoing: (...args: Parameters<OutgoingStore['finishOutgoing']>) =>
        attempt(() => store.finishOutgoing(...args)),
    });
    const outer = this.#records ? wrapped : contractOnly(wrapped);
    return outer;
  };
}

/** A spooler that has just sent a message when its store fails with `code`. */
async function sentIntoFault(code: MapiErrorCode, records = true) {
  const faulty = new Faulty(records);
  const smtp = new ScriptedTransport('smtp', {
    onSubmit: () => {
      faulty.fault = code;
      return undefined;
    },
  });
  const world = await World.make({ transports: [smtp] });
  const { spooler, store } = await world.process({}, faulty.wrap);
  await spooler.start();
  await world.submit('a', ['x@example.org']);
  await world.pass();
  strictEqual(smtp.sent.length, 1);
  return { world, faulty, smtp, spooler, store };
}

describe('a result that cannot be written', () => {
  const codes = ['MAPI_E_BUSY', 'MAPI_E_NO_ACCESS', 'MAPI_E_NOT_FOUND', 'MAPI_E_DISK_ERROR', 'MAPI_E_TIMEOUT'] as const;
  for (const code of codes) {
    for (const records of [false, true]) {
      test(`because of ${code} is written when it can be${records ? '' : ', by the documented methods'}; nothing is sent twice`, async () => {
        const { world, faulty, smtp, spooler } = await sentIntoFault(code, records);
        for (let minute = 0; minute < 60; minute++) await world.pass(MINUTE);
        strictEqual(await world.queued(), 1);
        faulty.fault = undefined;
        await world.pass(5 * MINUTE);
        strictEqual(smtp.sent.length, 1);
        deepStrictEqual(
          (await spooler.outgoing()).map(({ state }) => state),
          ['sent'],
        );
        strictEqual(await world.queued(), 0);
      });
    }
  }

  test('is tried once more when the spooler has to end', async () => {
    const { world, faulty, smtp, spooler, store } = await sentIntoFault('MAPI_E_BUSY');
    await world.pass(10 * MINUTE + 10 * SECOND); // the next try is not near
    faulty.fault = undefined;
    const ended = spooler.shutdown(SECOND);
    await world.pass(10 * SECOND);
    await ended;
    await store.release();
    const next = await world.process();
    await next.spooler.start();
    await world.pass(60 * MINUTE);
    strictEqual(smtp.sent.length, 1);
    strictEqual(await world.queued(), 0);
  });

  test('of a message that has been taken over is not written', async () => {
    const { world, faulty, smtp, spooler } = await sentIntoFault('MAPI_E_BUSY');
    await world.pass(3 * MINUTE);
    const other = world.memory.openSpooler();
    const [shown] = await spooler.outgoing();
    ok(shown !== undefined);
    await using message = await other.openEntry(shown.entryId, { iid: 'IMessage', modify: true });
    await other.setLockState(message, true, { leaseMs: 60 * MINUTE });
    faulty.fault = undefined;
    await world.pass(MINUTE);
    strictEqual((await spooler.detachStore(STORE_ID, 'quiet')).outbound, false);
    strictEqual(await world.queued(), 1);
    strictEqual(smtp.sent.length, 1);
  });

  test('is written under a new lock where somebody else had the message for a moment', async () => {
    for (const records of [false, true]) {
      const { world, faulty, smtp, spooler } = await sentIntoFault('MAPI_E_DISK_ERROR', records);
      await world.pass(3 * MINUTE);
      const other = world.memory.openSpooler();
      const [shown] = await spooler.outgoing();
      ok(shown !== undefined);
      await using message = await other.openEntry(shown.entryId, { iid: 'IMessage', modify: true });
      await other.setLockState(message, true, { leaseMs: MINUTE });
      await other.setLockState(message, false);
      faulty.fault = undefined;
      await world.pass(2 * MINUTE);
      strictEqual(smtp.sent.length, 1);
      strictEqual(await world.queued(), 0);
    }
  });

  test('leaves no trail of warnings, however many wait at a time', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', note);
    const faulty = new Faulty(true);
    const gates: (() => void)[] = [];
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () => new Promise((resolve) => gates.push(() => resolve(undefined))),
    });
    const world = await World.make({ transports: [smtp] });
    const { spooler } = await world.process({}, faulty.wrap);
    await spooler.start();
    for (let index = 0; index < 30; index++) await world.submit(`m${index}`, ['x@example.org']);
    await world.pass();
    strictEqual(gates.length, 30);
    faulty.fault = 'MAPI_E_NOT_ENOUGH_DISK';
    for (const go of gates) go();
    await world.pass(MINUTE);
    await turns();
    process.off('warning', note);
    deepStrictEqual(warnings, []);
  });
});

describe('a lease that cannot be renewed', () => {
  async function working() {
    const faulty = new Faulty(true);
    const state = { aborted: false, end: (): void => {} };
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: ({ options }) =>
        new Promise((resolve, reject) => {
          state.end = () => resolve(undefined);
          const onAbort = (): void => {
            state.aborted = true;
            reject(options.signal.reason);
          };
          options.signal.addEventListener('abort', onAbort, { once: true });
        }),
    });
    const world = await World.make({ transports: [smtp] });
    const { spooler } = await world.process({}, faulty.wrap);
    await spooler.start();
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    return { faulty, state, smtp, world, spooler, entryId };
  }

  for (const code of ['MAPI_E_BUSY', 'MAPI_E_NO_ACCESS', 'MAPI_E_DISK_ERROR'] as const) {
    test(`because of ${code} is tried again soon; the transport goes on`, async () => {
      const { faulty, state, smtp, world, spooler } = await working();
      faulty.fault = code;
      await world.pass(85 * SECOND);
      faulty.fault = undefined;
      await world.pass(4 * SECOND);
      const [message] = await spooler.outgoing();
      ok(message?.lockedBy !== null);
      await world.pass(2 * SECOND); // the first lease would be over
      ok((await spooler.outgoing())[0]?.lockedBy !== null);
      state.end();
      await world.pass();
      deepStrictEqual([state.aborted, smtp.sent.length, await world.queued()], [false, 1, 0]);
    });
  }

  test('SPOOL-028: ends the attempt when somebody else has taken the message', async () => {
    const { faulty, state, world, entryId } = await working();
    faulty.fault = 'MAPI_E_BUSY';
    await world.pass(5 * MINUTE);
    strictEqual(state.aborted, false);
    const other = world.memory.openSpooler();
    await using message = await other.openEntry(entryId, { iid: 'IMessage', modify: true });
    await other.setLockState(message, true, { leaseMs: 60 * MINUTE });
    faulty.fault = undefined;
    await world.pass(5 * SECOND);
    strictEqual(state.aborted, true);
    strictEqual(await world.queued(), 1);
  });
});

describe('a queued message that cannot be opened', () => {
  const cases: readonly (readonly [MapiErrorCode, boolean])[] = [
    ['MAPI_E_BUSY', true],
    ['MAPI_E_NO_ACCESS', true],
    ['MAPI_E_CORRUPT_DATA', true],
    ['MAPI_E_NOT_FOUND', false],
    ['MAPI_E_OBJECT_DELETED', false],
    ['MAPI_E_NOT_IN_QUEUE', false],
  ];
  for (const [code, isShown] of cases) {
    test(`${code}: is ${isShown ? 'shown with the reason' : 'gone'}`, async () => {
      const world = await World.make();
      const closed = (store: IMsgStore): IMsgStore => {
        const wrapped: IMsgStore = overlaid(store, {
          addRef: () => wrapped,
          openEntry: () => Promise.reject(new MapiError(code, 'not to be opened')),
        });
        return wrapped;
      };
      const { spooler } = await world.process({}, closed);
      const entryId = await world.submit('a', ['x@example.org']);
      const shown = await spooler.outgoing();
      deepStrictEqual(
        shown.map((message) => [message.entryId, message.state]),
        isShown ? [[entryId, 'ready']] : [],
      );
      if (isShown) ok(shown[0]?.reason?.includes('not to be opened'));
    });
  }
});

describe('what others take out of the queue', () => {
  test('is forgotten by the records that are kept by the documented methods', async () => {
    const world = await World.make();
    const store = world.memory.openSpooler();
    const records = new ContractRecords(contractOnly(store), { clock: world.clock, log: world.log, owner: 'me' });
    const lockOf = async (entryId: EntryId): Promise<number> => {
      await using message = await store.openEntry(entryId, { iid: 'IMessage' });
      return (await records.readOutgoing(message)).lock;
    };
    const [stays, goes] = [await world.submit('stays', ['x@x']), await world.submit('goes', ['x@x'])];
    const step = { state: 'waiting', text: 'tried' } as const;
    for (const entryId of [stays, goes]) await records.writeOutgoing(entryId, { step });
    await world.client.abortSubmit(goes);
    ok((await lockOf(goes)) > 0);
    await records.dueOutgoing({ now: world.clock.now(), beyond: world.clock.now() });
    strictEqual(await lockOf(goes), 0);
    ok((await lockOf(stays)) > 0);
  });

  test('begins anew when it comes back: what failed before is not counted', async () => {
    const isFailing = { yes: true };
    const wrap = (given: IMsgStore): IMsgStore => {
      ok(supportsOutgoing(given));
      const wrapped: IMsgStore = overlaid(given, {
        addRef: () => wrapped,
        writeOutgoing: (...args: Parameters<OutgoingStore['writeOutgoing']>) => {
          if (isFailing.yes && args[1].leaseMs !== undefined) throw new TypeError('no such column');
          return given.writeOutgoing(...args);
        },
      });
      return wrapped;
    };
    const world = await World.make({ transports: [new ScriptedTransport('smtp')] });
    const { spooler } = await world.process({}, wrap);
    await spooler.start();
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass(6 * SECOND); // has failed twice by now; the third time it would be held
    await world.client.abortSubmit(entryId);
    await world.pass(MINUTE);
    await using message = await world.client.openEntry(entryId, { iid: 'IMessage', modify: true });
    await message.submitMessage();
    await world.pass(SECOND);
    const [again] = await spooler.outgoing();
    deepStrictEqual([again?.state, again?.reason?.includes('no such column')], ['waiting', true]);
    isFailing.yes = false;
    await world.pass(MINUTE);
    strictEqual(await world.queued(), 0);
  });
});
