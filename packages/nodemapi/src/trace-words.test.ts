import assert from 'node:assert/strict';
import { test } from 'vitest';
import { isTraced, tellUnknownTraceWords, unknownTraceWords } from './trace-words.ts';

test('words stand with commas between them, and spaces', () => {
  assert.deepEqual(
    ['leaks', ' errors , leaks', '', undefined, 'leak', 'errors'].map((list) => isTraced(list, 'leaks')),
    [true, true, false, false, false, false],
  );
});

test('unknown words are told once in the life of a process, with those that there are', () => {
  assert.deepEqual([undefined, '', ' , ', 'leaks,errors'].map(unknownTraceWords), Array(4).fill(undefined));
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  tellUnknownTraceWords('leaks', write);
  tellUnknownTraceWords('leak,errors,\u001b[2J', write);
  tellUnknownTraceWords('other', write);
  assert.deepEqual(lines, [
    'mapi: MAPI_TRACE has no "leak", "\\u001b[2J"; it may hold leaks, errors, with commas between them',
  ]);
});
