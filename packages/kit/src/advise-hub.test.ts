import assert from 'node:assert/strict';
import { memoryLog } from '@nodemapi/base';
import {
  fnevExtended,
  fnevNewMail,
  fnevObjectCreated,
  fnevObjectDeleted,
  fnevTableModified,
  MAPI_MESSAGE,
  MapiError,
  type Notification,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { AdviseHub, CALLBACK_DISCONTINUE, NOTIFICATIONS_LOST } from './advise-hub.ts';

const KEY = Uint8Array.of(1);
const created = (id: number): Notification => ({
  kind: 'objectCreated',
  objectType: MAPI_MESSAGE,
  entryId: Uint8Array.of(id),
});
const deleted: Notification = { kind: 'objectDeleted', objectType: MAPI_MESSAGE, entryId: KEY };
const changed: Notification = { kind: 'tableModified', event: 'changed' };
const idOf = (one: Notification): number => ('entryId' in one ? (one.entryId?.[0] ?? -1) : -1);

function recorder() {
  const calls: (readonly Notification[])[] = [];
  return { calls, all: () => calls.flat(), onNotify: (batch: readonly Notification[]) => void calls.push(batch) };
}

describe('AdviseHub', () => {
  test('NOTIF-3, NOTIF-17: connections are nonzero and never given twice', () => {
    const hub = new AdviseHub();
    const numbers = [1, 2, 3].map(() => {
      const { connection } = hub.advise(KEY, fnevNewMail, recorder());
      hub.unadvise(connection);
      return connection;
    });
    assert.ok(numbers.every((number) => number > 0));
    assert.equal(new Set(numbers).size, 3);
  });

  test('NOTIF-18, AMB-67: nothing arrives inside the causing call, nor before it has answered', async () => {
    const hub = new AdviseHub();
    const steps: string[] = [];
    hub.advise(KEY, fnevObjectCreated, { onNotify: () => void steps.push('told') });
    const cause = async (): Promise<void> => {
      hub.notify(KEY, [created(1)]);
      steps.push('notified');
    };
    const outer = async (): Promise<void> => {
      await cause();
      await Promise.resolve();
      steps.push('returned');
    };
    await outer();
    assert.deepEqual(steps, ['notified', 'returned']);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(steps, ['notified', 'returned', 'told']);
  });

  test('NOTIF-32: only sinks of the key, and only events of the mask; nobody is no error', async () => {
    const hub = new AdviseHub();
    const [mine, other, whole, newMail] = [recorder(), recorder(), recorder(), recorder()];
    hub.advise(KEY, fnevObjectCreated | fnevObjectDeleted, mine);
    hub.advise(Uint8Array.of(2), fnevObjectCreated, other);
    hub.advise(null, fnevObjectCreated, whole);
    hub.advise(KEY, fnevNewMail, newMail);
    hub.notify(KEY, [created(1), deleted, changed]);
    hub.notify(Uint8Array.of(3), [created(1)]);
    hub.notify(null, [created(4)]);
    await hub.flush();
    assert.deepEqual(mine.all(), [created(1), deleted]);
    assert.deepEqual([other.all(), newMail.all()], [[], []]);
    assert.deepEqual(whole.all(), [created(4)]);
    assert.throws(
      () => hub.advise(KEY, 0, mine),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'),
    );
  });

  test('NOTIF-25, NOTIF-27: many at a time, in their order; an asynchronous sink is waited for, so none has to be reentrant', async () => {
    const hub = new AdviseHub();
    const seen: number[] = [];
    let running = 0;
    hub.advise(KEY, fnevObjectCreated, {
      onNotify: async (batch) => {
        assert.equal(++running, 1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push(...batch.map(idOf));
        running--;
      },
    });
    for (let id = 0; id < 20; id++) {
      hub.notify(KEY, [created(id)]);
      if (id % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await hub.flush();
    assert.deepEqual(seen, [...seen.keys()]);
    assert.equal(seen.length, 20);
  });

  test('NOTIF-26: a sink that changes its list changes nobody else’s, and one that keeps it has it for good', async () => {
    const hub = new AdviseHub();
    const kept: (readonly Notification[])[] = [];
    const other = recorder();
    hub.advise(KEY, fnevObjectCreated, { onNotify: (batch) => void (batch as Notification[]).splice(0) });
    hub.advise(KEY, fnevObjectCreated, { onNotify: (batch) => void kept.push(batch) });
    hub.advise(KEY, fnevObjectCreated, other);
    for (const id of [1, 2]) {
      hub.notify(KEY, [created(id), created(id + 10)]);
      await hub.flush();
    }
    assert.deepEqual(other.all().map(idOf), [1, 11, 2, 12]);
    assert.deepEqual(
      kept.map((batch) => batch.map(idOf)),
      [
        [1, 11],
        [2, 12],
      ],
    );
  });

  test('a sink that throws is logged and disturbs nobody', async () => {
    const log = memoryLog();
    const hub = new AdviseHub({ log });
    const other = recorder();
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw new Error('mine');
    };
    hub.advise(KEY, fnevObjectCreated, { onNotify: fail });
    hub.advise(KEY, fnevObjectCreated, { onNotify: async () => fail() });
    hub.advise(KEY, fnevObjectCreated, other);
    hub.notify(KEY, [created(1)]);
    await hub.flush();
    hub.notify(KEY, [created(2)]);
    await hub.flush();
    assert.deepEqual([calls, other.all().map(idOf)], [4, [1, 2]]);
    assert.deepEqual(
      log.entries.map(({ level }) => level),
      Array(4).fill('error'),
    );
  });

  test('AMB-68, NOTIF-14: after unadvise nothing arrives, not even what was queued', async () => {
    const hub = new AdviseHub();
    const sink = recorder();
    const { connection } = hub.advise(KEY, fnevObjectCreated, sink);
    await using disposed = hub.advise(KEY, fnevObjectCreated, sink);
    hub.notify(KEY, [created(1)]);
    hub.unadvise(connection);
    await disposed[Symbol.asyncDispose]();
    await hub.flush();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(sink.all(), []);
    assert.equal(hub.size, 0);
    assert.throws(
      () => hub.unadvise(connection),
      (error) => MapiError.is(error, 'MAPI_E_NOT_FOUND'),
    );
  });

  test('NOTIF-15: a cancelled sink is never called again; a call that is running goes on to its end', async () => {
    const hub = new AdviseHub();
    const steps: string[] = [];
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { connection } = hub.advise(KEY, fnevObjectCreated, {
      onNotify: async () => {
        steps.push('begun');
        await waiting;
        steps.push('ended');
      },
    });
    hub.notify(KEY, [created(1)]);
    const delivered = hub.flush();
    hub.notify(KEY, [created(2)]);
    hub.unadvise(connection);
    steps.push('cancelled');
    goOn();
    await delivered;
    await hub.flush();
    assert.deepEqual(steps, ['begun', 'cancelled', 'ended']);
  });

  test('a sink that is cancelled while it runs gets nothing more', async () => {
    const hub = new AdviseHub();
    const seen: number[] = [];
    const advised = hub.advise(KEY, fnevObjectCreated, {
      onNotify: async (batch) => {
        seen.push(...batch.map(idOf));
        hub.notify(KEY, [created(2)]);
        hub.unadvise(advised);
        hub.notify(KEY, [created(3)]);
      },
    });
    hub.notify(KEY, [created(1)]);
    await hub.flush();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(seen, [1]);
  });

  test('a sink that falls behind gets one TABLE_RELOAD, or is told of a loss', async () => {
    const hub = new AdviseHub({ pendingNotificationsMax: 3 });
    const [table, object] = [recorder(), recorder()];
    hub.advise(KEY, fnevTableModified, table);
    hub.advise(KEY, fnevObjectCreated, object);
    for (let id = 0; id < 4; id++) hub.notify(KEY, [changed, created(id)]);
    await hub.flush();
    assert.deepEqual(table.all(), [{ kind: 'tableModified', event: 'reload' }]);
    assert.deepEqual(object.all(), [{ kind: 'extended', event: NOTIFICATIONS_LOST, parameters: new Uint8Array(0) }]);
    hub.notify(KEY, [created(9)]);
    await hub.flush();
    assert.equal(object.all().length, 2);
  });

  test('NOTIF-23: a flush delivers what is queued, what sinks cause meanwhile too', async () => {
    const hub = new AdviseHub({ schedule: () => {} });
    const last = recorder();
    hub.advise(KEY, fnevObjectCreated, { onNotify: () => void hub.notify(null, [created(2)]) });
    hub.advise(null, fnevObjectCreated, last);
    hub.notify(KEY, [created(1)]);
    await hub.flush();
    assert.deepEqual(last.all().map(idOf), [2]);
    await hub.flush();
  });

  test('NOTIF-33, NOTIF-35, AMB-71, STORE-085: synchronous sinks are called before notify returns, and may stop it', () => {
    const hub = new AdviseHub();
    const seen: string[] = [];
    const sink = (name: string, answer?: number) => ({
      onNotify: (() => {
        seen.push(name);
        return answer;
      }) as () => void,
    });
    hub.advise(KEY, fnevExtended, sink('first'), { sync: true });
    const event: Notification = { kind: 'extended', event: 1, parameters: new Uint8Array(0) };
    assert.deepEqual(hub.notify(KEY, [event]), { cancelled: false });
    hub.advise(KEY, fnevExtended, sink('second', CALLBACK_DISCONTINUE), { sync: true });
    hub.advise(KEY, fnevExtended, sink('third'), { sync: true });
    assert.deepEqual(hub.notify(KEY, [event]), { cancelled: true });
    assert.deepEqual(seen, ['first', 'first', 'second']);
    assert.equal(CALLBACK_DISCONTINUE, 0x80000000);
  });

  test('NOTIF-36: a synchronous sink cannot cause a synchronous notification; what it queues comes later', async () => {
    const log = memoryLog();
    const hub = new AdviseHub({ log });
    const seen: string[] = [];
    const later = recorder();
    hub.advise(KEY, fnevObjectDeleted, later);
    hub.advise(KEY, fnevObjectCreated, { onNotify: () => void seen.push('inner') }, { sync: true });
    const other = Uint8Array.of(2);
    const causes = (events: readonly Notification[]) => ({
      onNotify: () => {
        seen.push('outer');
        hub.notify(KEY, events);
      },
    });
    hub.advise(other, fnevObjectCreated, causes([created(1)]), { sync: true });
    hub.advise(other, fnevObjectCreated, causes([deleted]), { sync: true });
    hub.notify(other, [created(1)]);
    assert.deepEqual(seen, ['outer', 'outer']);
    assert.deepEqual(
      log.entries.map(({ fields }) => MapiError.is(fields?.error, 'MAPI_E_CALL_FAILED')),
      [true],
    );
    await hub.flush();
    assert.deepEqual(later.all(), [deleted]);
    hub.notify(KEY, [created(2)]);
    assert.deepEqual(seen.slice(2), ['inner']);
  });

  test('NOTIF-12, NOTIF-43: an extended event is the provider’s: number and parameters pass as they are', async () => {
    const hub = new AdviseHub();
    const sink = recorder();
    hub.advise(KEY, fnevExtended, sink);
    const event: Notification = { kind: 'extended', event: 0xdead_beef, parameters: Uint8Array.of(1, 0, 255) };
    hub.notify(KEY, [event]);
    await hub.flush();
    assert.deepEqual(sink.all(), [event]);
  });

  test('closing cancels all, and keys of its own are different', async () => {
    const hub = new AdviseHub();
    const sink = recorder();
    assert.notDeepEqual(hub.uniqueKey(), hub.uniqueKey());
    hub.advise(KEY, fnevObjectCreated, sink);
    assert.ok(hub.hasSinks(KEY) && !hub.hasSinks(null));
    hub.notify(KEY, [created(1)]);
    hub.close();
    await hub.flush();
    assert.deepEqual([sink.all(), hub.size, hub.hasSinks(KEY)], [[], 0, false]);
  });
});
