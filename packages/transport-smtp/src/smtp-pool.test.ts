import assert from 'node:assert/strict';
import { memoryLog, nullLog, systemClock, utf8Encode, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { type HostilePlan, HostileSmtp } from './hostile-smtp.testing.ts';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST } from './smtp-properties.ts';
import { type OutgoingMail, sendMail } from './smtp-sender.ts';

async function* body(): AsyncGenerator<Uint8Array> {
  yield utf8Encode('Subject: x\r\n\r\nhello\r\n');
}

const MAIL: OutgoingMail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body };
const never = (): AbortSignal => new AbortController().signal;

function configFor(server: HostileSmtp, more: Partial<SmtpConfig> = {}): SmtpConfig {
  const config = smtpConfigOf([
    { tag: PR_SMTP_HOST, value: '127.0.0.1' },
    { tag: PR_SMTP_FROM_ADDRESS, value: 'me@x.test' },
  ]);
  return { ...config, port: server.port, security: 'none', ...more };
}

/** Lets real sockets work while the clock stands still, until a server has done what it was told to. */
async function misbehaved(server: HostileSmtp): Promise<void> {
  while (server.deeds === 0) await systemClock.delay(5);
  await systemClock.delay(20); // what it sent before is read
}

test('every time limit is measured on the clock that was given', async () => {
  const steps: HostilePlan['at'][] = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'message'];
  await Promise.all(
    steps.map(async (at) => {
      const plan = at === undefined ? {} : { at, deed: 'stall' as const };
      await using server = await HostileSmtp.start(plan);
      const clock = new VirtualClock();
      const config = configFor(server, { timeoutMs: 60_000 });
      const pool = new SmtpPool(config, { clock, log: nullLog });
      let done = false;
      const sending = sendMail(MAIL, pool, config, never()).finally(() => {
        done = true;
      });
      await misbehaved(server);
      await clock.advance(59_000);
      await misbehaved(server);
      assert.equal(done, false, `${at} was given up too early`);
      await clock.advance(at === 'message' ? 241_000 : 1000);
      const report = await sending;
      assert.equal(report.outcomes.get('a@x.test')?.outcome, at === 'message' ? 'unknown' : 'deferred');
      assert.equal(report.failure?.code, 'MAPI_E_TIMEOUT');
      await pool.close();
      assert.equal(clock.pendingTimers, 0);
    }),
  );
});

test('answers that are each in time may not take for ever together', async () => {
  const clock = new VirtualClock();
  const onCommand = (line: string): void => {
    if (line.startsWith('RCPT')) void clock.advance(20_000);
  };
  await using server = await HostileSmtp.start({ onCommand });
  const config = configFor(server, { timeoutMs: 60_000, messageMs: 1_800_000 });
  const pool = new SmtpPool(config, { clock, log: nullLog });
  const recipients = Array.from({ length: 100 }, (_, index) => ({ address: `r${index}@x.test` }));
  const report = await sendMail({ ...MAIL, recipients }, pool, config, never());
  assert.equal(report.failure?.code, 'MAPI_E_TIMEOUT');
  assert.match(report.failure?.text ?? '', /no end of all of the message within 1800 s/u);
  assert.ok([...report.outcomes.values()].every(({ outcome }) => outcome === 'deferred'));
  const asked = server.commands.filter((line) => line.startsWith('RCPT')).length;
  assert.ok(asked >= 88 && asked <= 92, `${asked} commands of 20 s each`);
  await pool.close();
});

test('who waits for a connection when the pool is closed gets none', async () => {
  await using server = await HostileSmtp.start({ at: 'data', deed: 'stall' });
  const config = configFor(server, { connectionsMax: 1 });
  const pool = new SmtpPool(config, { clock: new VirtualClock(), log: nullLog });
  const sending = [1, 2, 3].map(() => sendMail(MAIL, pool, config, never()));
  while (server.deeds === 0) await systemClock.delay(2);
  await pool.close();
  const reports = await Promise.all(sending);
  for (const report of reports) assert.equal(report.outcomes.get('a@x.test')?.outcome, 'deferred');
  assert.equal(server.connections, 1);
  assert.equal(pool.open, 0);
});

test('a connection that nobody uses is closed after a while, with a goodbye', async () => {
  await using server = await HostileSmtp.start();
  const clock = new VirtualClock();
  const config = configFor(server, { idleMs: 10_000 });
  const pool = new SmtpPool(config, { clock, log: nullLog });
  await sendMail(MAIL, pool, config, never());
  await clock.advance(9999);
  assert.equal(pool.open, 1);
  await clock.advance(1);
  while (pool.open > 0) await systemClock.delay(5); // for ever, if nobody closes it
  assert.equal(server.commands.at(-1), 'QUIT');
});

test('a connection serves so many messages and no more', async () => {
  await using server = await HostileSmtp.start();
  const config = configFor(server, { messagesPerConnectionMax: 2 });
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  for (let count = 0; count < 5; count++) await sendMail(MAIL, pool, config, never());
  await pool.close();
  assert.equal(server.connections, 3);
  assert.equal(server.delivered, 5);
});

