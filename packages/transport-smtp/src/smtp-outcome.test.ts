import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import type { SendRecord } from './smtp-client.ts';
import { outcomesOf, retryAfterOf } from './smtp-outcome.ts';
import { meaningOf, parseReply, type SmtpReply } from './smtp-reply.ts';

const reply = parseReply;
const outcome = (record: SendRecord): string | undefined => outcomesOf(record, 'mail.test')[0]?.outcome;

const GOOD: SendRecord = {
  mail: reply('250 ok'),
  recipients: [reply('250 ok')],
  data: reply('354 go'),
  ended: true,
  answeredEarly: false,
  outOfStep: false,
  final: reply('250 taken'),
};

test('a message counts as delivered only with every answer in its place', () => {
  assert.equal(outcome(GOOD), 'delivered');
  assert.equal(outcome({ ...GOOD, ended: false }), 'deferred');
  assert.equal(outcome({ ...GOOD, recipients: [undefined] }), 'deferred');
  assert.equal(outcome({ ...GOOD, data: reply('250 ok') }), 'deferred');
  assert.equal(outcome({ ...GOOD, final: reply('hm') }), 'unknown');
  const { final: _, ...unanswered } = GOOD;
  assert.equal(outcome(unanswered), 'unknown');
  assert.equal(outcome({ ...unanswered, ended: false }), 'deferred');
  assert.equal(outcome({ ...GOOD, outOfStep: true }), 'deferred');
  assert.equal(outcome({ ...GOOD, recipients: [reply('550 no')], outOfStep: true }), 'deferred');
});

test('XP-026: whatever is said, delivered needs 2xx from begin to end, and failed needs a permanent refusal', () => {
  const codes = ['250 ok', '354 go', '421 bye', '451 later', '503 order', '535 password', '550 no', 'nonsense'];
  const answer: fc.Arbitrary<SmtpReply | undefined> = fc.constantFrom(undefined, ...codes.map(reply));
  fc.assert(
    fc.property(answer, answer, answer, answer, fc.boolean(), (mail, rcpt, data, final, ended) => {
      const record = { mail, recipients: [rcpt], data, final, ended } as SendRecord;
      const found = outcome(record);
      const said = [mail, rcpt, final];
      if (found === 'delivered') {
        assert.ok(ended && data?.code === 354 && rcpt?.code === 250 && final?.code === 250);
      }
      if (found === 'failed') assert.ok([...said, data].some((one) => one !== undefined && meaningOf(one) === 'never'));
      if (found === 'unknown') assert.ok(ended && rcpt?.code === 250);
      assert.notEqual(found, 'notMine');
    }),
    { seed: 1, numRuns: 5000 },
  );
});

test('the longest wait that is asked for counts', () => {
  const record = { recipients: [reply('450 try again in 60 seconds'), reply('450 try again in 5 minutes'), undefined] };
  assert.equal(retryAfterOf(record), 300);
  assert.equal(retryAfterOf({ recipients: [] }), undefined);
});
