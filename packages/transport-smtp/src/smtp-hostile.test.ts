import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Clock, nullLog, systemClock, utf8Encode, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { DEEDS } from './hostile-deeds.testing.ts';
import { type HostilePlan, HostileSmtp } from './hostile-smtp.testing.ts';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST } from './smtp-properties.ts';
import { type SendReport, sendMail } from './smtp-sender.ts';

const RECIPIENTS = ['a@x.test', 'b@x.test', 'c@x.test'];
/** Real time that nobody waits for, but where a server lets us wait: what becomes of a message does not depend on it. */
const TIMEOUT_MS = 60_000;
const PATIENCE_MS = 800;
const encoder = utf8Encode('Subject: x\r\n\r\nhello\r\n.dot\r\n');

function configFor(port: number, more: Partial<SmtpConfig> = {}): SmtpConfig {
  const config = smtpConfigOf([
    { tag: PR_SMTP_HOST, value: '127.0.0.1' },
    { tag: PR_SMTP_FROM_ADDRESS, value: 'me@x.test' },
  ]);
  return { ...config, port, security: 'none', timeoutMs: TIMEOUT_MS, idleMs: 60_000, ...more };
}

async function* small(): AsyncGenerator<Uint8Array> {
  yield encoder;
}

/** More than the buffers between two sockets hold: what a server does in the middle of it comes before its end. */
async function* large(): AsyncGenerator<Uint8Array> {
  const piece = utf8Encode(`${'x'.repeat(76)}\r\n`.repeat(800));
  for (let count = 0; count < 400; count++) yield piece;
}

test('a refusal at the greeting, or a server that closes, is told once and in its own words', async () => {
  const textOf = async (plan: HostilePlan): Promise<unknown> =>
    (await attempt(plan)).report.outcomes.get('a@x.test')?.text;
  const refused = await textOf({ at: 'greeting', deed: 'refuse5xx', text: '554 5.7.1 go away' });
  assert.equal(refused, 'the server refuses the connection: go away');
  const closing = await textOf({ at: 'greeting', deed: 'refuse4xx', text: '421 4.3.2 closed for today' });
  assert.equal(closing, 'the server closes: closed for today');
});

interface Attempt {
  readonly report: SendReport;
  readonly outcomes: readonly string[];
  /** Messages that the server took. */
  readonly delivered: number;
  /** Connections that were open before the pool was closed. */
  readonly open: number;
  readonly commands: readonly string[];
}

async function attempt(plan: HostilePlan, more: Partial<SmtpConfig> = {}, body = small): Promise<Attempt> {
  await using server = await HostileSmtp.start(plan);
  const config = configFor(server.port, more);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const mail = { from: 'me@x.test', recipients: RECIPIENTS.map((address) => ({ address })), body };
  const report = await sendMail(mail, pool, config, new AbortController().signal);
  const { open } = pool;
  await pool.close();
  assert.equal(pool.open, 0);
  const outcomes = RECIPIENTS.map((address) => report.outcomes.get(address)?.outcome ?? 'none');
  for (const outcome of outcomes) if (outcome === 'delivered') assert.equal(server.delivered, 1);
  return { report, outcomes, delivered: server.delivered, open, commands: server.commands };
}

const all = (outcome: string): readonly string[] => RECIPIENTS.map(() => outcome);

test('the codes of a refusal are those of its recipient', async () => {
  for (const deed of ['refuse4xx', 'refuse5xx'] as const) {
    const { outcomes, report } = await attempt({ at: 'rcpt', deed, extensions: ['PIPELINING'] });
    assert.deepEqual(outcomes, all(deed === 'refuse4xx' ? 'deferred' : 'failed'));
    const one = report.outcomes.get('b@x.test');
    assert.equal(one?.enhancedStatus, deed === 'refuse4xx' ? '4.3.0' : '5.1.1');
    assert.equal(one?.smtpCode, deed === 'refuse4xx' ? 451 : 550);
  }
});

test('a server that says 250 before it has the whole message has not taken it', async () => {
  for (const extensions of [[], ['PIPELINING']]) {
    const plan = { at: 'body', deed: 'refuse4xx', text: '250 2.0.0 taken', extensions } as const;
    const { outcomes, open } = await attempt(plan, {}, large);
    assert.deepEqual(outcomes, all('deferred'));
    assert.equal(open, 0, 'a connection in the middle of a message is of no more use');
  }
  const early = await attempt({ at: 'data', deed: 'refuse4xx', text: '250 2.0.0 taken' });
  assert.deepEqual(early.outcomes, all('deferred'));
  assert.ok(!early.commands.includes('hello'), 'nothing is sent to a server that did not ask for it');
});