test('a connection that has just taken a message takes the next one untested; if it is lost another one does', async () => {
  await using server = await HostileSmtp.start();
  const clock = new VirtualClock();
  const pool = new SmtpPool(configFor(server), { clock, log: nullLog });
  await sendMail(MAIL, pool, configFor(server), never());
  await sendMail(MAIL, pool, configFor(server), never());
  assert.equal(server.commands.includes('RSET'), false);
  assert.equal(server.connections, 1);
  server.dropConnections();
  const report = await sendMail(MAIL, pool, configFor(server), never());
  assert.equal(report.outcomes.get('a@x.test')?.outcome, 'delivered');
  assert.equal(server.connections, 2);
  await clock.advance(1000);
  await sendMail(MAIL, pool, configFor(server), never());
  assert.equal(server.commands.includes('RSET'), true);
  await pool.close();
  assert.equal(server.delivered, 4);
});

test('a refused message leaves nothing behind for the next one on its connection', async () => {
  await using server = await HostileSmtp.start({ at: 'rcpt', deed: 'refuse5xx', address: 'bad@x.test' });
  const config = configFor(server);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const refused = await sendMail({ ...MAIL, recipients: [{ address: 'bad@x.test' }] }, pool, config, never());
  assert.equal(refused.outcomes.get('bad@x.test')?.outcome, 'failed');
  const next = await sendMail(MAIL, pool, config, never());
  assert.equal(next.outcomes.get('a@x.test')?.outcome, 'delivered');
  await pool.close();
  assert.equal(server.connections, 1);
  const rset = server.commands.indexOf('RSET');
  assert.ok(rset > 0 && rset < server.commands.lastIndexOf('DATA'));
});

test('recipients with different wishes for reports go in transactions of their own', async () => {
  await using server = await HostileSmtp.start({ extensions: ['DSN'] });
  const config = configFor(server);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const recipients = [
    { address: 'a@x.test', notify: ['NEVER'] as const },
    { address: 'b@x.test' },
    { address: 'c@x.test' },
  ];
  const report = await sendMail({ ...MAIL, recipients, envid: 'e+1' }, pool, config, never());
  await pool.close();
  assert.deepEqual(
    [...report.outcomes.values()].map(({ outcome }) => outcome),
    Array(3).fill('delivered'),
  );
  assert.deepEqual(
    server.commands.filter((line) => /^(?:MAIL|RCPT)/u.test(line)),
    [
      'MAIL FROM:<me@x.test> ENVID=e+2B1',
      'RCPT TO:<a@x.test> NOTIFY=NEVER ORCPT=rfc822;a@x.test',
      'MAIL FROM:<me@x.test>',
      'RCPT TO:<b@x.test>',
      'RCPT TO:<c@x.test>',
    ],
  );
});

test('what an earlier transaction achieved is not forgotten when the message cannot be read again', async () => {
  await using server = await HostileSmtp.start({ extensions: ['DSN'] });
  const config = configFor(server);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  let times = 0;
  const once = async function* (): AsyncGenerator<Uint8Array> {
    if (times++ > 0) throw new Error('the store is gone');
    yield* body();
  };
  const recipients = [{ address: 'a@x.test', notify: ['NEVER'] as const }, { address: 'b@x.test' }];
  const report = await sendMail({ ...MAIL, recipients, body: once }, pool, config, never());
  await pool.close();
  assert.equal(report.bodyError, undefined);
  assert.equal(report.outcomes.get('a@x.test')?.outcome, 'delivered');
  assert.equal(report.outcomes.get('b@x.test')?.outcome, 'deferred');
  assert.equal(server.delivered, 1);
});

test('a hundred recipients at most in one transaction', async () => {
  await using server = await HostileSmtp.start();
  const config = configFor(server);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const recipients = Array.from({ length: 201 }, (_, index) => ({ address: `r${index}@x.test` }));
  const report = await sendMail({ ...MAIL, recipients }, pool, config, never());
  await pool.close();
  assert.equal(server.delivered, 3);
  assert.ok([...report.outcomes.values()].every(({ outcome }) => outcome === 'delivered'));
  assert.equal(report.outcomes.size, 201);
});

test('the log shows the conversation, and no password', async () => {
  const log = memoryLog();
  await using server = await HostileSmtp.start({ extensions: ['AUTH PLAIN'] });
  const config = configFor(server, { credentials: { user: 'me', password: 'open sesame' } });
  const pool = new SmtpPool(config, { clock: systemClock, log });
  await sendMail(MAIL, pool, config, never());
  await pool.close();
  const text = JSON.stringify(log.entries);
  assert.match(text, /AUTH PLAIN/u);
  for (const secret of ['open sesame', Buffer.from('\0me\0open sesame').toString('base64')]) {
    assert.ok(!text.includes(secret));
  }
});
