import assert from 'node:assert/strict';
import { fileTimeFromIso, seededRandom, toHex } from '@nodemapi/base';
import { test } from 'vitest';
import { conversationDepth, scCreateConversationIndex } from './conversation-index.ts';

const START = fileTimeFromIso('2026-11-22T20:00:00Z');
const at = (iso: string) => ({ clock: { now: () => fileTimeFromIso(iso) }, random: seededRandom(1) });
const begun = () => scCreateConversationIndex(null, at('2026-11-22T20:00:00Z'));
const blockOf = (index: Uint8Array): number => new DataView(index.buffer, index.byteOffset + 22).getUint32(0);

test('UTIL-037: a conversation begins with 22 bytes, and each answer adds 5 to those of its parent', () => {
  const first = begun();
  assert.equal(first.length, 22);
  assert.deepEqual(scCreateConversationIndex(new Uint8Array(0), at('2026-11-22T20:00:00Z')), first);
  const answer = scCreateConversationIndex(first, at('2026-11-22T20:05:00Z'));
  assert.equal(answer.length, 27);
  assert.deepEqual(answer.subarray(0, 22), first);
  assert.equal(scCreateConversationIndex(answer, at('2026-11-22T20:06:00Z')).length, 32);
  assert.throws(() => scCreateConversationIndex(new Uint8Array(24), at('2026-11-22T20:06:00Z')), {
    code: 'MAPI_E_INVALID_PARAMETER',
  });
});

test('UTIL-043: the header is 1, five bytes of the time and a GUID; a block the scaled difference and random bits', () => {
  const first = begun();
  assert.equal(toHex(first.subarray(0, 6)), START.toString(16).padStart(16, '0').slice(0, 12));
  assert.equal(first[0], 1);
  assert.deepEqual(first.subarray(6), seededRandom(1).bytes(16));
  const base = (START >> 16n) << 16n;
  const near = scCreateConversationIndex(first, at('2026-11-22T21:00:00Z'));
  assert.equal(BigInt(blockOf(near)), (fileTimeFromIso('2026-11-22T21:00:00Z') - base) >> 18n);
  const far = scCreateConversationIndex(first, at('2030-01-01T00:00:00Z'));
  assert.equal(blockOf(far) >>> 31, 1);
  assert.equal(BigInt(blockOf(far) - 0x8000_0000), (fileTimeFromIso('2030-01-01T00:00:00Z') - base) >> 23n);
  assert.equal((near[26] ?? 0) & 0x0f, 0);
  assert.equal(blockOf(scCreateConversationIndex(first, at('2020-01-01T00:00:00Z'))), 0, 'a clock that goes back');
});

test('UTIL-044: the depth is the number of blocks', () => {
  const first = begun();
  const answer = scCreateConversationIndex(first, at('2026-11-22T20:05:00Z'));
  assert.deepEqual([first, answer, new Uint8Array(3)].map(conversationDepth), [0, 1, 0]);
});
