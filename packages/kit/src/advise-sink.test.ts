import assert from 'node:assert/strict';
import { fnevExtended, MAPI_MESSAGE, type Notification, PR_INSTANCE_KEY, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { AdviseHub, CALLBACK_DISCONTINUE } from './advise-hub.ts';
import { hrAllocAdviseSink, scCopyNotifications, scCountNotifications } from './advise-sink.ts';

const KEY = Uint8Array.of(1);
const EVENT: Notification = { kind: 'extended', event: 7, parameters: Uint8Array.of(1) };

describe('sinks from functions', () => {
  test('NOTIF-24: a function becomes a sink that hands it its context and what has come', async () => {
    const hub = new AdviseHub();
    const seen: string[] = [];
    const note = (context: string, all: readonly Notification[]): void => void seen.push(`${context} ${all.length}`);
    const { connection } = hub.advise(KEY, fnevExtended, hrAllocAdviseSink(note, 'mine'));
    hub.notify(KEY, [EVENT, EVENT]);
    await hub.flush();
    assert.deepEqual(seen, ['mine 2']);
    hub.unadvise(connection);
    hub.notify(KEY, [EVENT]);
    await hub.flush();
    assert.equal(seen.length, 1);
  });

  test('NOTIF-24, NOTIF-35: what the function answers is what its sink answers', () => {
    const hub = new AdviseHub();
    const sink = hrAllocAdviseSink(() => CALLBACK_DISCONTINUE, undefined);
    hub.advise(KEY, fnevExtended, sink, { sync: true });
    assert.deepEqual(hub.notify(KEY, [EVENT]), { cancelled: true });
  });
});

describe('copies of notifications', () => {
  const moved: Notification = {
    kind: 'objectMoved',
    objectType: MAPI_MESSAGE,
    entryId: Uint8Array.of(1),
    parentId: Uint8Array.of(2),
    oldId: Uint8Array.of(3),
    oldParentId: Uint8Array.of(4),
    seq: 5n,
  };

  test('NOTIF-52, UTIL-031: a copy has all of the original and shares nothing with it', () => {
    const row = [prop(PR_INSTANCE_KEY, Uint8Array.of(9))];
    const all: readonly Notification[] = [moved, { kind: 'tableModified', event: 'rowAdded', row }, EVENT];
    const copy = scCopyNotifications(all);
    assert.deepEqual(copy, all);
    (moved.entryId as Uint8Array)[0] = 77;
    (row[0]?.value as Uint8Array)[0] = 77;
    assert.deepEqual(
      copy.map((one) => ('entryId' in one ? one.entryId : 'row' in one ? one.row?.[0]?.value : undefined)),
      [Uint8Array.of(1), Uint8Array.of(9), undefined],
    );
  });

  test('NOTIF-52, UTIL-031: a bad array is MAPI_E_INVALID_PARAMETER, and what is wrong in it is named', () => {
    scCountNotifications([]);
    scCountNotifications([moved, EVENT, { kind: 'criticalError', entryId: null, scode: 1 }]);
    const bad: readonly [unknown, RegExp][] = [
      [undefined, /no array/],
      [[moved, null], /notification 1 has no known kind/],
      [[{ kind: 'toString' }], /known kind/],
      [[{ ...moved, entryId: 'x' }], /entryId/],
      [[{ ...moved, oldId: 'x' }], /oldId/],
      [[{ kind: 'tableModified', event: 'constructor' }], /event/],
      [[{ kind: 'newMail', entryId: KEY, parentId: KEY, messageFlags: 0 }], /messageClass/],
      [[{ kind: 'criticalError', scode: 1 }], /entryId/],
    ];
    for (const [value, message] of bad) {
      assert.throws(() => scCountNotifications(value as never), { code: 'MAPI_E_INVALID_PARAMETER', message });
      assert.throws(() => scCopyNotifications(value as never), { code: 'MAPI_E_INVALID_PARAMETER', message });
    }
  });
});
