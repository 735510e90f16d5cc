import assert from 'node:assert/strict';
import { createHash, type X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { MapiError, nullLog, systemClock, utf8Encode, VirtualClock } from '@nodemapi/base';
import type { AccessTokenRequest, AccessTokenSource } from '@nodemapi/mapi';
import { test } from 'vitest';
import { type HostilePlan, HostileSmtp } from './hostile-smtp.testing.ts';
import { MailServer } from './mail-server.testing.ts';
import { initialResponse } from './oauth2-login.ts';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST } from './smtp-properties.ts';
import { type OutgoingMail, type SendReport, sendMail } from './smtp-sender.ts';
import { parseTlsPins } from './tls-pin.ts';

async function* body(): AsyncGenerator<Uint8Array> {
  yield utf8Encode('Subject: x\r\n\r\nhello\r\n');
}

const MAIL: OutgoingMail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body };
const BY_PASSWORD = { user: 'me', password: 'wrong' };
const never = (): AbortSignal => new AbortController().signal;

function configFor(port: number, more: Partial<SmtpConfig> = {}): SmtpConfig {
  const config = smtpConfigOf([
    { tag: PR_SMTP_HOST, value: '127.0.0.1' },
    { tag: PR_SMTP_FROM_ADDRESS, value: 'me@x.test' },
  ]);
  return { ...config, port, security: 'none', ...more };
}

function outcome(report: SendReport): string | undefined {
  return report.outcomes.get('a@x.test')?.outcome;
}

const REFUSAL: HostilePlan = {
  ...({ at: 'auth', deed: 'refuse5xx', text: '535 5.7.8 no' } as const),
  extensions: ['AUTH PLAIN XOAUTH2 OAUTHBEARER'],
};
const logons = (server: HostileSmtp): readonly string[] => server.commands.filter((line) => line.startsWith('AUTH'));

test('a refused password is not tried again for five minutes, by however many messages; a new one is', async () => {
  await using server = await HostileSmtp.start(REFUSAL);
  const clock = new VirtualClock();
  const config = configFor(server.port, { credentials: BY_PASSWORD, connectionsMax: 5 });
  const pool = new SmtpPool(config, { clock, log: nullLog });
  const reports = await Promise.all(Array.from({ length: 12 }, () => sendMail(MAIL, pool, config, never())));
  assert.equal(logons(server).length, 1);
  for (const report of reports) {
    assert.equal(outcome(report), 'deferred');
    assert.equal(report.failure?.code, 'MAPI_E_LOGON_FAILED');
  }
  const later = await sendMail(MAIL, pool, config, never());
  assert.equal(later.retryAfterSeconds, 300);
  await clock.advance(300_000);
  await sendMail(MAIL, pool, config, never());
  assert.equal(logons(server).length, 2);
  pool.allowLogon();
  await sendMail(MAIL, pool, config, never());
  assert.equal(logons(server).length, 3);
  await pool.close();
});

test('a temporary refusal of the logon is no reason to wait longer than for anything else', async () => {
  await using server = await HostileSmtp.start({ ...REFUSAL, deed: 'refuse4xx', text: '454 4.7.0 later', once: true });
  const config = configFor(server.port, { credentials: BY_PASSWORD });
  const pool = new SmtpPool(config, { clock: new VirtualClock(), log: nullLog });
  assert.equal(outcome(await sendMail(MAIL, pool, config, never())), 'deferred');
  assert.equal(outcome(await sendMail(MAIL, pool, config, never())), 'delivered');
  await pool.close();
});

async function sendByToken(
  plan: HostilePlan,
  accessToken: AccessTokenSource | undefined,
): Promise<{ readonly report: SendReport; readonly server: HostileSmtp; readonly again: SendReport }> {
  await using server = await HostileSmtp.start(plan);
  const config = configFor(server.port, { credentials: { user: 'me' } });
  const pool = new SmtpPool(config, { clock: new VirtualClock(), log: nullLog, accessToken });
  const report = await sendMail(MAIL, pool, config, never());
  const again = await sendMail(MAIL, pool, config, never());
  await pool.close();
  return { report, server, again };
}

test('a token is asked for and sent by the mechanism that the server offers', async () => {
  for (const mechanism of ['OAUTHBEARER', 'XOAUTH2'] as const) {
    const { report, server } = await sendByToken({ extensions: [`AUTH PLAIN ${mechanism}`] }, async () => 'token');
    assert.equal(outcome(report), 'delivered');
    const login = { mechanism, user: 'me', token: 'token', host: '127.0.0.1', port: 0 };
    const sent = Buffer.from(logons(server)[0]?.split(' ')[2] ?? '', 'base64').toString();
    const wanted = Buffer.from(initialResponse(login), 'base64').toString();
    assert.equal(sent.replace(/port=\d+/u, 'port=0'), wanted);
  }
  const login = { mechanism: 'XOAUTH2', user: 'me@x', token: 't', host: 'h', port: 1 } as const;
  const old = Buffer.from(initialResponse(login), 'base64').toString();
  assert.equal(old, 'user=me@x\x01auth=Bearer t\x01\x01');
  const bearer = Buffer.from(
    initialResponse({ ...login, mechanism: 'OAUTHBEARER', user: 'a,b=c' }),
    'base64',
  ).toString();
  assert.equal(bearer, 'n,a=a=2Cb=3Dc,\x01host=h\x01port=1\x01auth=Bearer t\x01\x01');
});

