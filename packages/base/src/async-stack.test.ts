import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert';
import { test } from 'vitest';
import { AssertionError } from './assert.ts';
import { AsyncStack } from './async-stack.ts';

test('closes in reverse order, one after another', async () => {
  const log: string[] = [];
  {
    await using stack = new AsyncStack();
    stack.use({ [Symbol.dispose]: () => void log.push('sync') });
    stack.use({
      [Symbol.asyncDispose]: async () => {
        log.push('async starts');
        await Promise.resolve();
        log.push('async ends');
      },
    });
    stack.defer(() => void log.push('deferred'));
  }
  deepStrictEqual(log, ['deferred', 'async starts', 'async ends', 'sync']);
});

test('use returns what it takes and lets null and undefined pass', async () => {
  await using stack = new AsyncStack();
  const thing = { [Symbol.dispose]: () => {} };
  deepStrictEqual([stack.use(thing) === thing, stack.use(null), stack.use(undefined)], [true, null, undefined]);
});

test('move leaves everything to the new stack', async () => {
  let closed = 0;
  const first = new AsyncStack();
  first.defer(() => void closed++);
  const second = first.move();
  await first[Symbol.asyncDispose]();
  strictEqual(closed, 0);
  await second[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  strictEqual(closed, 1);
});

test('a closer that throws does not keep the others from closing; the first error is thrown with the rest', async () => {
  const log: string[] = [];
  const stack = new AsyncStack();
  stack.defer(() => void log.push('last'));
  stack.defer(() => Promise.reject(new Error('second')));
  stack.defer(() => {
    throw new Error('first');
  });
  await rejects(stack[Symbol.asyncDispose](), (error: Error & { suppressed?: unknown }) => {
    deepStrictEqual([error.message, error.suppressed], ['first', [new Error('second')]]);
    return true;
  });
  deepStrictEqual(log, ['last']);
});

test('errors that cannot carry others come as an AggregateError', async () => {
  const stack = new AsyncStack();
  stack.defer(() => Promise.reject(new Error('second')));
  stack.defer(() => Promise.reject('first'));
  await rejects(stack[Symbol.asyncDispose](), (error: unknown) => {
    deepStrictEqual(error instanceof AggregateError && error.errors, ['first', new Error('second')]);
    return true;
  });
});

test('adding to a stack that is disposed or moved is a bug', () => {
  const stack = new AsyncStack();
  stack.move();
  throws(() => stack.defer(() => {}), AssertionError);
  throws(() => stack.use(null), AssertionError);
  throws(() => stack.move(), AssertionError);
});
