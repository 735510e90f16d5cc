import assert from 'node:assert/strict';
import { MapiError, type PropValue, prop } from '@nodemapi/mapi';
import { test } from 'vitest';
import { isByToken, type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import {
  PR_SMTP_AUTH,
  PR_SMTP_CONNECTIONS_PER_MINUTE,
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_HOST,
  PR_SMTP_MESSAGE_SECONDS,
  PR_SMTP_MESSAGES_PER_CONNECTION,
  PR_SMTP_MESSAGES_PER_MINUTE,
  PR_SMTP_PASSWORD,
  PR_SMTP_PLAIN_PASSWORD,
  PR_SMTP_RECIPIENTS_MAX,
  PR_SMTP_SECURITY,
  PR_SMTP_TLS_PINS,
  PR_SMTP_USER,
} from './smtp-properties.ts';

const FROM = prop(PR_SMTP_FROM_ADDRESS, 'me@x.test');
const PASSWORD = [prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'secret')];
const PIN = `sha256:${'ab'.repeat(32)}`;

const configOf = (host: string, ...more: readonly PropValue[]): SmtpConfig =>
  smtpConfigOf([prop(PR_SMTP_HOST, host), FROM, ...more]);

const isInvalid = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER');

test('a password goes unencrypted to this computer, and to another one only if that is allowed', () => {
  const none = prop(PR_SMTP_SECURITY, 'none');
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) configOf(host, none, ...PASSWORD);
  for (const host of ['mail.test', '10.0.0.1', '127.0.0.1.evil.test', 'localhost.evil.test']) {
    assert.throws(() => configOf(host, none, ...PASSWORD), isInvalid, host);
    configOf(host, none, ...PASSWORD, prop(PR_SMTP_PLAIN_PASSWORD, true));
    configOf(host, none);
  }
  const token = [prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_AUTH, 'oauth2')];
  assert.throws(() => configOf('mail.test', none, ...token), isInvalid);
});

test('a pin needs encryption from everybody', () => {
  for (const security of ['none', 'opportunistic']) {
    const values = [prop(PR_SMTP_SECURITY, security), prop(PR_SMTP_TLS_PINS, PIN)];
    assert.throws(() => configOf('mail.test', ...values), isInvalid);
  }
  assert.deepEqual(configOf('mail.test', prop(PR_SMTP_TLS_PINS, PIN)).tlsPins, ['ab'.repeat(32)]);
  assert.throws(() => configOf('mail.test', prop(PR_SMTP_TLS_PINS, 'sha1:abcd')), isInvalid);
});

test('a token needs a user and no password', () => {
  const auth = prop(PR_SMTP_AUTH, 'oauth2');
  const config = configOf('mail.test', auth, ...PASSWORD);
  assert.deepEqual(config.credentials, { user: 'me' });
  assert.ok(isByToken(config));
  assert.ok(!isByToken(configOf('mail.test', ...PASSWORD)));
  assert.throws(() => configOf('mail.test', auth), { code: 'MAPI_E_UNCONFIGURED' });
  assert.throws(() => configOf('mail.test', prop(PR_SMTP_AUTH, 'fingerprint')), isInvalid);
});

test('limits have defaults and bounds', () => {
  const { messagesPerMinute, messagesPerConnectionMax, recipientsMax, messageMs } = configOf('mail.test');
  assert.deepEqual(
    [messagesPerMinute, messagesPerConnectionMax, recipientsMax, messageMs],
    [undefined, 100, 100, 1800_000],
  );
  const bad = [
    ...[prop(PR_SMTP_MESSAGES_PER_MINUTE, 0), prop(PR_SMTP_CONNECTIONS_PER_MINUTE, 10_001)],
    ...[prop(PR_SMTP_MESSAGES_PER_CONNECTION, -1), prop(PR_SMTP_RECIPIENTS_MAX, 1001)],
    prop(PR_SMTP_MESSAGE_SECONDS, 86_401),
  ];
  for (const value of bad) assert.throws(() => configOf('mail.test', value), isInvalid);
});
