import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'vitest';
import { LinkedAbort } from './linked-abort.ts';

test('it is aborted with any of its signals, for the same reason, and lets go of the others', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const linked = new LinkedAbort(first.signal, second.signal);
  const reason = new Error('enough');
  second.abort(reason);
  assert.equal(linked.signal.reason, reason);
  assert.deepEqual(getEventListeners(first.signal, 'abort'), []);
});

test('one that is aborted already aborts it at once', () => {
  const reason = new Error('before');
  const linked = new LinkedAbort(new AbortController().signal, AbortSignal.abort(reason));
  assert.equal(linked.signal.reason, reason);
});

test('it can be aborted by itself; after its disposal the signals do nothing', () => {
  const outer = new AbortController();
  const own = new LinkedAbort(outer.signal);
  own.abort(new Error('own'));
  assert.equal((own.signal.reason as Error).message, 'own');
  const done = new LinkedAbort(outer.signal);
  done[Symbol.dispose]();
  outer.abort();
  assert.equal(done.signal.aborted, false);
  assert.deepEqual(getEventListeners(outer.signal, 'abort'), []);
});

test('a hundred on one signal are no leak', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => warnings.push(warning);
  process.on('warning', hear);
  const outer = new AbortController();
  const all = Array.from({ length: 100 }, () => new LinkedAbort(outer.signal));
  await new Promise(setImmediate);
  process.off('warning', hear);
  outer.abort();
  assert.deepEqual(warnings, []);
  assert.ok(all.every(({ signal }) => signal.aborted));
});
