import assert from 'node:assert/strict';
import { AssertionError } from '@nodemapi/base';
import { test } from 'vitest';
import { join, raw, sql } from './sql.ts';

test('values become parameters and queries become text', () => {
  const where = join([sql`a = ${1}`, sql`b = ${"x' OR 1=1"}`], ' AND ');
  const query = sql`SELECT ${raw('id')} FROM t WHERE ${where} LIMIT ${5}`;
  assert.equal(query.text, 'SELECT id FROM t WHERE a = ? AND b = ? LIMIT ?');
  assert.deepEqual(query.parameters, [1, "x' OR 1=1", 5]);
});

test('a value that is missing is a bug, not NULL', () => {
  // what a caller without types may pass
  const missing = undefined as unknown as string;
  assert.throws(() => sql`SELECT ${missing}`, AssertionError);
});
