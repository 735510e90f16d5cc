import assert from 'node:assert/strict';
import { test } from 'vitest';
import { MESSAGE_IDS_MAX, parseMessageIds } from './message-id.ts';

test('identifiers keep their brackets and lose the blanks of folding', () => {
  assert.deepEqual(parseMessageIds('<a@b>\r\n <c\r\n @d> (comment)'), ['<a@b>', '<c@d>']);
});

test('words without brackets count only where there are no others', () => {
  assert.deepEqual(parseMessageIds('a@b, c@d'), ['<a@b>', '<c@d>']);
  assert.deepEqual(parseMessageIds('your message of Monday <a@b> x@y'), ['<a@b>']);
  assert.deepEqual(parseMessageIds('your message of Monday'), []);
});

test('a list has an end', () => {
  assert.equal(parseMessageIds('<a@b>'.repeat(MESSAGE_IDS_MAX + 1)).length, MESSAGE_IDS_MAX);
});