test('a server that answers STARTTLS badly gets neither password nor message', async () => {
  const attempts = DEEDS.map(async (deed) => {
    const { outcomes, delivered } = await attempt(
      { at: 'starttls', deed, extensions: ['STARTTLS'] },
      { security: 'starttls', timeoutMs: PATIENCE_MS },
    );
    assert.deepEqual(outcomes, all('deferred'), deed);
    assert.equal(delivered, 0, deed);
  });
  await Promise.all(attempts); // side by side: some are given up when their time is over
});

/** Sends over a connection to a server that does what `serve` says. */
async function sentTo(serve: (socket: Socket) => void, more: Partial<SmtpConfig>, clock: Clock = systemClock) {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // a client may vanish at any time
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const pool = new SmtpPool(configFor(port, more), { clock, log: nullLog });
  const mail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body: small };
  const report = await sendMail(mail, pool, configFor(port), new AbortController().signal);
  await pool.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return report;
}

test('a refusal of the password without words is told without any', async () => {
  const report = await sentTo(
    (socket) => {
      socket.write('220 x\r\n');
      socket.on('data', (chunk: Buffer) => {
        socket.write(chunk.toString('latin1').startsWith('EHLO') ? '250-x\r\n250 AUTH PLAIN\r\n' : '535 \r\n');
      });
    },
    { credentials: { user: 'me', password: 'secret' } },
  );
  assert.equal(report.failure?.text, 'the server refuses the user name or password');
});

test('a server that asks and asks while we log on is left after some questions', async () => {
  for (const mechanism of ['LOGIN', 'PLAIN']) {
    let asked = 0;
    const report = await sentTo(
      (socket) => {
        socket.write('220 x\r\n');
        socket.on('data', (chunk: Buffer) => {
          if (chunk.toString('latin1').startsWith('EHLO')) socket.write(`250-x\r\n250 AUTH ${mechanism}\r\n`);
          else if (asked++ < 1000) socket.write('334 VXNlcm5hbWU6\r\n');
        });
      },
      { credentials: { user: 'me', password: 'secret' } },
    );
    assert.match(report.failure?.text ?? '', /asks and asks/u);
    assert.equal(report.outcomes.get('a@x.test')?.outcome, 'deferred');
    assert.ok(asked < 20, `${asked} questions`);
  }
});

test('what a server does not do in time is named', async () => {
  const texts: string[] = [];
  for (const answers of [[], ['220 x\r\n', '250-x\r\n250 STARTTLS\r\n', '220 go\r\n']]) {
    const clock = new VirtualClock();
    const report = await sentTo(
      (socket) => {
        const left = [...answers];
        const answer = (): void => {
          const next = left.shift();
          if (next === undefined) void clock.advance(TIMEOUT_MS);
          else socket.write(next);
        };
        answer();
        socket.on('data', answer);
      },
      { security: 'starttls' },
      clock,
    );
    texts.push(report.failure?.text ?? '');
  }
  assert.deepEqual(texts, ['no greeting of the server within 60 s', 'no encryption within 60 s']);
});

test('an answer that makes no sense is named so', async () => {
  const { report } = await attempt({ at: 'mail', deed: 'refuse4xx', text: '\x00250 ok' });
  assert.match(report.outcomes.get('a@x.test')?.text ?? '', /makes no sense/u);
});

test('a server without STARTTLS gets nothing where encryption is asked for', async () => {
  const { outcomes, delivered } = await attempt({}, { security: 'starttls', timeoutMs: PATIENCE_MS });
  assert.deepEqual(outcomes, all('deferred'));
  assert.equal(delivered, 0);
});

test('garbage in place of the TLS handshake is no delivery and no hang', async () => {
  const { outcomes } = await attempt({ extensions: ['STARTTLS'] }, { security: 'starttls', timeoutMs: PATIENCE_MS });
  assert.deepEqual(outcomes, all('deferred'));
});

test('opportunistic encryption sends the message in the clear, but never a password', async () => {
  const open = await attempt({}, { security: 'opportunistic' });
  assert.deepEqual(open.outcomes, all('delivered'));
  const credentials = { user: 'me', password: 'secret' };
  const kept = await attempt({ extensions: ['AUTH PLAIN'] }, { security: 'opportunistic', credentials });
  assert.deepEqual(kept.outcomes, all('deferred'));
  assert.equal(kept.report.failure?.code, 'MAPI_E_LOGON_FAILED');
});

test('a wrong password is a failure of the configuration, never of a message', async () => {
  const credentials = { user: 'me', password: 'wrong' };
  const text = '535 5.7.8 bad credentials';
  const { outcomes, report } = await attempt(
    { at: 'auth', deed: 'refuse5xx', text, extensions: ['AUTH PLAIN'] },
    { credentials },
  );
  assert.deepEqual(outcomes, all('deferred'));
  assert.equal(report.failure?.code, 'MAPI_E_LOGON_FAILED');
  assert.equal(report.outcomes.get('a@x.test')?.smtpCode, 535);
  const unasked = await attempt({ at: 'mail', deed: 'refuse5xx', text: '530 5.7.0 authentication required' });
  assert.deepEqual(unasked.outcomes, all('deferred'));
});

