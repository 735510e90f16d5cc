import assert from 'node:assert/strict';
import { test } from 'vitest';
import { extensionOfType, typeOfFileName } from './media-type.ts';

test('types and extensions tell of each other', () => {
  assert.equal(extensionOfType('image/png'), 'png');
  assert.equal(extensionOfType('text/plain'), 'txt');
  assert.equal(extensionOfType('message/delivery-status'), 'txt');
  assert.equal(extensionOfType('x/unheard-of'), 'bin');
  assert.equal(typeOfFileName('A.PDF'), 'application/pdf');
  assert.equal(typeOfFileName('README'), 'application/octet-stream');
  assert.equal(typeOfFileName('x.constructor'), 'application/octet-stream');
});
