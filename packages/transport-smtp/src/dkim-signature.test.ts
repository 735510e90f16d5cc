import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { concatBytes, utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { dkimKey } from './dkim-key.ts';
import { signedBody } from './dkim-signature.ts';
import type { AsyncIterableFactory } from './mail-body.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEY = dkimKey('sender.test', 'key1', PEM);

const MESSAGE = [
  'From: Me  <me@sender.test>\r\nTo: you@x.test\r\nSubject: folded\r\n\tand  spaced \r\nX-Other: x\r\n\r\n',
  'A  line with \t spaces  \r\n.a dot\r\n\r\ngr\u00fc\u00dfe\r\n',
  '\r\n\r\n',
];

const bodyOf = (pieces: readonly string[]): AsyncIterableFactory =>
  async function* () {
    for (const piece of pieces) yield utf8Encode(piece);
  };

async function textOf(body: AsyncIterableFactory): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of body()) parts.push(piece);
  return Buffer.from(concatBytes(parts)).toString('latin1');
}

/** Relaxed canonicalisation of a header field (RFC 6376 3.4.2), written from the text. */
function relaxedField(field: string): string {
  const at = field.indexOf(':');
  const value = field
    .slice(at + 1)
    .replaceAll('\r\n', '')
    .replaceAll(/[ \t]+/gu, ' ')
    .trim();
  return `${field.slice(0, at).trim().toLowerCase()}:${value}`;
}

/** Relaxed canonicalisation of a body (RFC 6376 3.4.4). */
function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replaceAll(/[ \t]+/gu, ' ').trimEnd());
  const text = lines.join('\r\n').replace(/(?:\r\n)*$/u, '');
  return text === '' ? '' : `${text}\r\n`;
}

/** Verifies the first field of a message as a receiver does. */
function verifies(message: string): boolean {
  const end = message.indexOf('\r\n\r\n');
  const fields = message.slice(0, end).split(/\r\n(?![ \t])/u);
  const [signature = ''] = fields;
  const tags = new Map(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).replaceAll(/\s/gu, '')]),
  );
  const body = Buffer.from(relaxedBody(message.slice(end + 4)), 'latin1');
  if (createHash('sha256').update(body).digest('base64') !== tags.get('bh')) return false;
  const named = (tags.get('h') ?? '')
    .split(':')
    .map((name) => fields.find((field) => field.toLowerCase().startsWith(`${name}:`)));
  const unsigned = relaxedField(signature.replace(/([;\s]b=)[^;]*$/u, '$1'));
  const text = [...named.map((field) => `${relaxedField(field ?? '')}\r\n`), unsigned].join('');
  return verify('sha256', Buffer.from(text, 'latin1'), publicKey, Buffer.from(tags.get('b') ?? '', 'base64'));
}

test('the signature verifies, however the message is cut, and not if anything of it is changed', async () => {
  const signed = await textOf(signedBody(bodyOf(MESSAGE), KEY));
  assert.match(signed, /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=sender\.test;/u);
  assert.ok(signed.endsWith(Buffer.from(MESSAGE.join('')).toString('latin1')));
  assert.ok(verifies(signed));
  assert.ok(verifies(await textOf(signedBody(bodyOf([...MESSAGE.join('')]), KEY))));
  assert.ok(!verifies(signed.replace('.a dot', '.a d0t')));
  assert.ok(!verifies(signed.replace('you@x.test', 'them@x.test')));
});

test('it is signed once, and what has changed since breaks off', async () => {
  let times = 0;
  const counted = signedBody(async function* () {
    times++;
    yield utf8Encode(`Subject: x\r\n\r\n${times < 4 ? 'same' : 'other'}\r\n`);
  }, KEY);
  await textOf(counted);
  await textOf(counted);
  assert.equal(times, 3);
  await assert.rejects(textOf(counted), { code: 'MAPI_E_OBJECT_CHANGED' });
});

test('a key is RSA in PEM, with or without line breaks, of a decent size', () => {
  assert.ok(dkimKey('x.test', 's1', PEM.replaceAll('\n', ' ')));
  const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.ok(dkimKey('x.test', 's1', pkcs1));
  const elliptic = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const small = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  for (const bad of ['', 'key', elliptic, small.toString()]) {
    assert.throws(() => dkimKey('x.test', 's1', bad), { code: 'MAPI_E_INVALID_PARAMETER' });
  }
  assert.throws(() => dkimKey('x.test; x=y', 's1', PEM), { code: 'MAPI_E_INVALID_PARAMETER' });
});