test('greylisting: put off, and taken when it comes again', async () => {
  const plan = {
    at: 'rcpt',
    deed: 'refuse4xx',
    text: '450 4.7.1 Greylisted, come back in 60 seconds',
    once: true,
  } as const;
  await using server = await HostileSmtp.start({ ...plan, extensions: ['PIPELINING'] });
  const config = configFor(server.port);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const send = (addresses: readonly string[]): Promise<SendReport> => {
    const recipients = addresses.map((address) => ({ address }));
    return sendMail({ from: 'me@x.test', recipients, body: small }, pool, config, new AbortController().signal);
  };
  const first = await send(['a@x.test', 'b@x.test']);
  assert.deepEqual(
    [...first.outcomes.values()].map(({ outcome }) => outcome),
    ['deferred', 'delivered'],
  );
  assert.equal(first.retryAfterSeconds, 60);
  const second = await send(['a@x.test']);
  assert.equal(second.outcomes.get('a@x.test')?.outcome, 'delivered');
  await pool.close();
  assert.equal(server.connections, 1);
});

test('recipients whom the server finds too many follow in the next transaction', async () => {
  for (const text of ['452 4.5.3 too many recipients', '552 Too many recipients']) {
    const plan = { at: 'rcpt', deed: 'refuse4xx', text, recipientsMax: 2 } as const;
    await using server = await HostileSmtp.start(plan);
    const config = configFor(server.port);
    const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
    const recipients = Array.from({ length: 7 }, (_, index) => ({ address: `r${index}@x.test` }));
    const mail = { from: 'me@x.test', recipients, body: small };
    const report = await sendMail(mail, pool, config, new AbortController().signal);
    await pool.close();
    assert.ok([...report.outcomes.values()].every(({ outcome }) => outcome === 'delivered'));
    assert.equal(server.delivered, 4);
  }
  const never = await attempt({ at: 'rcpt', deed: 'refuse4xx', text: '552 5.5.3 too many recipients' });
  assert.deepEqual(never.outcomes, all('deferred'));
  const full = await attempt({ at: 'rcpt', deed: 'refuse5xx', text: '552 5.2.2 mailbox full' });
  assert.deepEqual(full.outcomes, all('failed'));
});

test('a server that takes DATA after it has refused everybody gets no message', async () => {
  for (const at of ['mail', 'rcpt'] as const) {
    const plan = { at, deed: 'refuse5xx', lenient: true, extensions: ['PIPELINING'] } as const;
    const { outcomes, commands } = await attempt(plan);
    assert.deepEqual(outcomes, all('failed'));
    assert.ok(!commands.includes('hello'));
  }
});

test('a hint when to come back is passed on', async () => {
  const { report } = await attempt({
    at: 'rcpt',
    deed: 'refuse4xx',
    text: '450 4.2.0 Greylisted, try again in 5 minutes',
  });
  assert.equal(report.retryAfterSeconds, 300);
});

test('nobody listens: everybody is deferred with the reason', async () => {
  const server = await HostileSmtp.start();
  const { port } = server;
  await server[Symbol.asyncDispose]();
  const config = configFor(port);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const report = await sendMail(
    { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body: small },
    pool,
    config,
    new AbortController().signal,
  );
  const outcome = report.outcomes.get('a@x.test');
  assert.equal(outcome?.outcome, 'deferred');
  assert.match(outcome?.text ?? '', /ECONNREFUSED/u);
});

test('an error of the message itself lets no part of it be taken', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield utf8Encode('Subject: half\r\n\r\nhalf of it');
    throw new Error('the store is gone');
  }
  await using server = await HostileSmtp.start();
  const config = configFor(server.port);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const mail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body: broken };
  const report = await sendMail(mail, pool, config, new AbortController().signal);
  assert.match(String(report.bodyError), /the store is gone/u);
  await pool.close();
  assert.equal(server.messages.length, 0);
});

test('a cancelled attempt closes the connection', async () => {
  await using server = await HostileSmtp.start({ at: 'data', deed: 'stall' });
  const config = configFor(server.port);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  const abort = new AbortController();
  const mail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body: small };
  const sending = sendMail(mail, pool, config, abort.signal);
  while (!server.commands.includes('DATA')) await systemClock.delay(5);
  abort.abort();
  const report = await sending;
  assert.equal(report.outcomes.get('a@x.test')?.outcome, 'deferred');
  assert.equal(report.failure?.code, 'MAPI_E_CANCEL');
  assert.equal(pool.open, 0);
  await pool.close();
});
