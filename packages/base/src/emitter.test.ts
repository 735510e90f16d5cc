import { deepStrictEqual } from 'node:assert';
import { test } from 'vitest';
import { Emitter } from './emitter.ts';

test('listeners hear in the order of subscribing, until they are disposed', () => {
  const emitter = new Emitter<number>();
  const heard: string[] = [];
  const first = emitter.subscribe((value) => heard.push(`a${value}`));
  emitter.subscribe((value) => heard.push(`b${value}`));
  emitter.emit(1);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  emitter.emit(2);
  deepStrictEqual([heard, emitter.size], [['a1', 'b1', 'b2'], 1]);
});

test('one function subscribed twice is two subscriptions', () => {
  const emitter = new Emitter<number>();
  let calls = 0;
  const listener = (): number => calls++;
  const first = emitter.subscribe(listener);
  emitter.subscribe(listener);
  first[Symbol.dispose]();
  emitter.emit(1);
  deepStrictEqual(calls, 1);
});

test('a throwing or rejecting listener stops neither emitter nor neighbours', async () => {
  const errors: unknown[] = [];
  const emitter = new Emitter<number>((error) => errors.push(error));
  const heard: number[] = [];
  emitter.subscribe(() => {
    throw new Error('sync');
  });
  emitter.subscribe(async () => {
    throw new Error('async');
  });
  emitter.subscribe((value) => heard.push(value));
  emitter.emit(1);
  await new Promise(setImmediate);
  deepStrictEqual([heard, errors], [[1], [new Error('sync'), new Error('async')]]);
});

test('without onError the process is warned', async () => {
  const said = 'nobody listens to this';
  const printers = process.listeners('warning');
  const warned = new Promise<void>((resolve) => {
    process.on('warning', function listen(warning) {
      if (warning.message !== said) {
        for (const print of printers) print(warning); // others may warn at the same time
        return;
      }
      process.off('warning', listen);
      resolve();
    });
  });
  for (const print of printers) process.off('warning', print); // this warning is meant, nobody needs to read it
  try {
    const emitter = new Emitter<number>();
    emitter.subscribe(() => {
      throw new Error(said);
    });
    emitter.emit(1);
    await warned;
  } finally {
    for (const print of printers) process.on('warning', print);
  }
});

test('who is disposed during an emit hears nothing more, who subscribes hears the next', () => {
  const emitter = new Emitter<number>();
  const heard: string[] = [];
  emitter.subscribe(() => {
    second[Symbol.dispose]();
    if (emitter.size === 1) emitter.subscribe((value) => heard.push(`new${value}`));
  });
  const second = emitter.subscribe((value) => heard.push(`second${value}`));
  emitter.emit(1);
  emitter.emit(2);
  emitter.clear();
  emitter.emit(3);
  deepStrictEqual(heard, ['new2']);
});
