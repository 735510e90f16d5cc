/** A soak is worth something only if what goes wrong is seen. */
import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import type { ChaosLine, HistoryEvent, JournalLine, LastLook, SoakRecord } from './record.testing.ts';
import { LOCAL_ADDRESS, verdictOf } from './verdict.testing.ts';

const TO = 'r0.a@example.test';
const BY = 'host/7/abc';

function event(text: string, state: string, address = TO): HistoryEvent {
  const says = state === 'sending' ? [] : [{ address, state, text: null }];
  return { time: 0, by: BY, state, text, recipients: says };
}

function taken(time: number, { messageId = '<1@x>', isWhole = true, taken = `1.${time}` } = {}): JournalLine {
  return { time, conversation: '1.1', taken, addresses: [TO], subject: 'a', messageId, isWhole };
}

function answered(time: number): JournalLine {
  return { time, conversation: '1.1', answered: `1.${time}` };
}

const SENT: readonly HistoryEvent[] = [event('attempt 1 begins', 'sending'), event('sent to 1 recipient', 'sent')];
const AGAIN: readonly HistoryEvent[] = [
  event('attempt 1 begins', 'sending'),
  event('the last attempt was cut off, its mail may have been sent; attempt 2 begins', 'sending'),
  event('sent to 1 recipient', 'sent'),
];

interface Story {
  readonly events?: readonly HistoryEvent[];
  readonly journal?: readonly JournalLine[];
  readonly chaos?: readonly ChaosLine[];
  readonly look?: Partial<LastLook>;
  readonly to?: readonly string[];
  readonly isAccepted?: boolean;
}

/** A message that was sent as it must be, but for what the story says. */
function record({ events = SENT, journal, chaos = [], look, to = [TO], isAccepted = true }: Story): SoakRecord {
  const finished = [{ entryId: '00', subject: 'a', state: 'sent', attempts: 1, events }];
  const rest = { left: [], held: [], sentMail: ['a'], outbox: [], received: [], reports: [] };
  const ledger = [{ time: 1, process: 7, submitting: 'a', to }];
  return {
    ledger: isAccepted ? [...ledger, { time: 2, process: 7, accepted: 'a' }] : ledger,
    journal: journal ?? [taken(10), answered(10)],
    chaos,
    look: { finished, ...rest, ...look },
  };
}

function wrongOf(story: Story): readonly string[] {
  return verdictOf(record(story)).wrong.map(({ what }) => what);
}

const lost = `${TO}: LOST, its state is sent`;
const cases: readonly [string, Story, readonly string[]][] = [
  ['everything is as it must be', {}, []],
  ['a message that arrived nowhere is lost', { journal: [] }, [lost]],
  ['what was not accepted may be lost', { journal: [], isAccepted: false }, []],
  ['a part of a message is not the message', { journal: [taken(10, { isWhole: false })] }, ['arrived in part']],
  [
    'a second copy has to be said',
    { journal: [taken(10), taken(20)] },
    [`${TO}: 2 copies, and it is said 0 times that it may have been sent`],
  ],
  ['a second copy where the server said nothing', { events: AGAIN, journal: [taken(10), taken(20), answered(20)] }, []],
  [
    'a second copy without a cause',
    { events: AGAIN, journal: [taken(10), answered(10), taken(20), answered(20)] },
    [`${TO}: sent again, although the server had said 250 and nothing happened to the sender`],
  ],
  [
    'a second copy by a process that was killed',
    {
      events: AGAIN,
      journal: [taken(10), answered(10), taken(20), answered(20)],
      chaos: [{ time: 11, process: 7, what: 'SIGKILL' }],
    },
    [],
  ],
  [
    'a second copy with another Message-ID',
    { events: AGAIN, journal: [taken(10), taken(20, { messageId: '<2@x>' })] },
    ['has several Message-IDs'],
  ],
  ['a message that is not filed', { look: { sentMail: [] } }, ['is 0 times in Sent Items']],
  ['a message that is filed twice', { look: { sentMail: ['a', 'a'] } }, ['is 2 times in Sent Items']],
  [
    'a message that is still in the Outbox',
    { look: { outbox: ['a'] } },
    ['left the queue, and is still in the Outbox'],
  ],
  [
    'a message that the queue has forgotten',
    { look: { finished: [] } },
    ['was accepted, and the queue knows nothing of it'],
  ],
  [
    'a message that was given up by nobody',
    { events: [event('failed for good', 'failed')], journal: [], look: { reports: ['a'] } },
    [`${TO}: was given up, and nobody refused it`],
  ],
  [
    'a refusal without a report',
    {
      events: [event('failed for good', 'failed')],
      journal: [{ time: 5, conversation: '1.1', refused: TO, code: 550 }],
    },
    ['has 0 reports, 1 recipients were refused'],
  ],
  [
    'a report that nobody needs',
    { look: { reports: ['a'] } },
    ['has 1 reports, 0 recipients were refused', 'has 1 reports of 0 recipients'],
  ],
  ['local mail that does not come', { to: [LOCAL_ADDRESS] }, ['was not received']],
  ['local mail that comes twice', { to: [LOCAL_ADDRESS], look: { received: ['a', 'a'] } }, ['was received 2 times']],
  [
    'a message that stays in the queue',
    { look: { left: [{ subject: 'a', state: 'waiting', reason: 'greylisted' }] } },
    ['is still in the queue: waiting, greylisted'],
  ],
];

describe('what is wrong after a soak', () => {
  for (const [name, story, expected] of cases) {
    test(name, () => assert.deepEqual(wrongOf(story), expected));
  }

  test('mail that nobody sent', () => {
    const { wrong } = verdictOf(record({ journal: [taken(10), { ...taken(11), subject: 'b', addresses: [] }] }));
    assert.deepEqual(wrong, [{ subject: 'b', what: 'arrived and was never submitted' }]);
  });
});
