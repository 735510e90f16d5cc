/** The history of a message has to be understood by somebody who has never seen one. */
import assert from 'node:assert/strict';
import { fileTimeFromMs, type OutgoingEvent } from 'nodemapi';
import { describe, test } from 'vitest';
import { fatesOf, historyText } from './outbox-history.ts';

const noon = Date.UTC(2026, 10, 23, 12);
const at = (seconds: number): bigint => fileTimeFromMs(noon + seconds * 1000);
const BY = 'vm/77/abc';
const LOST = 'the whole message went out, but no proper answer came back: the connection broke (read ECONNRESET)';

const BAD: readonly OutgoingEvent[] = [
  { time: at(0), by: BY, state: 'ready', text: 'submitted, to 2 recipients' },
  { time: at(1), by: BY, state: 'sending', text: 'attempt 1 begins, for 2 recipients; Local delivery is asked first' },
  {
    time: at(2),
    by: BY,
    state: 'unknown',
    text: `it may have been sent; ${LOST}`,
    until: at(62),
    recipients: [
      { address: 'a@x', state: 'unknown', text: LOST },
      { address: 'b@x', state: 'waiting', text: '450 come again' },
    ],
  },
  { time: at(62), by: BY, state: 'sending', text: 'attempt 2 begins, for 2 recipients; Local delivery is asked first' },
  {
    time: at(63),
    by: BY,
    state: 'waiting',
    text: 'not sent yet: 450 come again',
    until: at(180),
    recipients: [
      { address: 'a@x', state: 'sent', text: '250 taken' },
      { address: 'b@x', state: 'waiting', text: '450 come again' },
    ],
  },
  {
    time: at(-3600),
    by: BY,
    state: 'sending',
    text: 'attempt 3 begins, for 1 recipient; Local delivery is asked first',
  },
  {
    time: at(-3599),
    by: BY,
    state: 'sending',
    text: 'nobody could note how the last attempt ended, so it may have been sent; attempt 4 begins, for 1 recipient',
  },
  {
    time: at(-3598),
    by: BY,
    state: 'sent',
    text: 'sent to 1 recipient',
    recipients: [{ address: 'b@x', state: 'sent', text: '250 taken' }],
  },
];

describe('a bad history', () => {
  const lines = historyText(BAD).split('\n');

  test('says in a column of its own where the message stood, and each thing once', () => {
    assert.deepEqual(lines.slice(2, 5), [
      '2026-11-23 12:00:02Z  uncertain   it may have been sent; next try at 2026-11-23 12:01:02Z  (process 77 on vm)',
      `                      a@x may have been sent: ${LOST}`,
      '                      b@x waiting: 450 come again',
    ]);
    assert.equal(lines[1]?.includes('being sent  attempt 1 begins'), true);
    assert.equal(
      lines.find((line) => line.includes('not sent yet')),
      '2026-11-23 12:01:03Z  waiting     not sent yet; next try at 2026-11-23 12:03:00Z  (process 77 on vm)',
    );
  });

  test('says where somebody has set the clock back, once', () => {
    const set = lines.flatMap((line, index) => (/the clock of the computer was set back/u.test(line) ? [index] : []));
    assert.deepEqual(set, [lines.findIndex((line) => line.includes('attempt 3 begins')) - 1]);
  });

  test('tells in the end who got it, and who perhaps twice', () => {
    assert.deepEqual(
      fatesOf(BAD).map(({ address, state, perhapsTwice }) => [address, state, perhapsTwice]),
      [
        ['a@x', 'sent', true],
        ['b@x', 'sent', true],
      ],
    );
  });
});

describe('the fate of recipients', () => {
  const sent = (address: string): OutgoingEvent => ({
    ...{ time: at(9), by: BY, state: 'sent', text: 'sent to 1 recipient' },
    recipients: [{ address, state: 'sent', text: '250 taken' }],
  });

  test('is once where nothing went wrong', () => {
    assert.deepEqual(fatesOf([sent('a@x')]), [
      { address: 'a@x', state: 'sent', lastError: '250 taken', perhapsTwice: false },
    ]);
  });

  test('is once for those who had it before an attempt for others was cut off', () => {
    const cutOff = BAD[6];
    assert.ok(cutOff);
    const fates = fatesOf([sent('a@x'), cutOff, sent('b@x')]);
    assert.deepEqual(
      fates.map(({ address, perhapsTwice }) => [address, perhapsTwice]),
      [
        ['a@x', false],
        ['b@x', true],
      ],
    );
  });

  test('is not twice but perhaps once for who was refused after an attempt that may have been sent', () => {
    const refused: OutgoingEvent = {
      ...{ time: at(9), by: BY, state: 'failed', text: 'failed for good: 550 no' },
      recipients: [{ address: 'a@x', state: 'failed', text: '550 no' }],
    };
    const [uncertain] = BAD.slice(2, 3);
    assert.ok(uncertain);
    assert.equal(fatesOf([uncertain, refused])[0]?.perhapsTwice, false);
  });
});
