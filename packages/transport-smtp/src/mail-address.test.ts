import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { anyText } from './any-text.testing.ts';
import { envelopeAddress, isMailAddress } from './mail-address.ts';

test('addresses of mail are told from other text', () => {
  for (const good of ['a@b', 'a.b+c@x.test', 'jörg@exämple.test', '"a b"@x.test', 'a@[127.0.0.1]']) {
    assert.equal(isMailAddress(good), true, good);
  }
  for (const bad of [
    '',
    'a',
    '@x',
    'a@',
    'a b@x',
    'a@x y',
    '<a@x>',
    'a@x>',
    'a@x\r\nRCPT TO:<b@x',
    `${'a'.repeat(250)}@x.test`,
  ]) {
    assert.equal(isMailAddress(bad), false, bad);
  }
});

test('no address can end its brackets or its line', () => {
  fc.assert(
    fc.property(anyText(), anyText(), (local, domain) => {
      const address = `${local}@${domain}`;
      if (isMailAddress(address)) assert.doesNotMatch(address, /[\r\n\0<>]/u);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test('a domain goes out in ASCII', () => {
  assert.equal(envelopeAddress('a@exämple.test'), 'a@xn--exmple-cua.test');
  assert.equal(envelopeAddress('jörg@x.test'), 'jörg@x.test');
  assert.equal(envelopeAddress(''), '');
});
