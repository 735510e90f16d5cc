import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import {
  eventBit,
  fnevCriticalError,
  fnevExtended,
  fnevIndexing,
  fnevNewMail,
  fnevObjectCopied,
  fnevObjectCreated,
  fnevObjectDeleted,
  fnevObjectModified,
  fnevObjectMoved,
  fnevSearchComplete,
  fnevStatusObjectModified,
  fnevTableModified,
  maskWants,
  type Notification,
  TABLE_EVENTS,
} from './notification.ts';

const ID = Uint8Array.of(1);
const object = { objectType: 5, entryId: ID } as const;

/** One notification of each structure, with the events that it is for. */
const STRUCTURES: readonly (readonly [Notification, number])[] = [
  [{ kind: 'criticalError', entryId: null, scode: 1 }, fnevCriticalError],
  [{ kind: 'newMail', entryId: ID, parentId: ID, messageClass: 'IPM.Note', messageFlags: 0 }, fnevNewMail],
  [{ kind: 'objectCreated', ...object }, fnevObjectCreated],
  [{ kind: 'objectDeleted', ...object }, fnevObjectDeleted],
  [{ kind: 'objectModified', ...object }, fnevObjectModified],
  [{ kind: 'objectMoved', ...object, oldId: ID, oldParentId: ID }, fnevObjectMoved],
  [{ kind: 'objectCopied', ...object, oldId: ID, oldParentId: ID }, fnevObjectCopied],
  [{ kind: 'searchComplete', ...object }, fnevSearchComplete],
  [{ kind: 'tableModified', event: 'changed' }, fnevTableModified],
  [{ kind: 'extended', event: 1, parameters: ID }, fnevExtended],
  [{ kind: 'extended', event: 1, parameters: ID, indexing: true }, fnevIndexing],
  [{ kind: 'statusObjectModified', entryId: ID, props: [] }, fnevStatusObjectModified],
];

describe('notifications', () => {
  test('NOTIF-39: each event has its structure, and a mask asks for the events of its bits alone', () => {
    for (const [notification, bits] of STRUCTURES) {
      assert.equal(eventBit(notification), bits, notification.kind);
      for (const [, other] of STRUCTURES) assert.equal(maskWants(other, notification), other === bits);
    }
  });

  test('NOTIF-44, TABLE-057: events of tables by their numbers', () => {
    assert.deepEqual(
      Object.entries(TABLE_EVENTS).map(([name, number]) => `${number} ${name}`),
      [
        '1 changed',
        '2 error',
        '3 rowAdded',
        '4 rowDeleted',
        '5 rowModified',
        '6 sortDone',
        '7 restrictDone',
        '8 setColDone',
        '9 reload',
      ],
    );
  });
});
