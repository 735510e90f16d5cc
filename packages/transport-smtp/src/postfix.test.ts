import assert from 'node:assert/strict';
import { nullLog, systemClock, utf8Encode } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { Postfix, whyNoPostfix } from './postfix.testing.ts';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST } from './smtp-properties.ts';
import { type SendReport, sendMail } from './smtp-sender.ts';

const reason = whyNoPostfix();

interface Sender extends AsyncDisposable {
  send(addresses: readonly string[], subject: string, lines?: number): Promise<SendReport>;
}

function senderTo(postfix: Postfix, more: Partial<SmtpConfig> = {}): Sender {
  const values = [
    { tag: PR_SMTP_HOST, value: '127.0.0.1' },
    { tag: PR_SMTP_FROM_ADDRESS, value: 'me@sender.test' },
  ];
  const config: SmtpConfig = { ...smtpConfigOf(values), port: postfix.port, security: 'none', ...more };
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  return {
    send: (addresses, subject, lines = 3) => {
      const text = `From: me@sender.test\r\nTo: you@box.test\r\nSubject: ${subject}\r\n\r\n`;
      const bytes = utf8Encode(text + `.${'x'.repeat(70)}\r\n`.repeat(lines));
      const recipients = addresses.map((address) => ({ address }));
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes;
      };
      const mail = { from: 'me@sender.test', recipients, body };
      return sendMail(mail, pool, config, new AbortController().signal);
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

const outcomes = (report: SendReport): readonly string[] => [...report.outcomes.values()].map(({ outcome }) => outcome);
const subjectOf = (mail: string): string => /^Subject: (.*)$/mu.exec(mail)?.[1] ?? '';

describe.skipIf(reason !== undefined)(`a real Postfix${reason === undefined ? '' : ` (${reason})`}`, () => {
  test('takes everything once, byte for byte', async () => {
    await using postfix = await Postfix.start();
    await using sender = senderTo(postfix, { connectionsMax: 5 });
    const subjects = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    const reports = await Promise.all(subjects.map((subject) => sender.send(['a@box.test'], subject)));
    for (const report of reports) assert.deepEqual(outcomes(report), ['delivered']);
    const mails = await postfix.mails(subjects.length);
    assert.deepEqual(mails.map(subjectOf).sort(), subjects.sort());
    assert.ok(mails.every((mail) => mail.endsWith(`\n\n${`.${'x'.repeat(70)}\n`.repeat(3)}`)));
  });

  test('greylists one, refuses another, and takes the rest', async () => {
    await using postfix = await Postfix.start([
      'smtpd_relay_restrictions = reject_unauth_destination',
      'smtpd_recipient_restrictions = check_recipient_access inline:{ {later@box.test = 450 4.7.1 Greylisted, try again in 300 seconds} }',
    ]);
    await using sender = senderTo(postfix);
    const report = await sender.send(['a@box.test', 'later@box.test', 'b@elsewhere.test', 'c@box.test'], 'mixed');
    assert.deepEqual(outcomes(report), ['delivered', 'deferred', 'failed', 'delivered']);
    assert.equal(report.retryAfterSeconds, 300);
    assert.equal(report.outcomes.get('b@elsewhere.test')?.smtpCode, 554);
    assert.equal((await postfix.mails(2)).length, 2);
  });

  test('is slow to those who err, and closes on them in the end; nothing of it is the fault of the next message', async () => {
    await using postfix = await Postfix.start([
      'smtpd_relay_restrictions = reject_unauth_destination',
      ...['smtpd_error_sleep_time = 1s', 'smtpd_soft_error_limit = 2', 'smtpd_hard_error_limit = 4'],
    ]);
    await using sender = senderTo(postfix, { connectionsMax: 1 });
    const strangers = Array.from({ length: 6 }, (_, index) => `s${index}@elsewhere.test`);
    const report = await sender.send(strangers, 'nobody');
    assert.ok(outcomes(report).every((outcome) => outcome === 'failed' || outcome === 'deferred'));
    assert.ok(outcomes(report).includes('failed'));
    assert.ok(outcomes(report).includes('deferred'), 'the server closes before it has answered for all');
    assert.deepEqual(outcomes(await sender.send(['a@box.test'], 'somebody')), ['delivered']);
    assert.deepEqual((await postfix.mails(1)).map(subjectOf), ['somebody']);
  });

  test('has a limit, told in EHLO or not', async () => {
    for (const more of [[], ['smtpd_discard_ehlo_keywords = size, silent-discard']]) {
      await using postfix = await Postfix.start(['message_size_limit = 20000', ...more]);
      await using sender = senderTo(postfix);
      const report = await sender.send(['a@box.test'], 'big', 2000);
      assert.deepEqual(outcomes(report), ['failed']);
      assert.equal(report.outcomes.get('a@box.test')?.smtpCode, 552);
      assert.deepEqual(outcomes(await sender.send(['a@box.test'], 'small')), ['delivered']);
      assert.deepEqual((await postfix.mails(1)).map(subjectOf), ['small']);
    }
  });

  test('takes a few recipients at a time', async () => {
    await using postfix = await Postfix.start(['smtpd_recipient_limit = 5', 'smtpd_recipient_overshoot_limit = 100']);
    await using sender = senderTo(postfix);
    const addresses = Array.from({ length: 12 }, (_, index) => `r${index}@box.test`);
    const report = await sender.send(addresses, 'many');
    assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']));
    assert.equal((await postfix.mails(12)).length, 12);
  });

  test('is restarted in the middle: nothing is lost, and nothing comes twice that is not told to be in doubt', async () => {
    await using postfix = await Postfix.start();
    await using sender = senderTo(postfix, { connectionsMax: 4 });
    const doubtful = new Set<string>();
    const deliver = async (subject: string): Promise<void> => {
      for (;;) {
        const [outcome] = outcomes(await sender.send(['a@box.test'], subject));
        if (outcome === 'delivered') return;
        assert.notEqual(outcome, 'failed');
        if (outcome === 'unknown') doubtful.add(subject);
        await systemClock.delay(100);
      }
    };
    const subjects = Array.from({ length: 400 }, (_, index) => `message ${index}`);
    const waiting = [...subjects];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await deliver(next);
    };
    const all = Promise.all(Array.from({ length: 8 }, worker));
    for (const left of [300, 150]) {
      while (waiting.length > left) await systemClock.delay(5);
      await postfix.stop();
      await systemClock.delay(200);
      await postfix.resume();
    }
    await all;
    const arrived = (await postfix.mails(subjects.length)).map(subjectOf);
    assert.deepEqual([...new Set(arrived)].sort(), subjects.sort());
    const twice = arrived.filter((subject, index) => arrived.indexOf(subject) !== index);
    assert.ok(
      twice.every((subject) => doubtful.has(subject)),
      `${twice.join()} came twice`,
    );
  });
});
