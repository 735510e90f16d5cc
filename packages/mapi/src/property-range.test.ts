import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import * as mapi from './index.ts';
import { isTransmittable, objectRange, PR_MESSAGE_FLAGS, PT_UNICODE, propertyRange, tag } from './index.ts';

const at = (id: number) => tag(id, PT_UNICODE);

describe('ranges of property identifiers', () => {
  test('PROP-005: each has its first and its last identifier', () => {
    const edges = [
      ...([0x0001, 0x0bff, 0x0c00, 0x0dff, 0x0e00, 0x0fff, 0x1000, 0x2fff, 0x3000, 0x3fff, 0x4000, 0x57ff] as const),
      ...([0x5800, 0x5fff, 0x6000, 0x65ff, 0x6600, 0x67ff, 0x6800, 0x7bff, 0x7c00, 0x7fff, 0x8000, 0xfffe] as const),
    ];
    const names = [
      ...['envelope', 'recipient', 'messageNontransmittable', 'content', 'object', 'transportEnvelope'],
      ...['recipientByProvider', 'clientNontransmittable', 'providerNontransmittable', 'classContent'],
      ...['classNontransmittable', 'named'],
    ];
    assert.deepEqual(
      edges.map((id) => propertyRange(at(id))),
      names.flatMap((name) => [name, name]),
    );
    assert.deepEqual([propertyRange(at(0)), propertyRange(at(0xffff))], [undefined, undefined]);
  });

  test('PROP-005, PROP-006: documented properties lie in the range of what they are of', () => {
    const { PR_IMPORTANCE, PR_RECIPIENT_TYPE, PR_BODY, PR_DISPLAY_NAME } = mapi;
    assert.deepEqual(
      [PR_IMPORTANCE, PR_RECIPIENT_TYPE, PR_MESSAGE_FLAGS, PR_BODY, PR_DISPLAY_NAME].map(propertyRange),
      ['envelope', 'recipient', 'messageNontransmittable', 'content', 'object'],
    );
    const tags = [
      ...[PR_DISPLAY_NAME, mapi.PR_STORE_SUPPORT_MASK, mapi.PR_IPM_OUTBOX_ENTRYID, mapi.PR_CONTENT_COUNT],
      ...[mapi.PR_ATTACH_METHOD, mapi.PR_DISPLAY_TYPE, mapi.PR_GIVEN_NAME, mapi.PR_SERVICE_UID, mapi.PR_STATUS_CODE],
    ];
    const objects = [
      'common',
      'store',
      'store',
      'container',
      'attachment',
      'addressBook',
      'mailUser',
      'profile',
      'status',
    ];
    assert.deepEqual(tags.map(objectRange), objects);
    assert.equal(objectRange(at(0x3c00)), 'distList');
    assert.equal(objectRange(PR_BODY), undefined);
  });

  test('XP-037: the ranges of identifiers that travel with a message', () => {
    const travels = (id: number): boolean => isTransmittable(tag(id, PT_UNICODE));
    const edges = [
      0x0001, 0x0dff, 0x0e00, 0x0fff, 0x1000, 0x5fff, 0x6000, 0x67ff, 0x6800, 0x7bff, 0x7c00, 0x7fff, 0x8000, 0xfffe,
    ];
    assert.deepEqual(edges.map(travels), [
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    assert.equal(isTransmittable(PR_MESSAGE_FLAGS), false);
  });

  test('STORE-042: an entry identifier is of its store, and does not travel', () => {
    const { PR_ENTRYID, PR_PARENT_ENTRYID, PR_STORE_ENTRYID, PR_SENTMAIL_ENTRYID } = mapi;
    const tags = [PR_ENTRYID, PR_PARENT_ENTRYID, PR_STORE_ENTRYID, PR_SENTMAIL_ENTRYID];
    assert.deepEqual(tags.map(isTransmittable), [false, false, false, false]);
  });
});