test('a refused token is renewed once, and another refusal is one of the logon', async () => {
  const requests: AccessTokenRequest[] = [];
  const source: AccessTokenSource = async (request) => `token${requests.push(request)}`;
  const renewed = await sendByToken({ ...REFUSAL, once: true }, source);
  assert.equal(outcome(renewed.report), 'delivered');
  assert.deepEqual(
    requests.map(({ user, host, refused }) => [user, host, refused]),
    [
      ['me', '127.0.0.1', undefined],
      ['me', '127.0.0.1', 'token1'],
    ],
  );
  const refused = await sendByToken(REFUSAL, source);
  assert.equal(outcome(refused.report), 'deferred');
  assert.equal(refused.report.failure?.code, 'MAPI_E_LOGON_FAILED');
  assert.equal(logons(refused.server).length, 2);
  assert.equal(refused.again.retryAfterSeconds, 300);
  const same = await sendByToken(REFUSAL, async () => 'always the same');
  assert.equal(same.server.connections, 0, 'no token has a space in it');
  const stubborn = await sendByToken(REFUSAL, async () => 'same');
  assert.equal(logons(stubborn.server).length, 1);
});

test('without a token nothing is sent, and why is said', async () => {
  const extensions = ['AUTH XOAUTH2'];
  const none = await sendByToken({ extensions }, undefined);
  assert.match(none.report.failure?.text ?? '', /gives no OAuth2 tokens/u);
  const broken = await sendByToken({ extensions }, async () => {
    throw new Error('the identity server is down');
  });
  assert.equal(broken.report.failure?.code, 'MAPI_E_NETWORK_ERROR');
  assert.match(broken.report.failure?.text ?? '', /identity server is down/u);
  const revoked = await sendByToken({ extensions }, async () => {
    throw new MapiError('MAPI_E_LOGON_FAILED', 'the grant was taken back');
  });
  assert.equal(revoked.report.failure?.code, 'MAPI_E_LOGON_FAILED');
  const unable = await sendByToken({ extensions: ['AUTH PLAIN'] }, async () => 'token');
  assert.match(unable.report.failure?.text ?? '', /takes no OAuth2 tokens/u);
  for (const { server } of [none, broken, revoked, unable]) assert.equal(server.delivered, 0);
});

test('a source of tokens that never answers is given up', async () => {
  await using server = await HostileSmtp.start({ extensions: ['AUTH XOAUTH2'] });
  const clock = new VirtualClock();
  const config = configFor(server.port, { credentials: { user: 'me' }, timeoutMs: 60_000 });
  const pool = new SmtpPool(config, { clock, log: nullLog, accessToken: () => new Promise(() => {}) });
  const sending = sendMail(MAIL, pool, config, never());
  await clock.advance(60_000);
  assert.match((await sending).failure?.text ?? '', /token/u);
  await pool.close();
});

test('messages and connections keep to the configured rate', async () => {
  await using server = await HostileSmtp.start();
  const clock = new VirtualClock();
  const config = configFor(server.port, { messagesPerMinute: 3, connectionsMax: 1 });
  const pool = new SmtpPool(config, { clock, log: nullLog });
  const sending = Array.from({ length: 7 }, () => sendMail(MAIL, pool, config, never()));
  await Promise.all(sending.slice(0, 3));
  await systemClock.delay(20);
  assert.equal(server.delivered, 3);
  await clock.advance(60_000);
  await Promise.all(sending.slice(3, 6));
  assert.equal(server.delivered, 6);
  await pool.close(); // the last one waits in vain
  const last = await sending[6];
  assert.equal(last === undefined ? '' : outcome(last), 'deferred');
  assert.equal(clock.pendingTimers, 0);

  const slow = configFor(server.port, { connectionsPerMinute: 1, messagesPerConnectionMax: 1 });
  const other = new SmtpPool(slow, { clock, log: nullLog });
  await sendMail(MAIL, other, slow, never());
  const second = sendMail(MAIL, other, slow, never());
  await systemClock.delay(20);
  assert.equal(server.delivered, 7);
  await clock.advance(60_000);
  assert.equal(outcome(await second), 'delivered');
  await other.close();
});

/** The certificate that the server shows, in DER. */
function certificateOf(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error('there is no certificate'));
      else resolve(certificate);
    });
    socket.on('error', reject);
  });
}

test('a pinned certificate or key is enough, and another one gets nothing', async () => {
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  await using secure = await MailServer.start({ secure: true });
  const certificate = await certificateOf(secure.port);
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  await using plain = await MailServer.start();
  for (const [server, security] of [
    [secure, 'tls'],
    [plain, 'starttls'],
  ] as const) {
    const send = async (pins: string): Promise<SendReport> => {
      const config = configFor(server.port, { security, tlsPins: parseTlsPins(pins) });
      const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
      const report = await sendMail(MAIL, pool, config, never());
      await pool.close();
      return report;
    };
    const other = `sha256:${'00'.repeat(32)}`;
    const good = [
      ...[certificate.fingerprint256, sha256(certificate.raw).toString('hex')],
      ...[sha256(key).toString('base64'), `${other}; sha256/${sha256(key).toString('base64')}`],
    ];
    for (const pins of good) assert.equal(outcome(await send(pins)), 'delivered', pins);
    const bad = await send(other);
    assert.equal(outcome(bad), 'deferred');
    assert.equal(bad.failure?.code, 'MAPI_E_LOGON_FAILED');
    assert.equal(server.mails.length, good.length);
  }
});
