import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { dropName, folderName } from './drop-name.ts';

test('ordinary addresses stay readable', () => {
  assert.equal(folderName('anna@home.test'), 'anna@home.test');
  assert.equal(folderName('anna+x@home.test'), 'anna+x@home.test');
});

test('no address leaves its folder, and no two share one', () => {
  assert.equal(folderName('..'), '%2e%2e');
  assert.equal(folderName('../../etc/passwd'), '%2e.%2f..%2fetc%2fpasswd');
  assert.equal(folderName('a/b@x'), 'a%2fb@x');
  const address = fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }).map((text) => text.toLowerCase());
  fc.assert(
    fc.property(address, address, (a, b) => {
      const name = folderName(a);
      assert.match(name, /^[a-z0-9@_+%-](?:[a-z0-9@._+%-]*[a-z0-9@_+%-])?$/u);
      assert.ok(name.length <= 255);
      const same = Buffer.from(a).equals(Buffer.from(b));
      assert.equal(name === folderName(b), same);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('a drop is named by message, submission and mailbox, and names sort by time', () => {
  const key = { messageId: '<a@x>', submitTime: 9n, address: 'bob@x' };
  assert.equal(dropName(key), dropName({ ...key }));
  const others = [
    { ...key, messageId: '<b@x>' },
    { ...key, submitTime: 10n },
    { ...key, address: 'anna@x' },
  ];
  for (const other of others) assert.notEqual(dropName(other), dropName(key));
  assert.ok(dropName(key) < dropName({ ...key, submitTime: 10n }));
  assert.doesNotMatch(dropName({ ...key, messageId: '<../~@x>' }), /[~/]/u);
});
