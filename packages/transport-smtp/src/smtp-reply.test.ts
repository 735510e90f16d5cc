import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { anyText } from './any-text.testing.ts';
import { extensionsOf, isAuthenticationReply, meaningOf, parseReply, retryHint } from './smtp-reply.ts';

test('a reply is read with its codes and its text', () => {
  const reply = parseReply('550-5.1.1 no such user\n550 5.1.1 at all');
  assert.deepEqual(
    { code: reply.code, enhanced: reply.enhanced, text: reply.text },
    { code: 550, enhanced: '5.1.1', text: 'no such user at all' },
  );
  assert.equal(parseReply('250').code, 250);
  assert.equal(parseReply('250 ok\u0000\u0007').text, 'ok');
});

test('what is no reply has the code 0', () => {
  for (const raw of [
    '',
    'hello',
    '25',
    '2500 x',
    '250-open',
    '250-a\n251 b',
    '250-a\nb',
    '250 a\n250 b',
    '650 x',
    '099 x',
  ]) {
    assert.equal(parseReply(raw).code, 0, raw);
  }
});

test('nothing but 2xx is good, and nothing but a permanent refusal is final', () => {
  const meaning = (raw: string): string => meaningOf(parseReply(raw));
  assert.deepEqual(
    ['250 ok', '251 ok', '354 go', '421 bye', '451 x', '503 x', '530 x', '535 x', '550 x', '554 x', 'what'].map(
      meaning,
    ),
    ['ok', 'ok', 'nonsense', 'later', 'later', 'later', 'later', 'later', 'never', 'never', 'nonsense'],
  );
  assert.equal(isAuthenticationReply(parseReply('535 5.7.8 no')), true);
  fc.assert(
    fc.property(anyText(), (raw) => {
      if (meaning(raw) === 'ok') assert.match(raw, /^2\d\d/u);
      if (meaning(raw) === 'never') assert.match(raw, /^5\d\d/u);
    }),
    { seed: 1 },
  );
});

test('a hint when to come back is understood in seconds, minutes and hours', () => {
  const hint = (text: string): number | undefined => retryHint(parseReply(`450 4.2.0 ${text}`));
  assert.equal(hint('Greylisted, try again in 300 seconds'), 300);
  assert.equal(hint('please retry after 5 min'), 300);
  assert.equal(hint('try again in 2 hours'), 7200);
  assert.equal(hint('try again in 99999 hours'), 86_400);
  assert.equal(hint('mailbox 17 is full'), undefined);
  assert.equal(hint('try again in 0 s'), undefined);
});

test('extensions are read by keyword', () => {
  const extensions = extensionsOf(parseReply('250-mail.test\n250-SIZE 1000\n250-auth PLAIN LOGIN\n250 DSN'));
  assert.deepEqual(
    [...extensions],
    [
      ['SIZE', '1000'],
      ['AUTH', 'PLAIN LOGIN'],
      ['DSN', ''],
    ],
  );
});
