import { deepStrictEqual } from 'node:assert';
import { test } from 'vitest';

test('both symbols exist after import', async () => {
  await import('./dispose.ts');
  deepStrictEqual([typeof Symbol.dispose, typeof Symbol.asyncDispose], ['symbol', 'symbol']);
  deepStrictEqual(Symbol.dispose === (Symbol.asyncDispose as symbol), false);
});
