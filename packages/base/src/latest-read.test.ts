import assert from 'node:assert/strict';
import { test } from 'vitest';
import { LatestRead } from './latest-read.ts';

/** Something that waits until it is let go. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

test('what a later read has found is not replaced by what an earlier one had', async () => {
  const seen = new LatestRead();
  const shown: string[] = [];
  const [old, recent] = [gate(), gate()];
  const first = seen.read(
    () => old.passed.then(() => 'old'),
    (value) => void shown.push(value),
  );
  const second = seen.read(
    () => recent.passed.then(() => 'recent'),
    (value) => void shown.push(value),
  );
  recent.open();
  await second;
  old.open();
  await first;
  assert.deepEqual(shown, ['recent']);
});
