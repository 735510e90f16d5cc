import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { test } from 'vitest';
import { lineLog, memoryLog, nullLog } from './log.ts';
import { MapiError } from './mapi-error.ts';
import { VirtualClock } from './virtual-clock.ts';

function lines(level: Parameters<typeof lineLog>[1]): { log: ReturnType<typeof lineLog>; written: string[] } {
  const written: string[] = [];
  return { log: lineLog((line) => written.push(line), level, new VirtualClock(0)), written };
}

test('a memory log remembers level, event and fields, also of its children', () => {
  const log = memoryLog();
  log.info('start', { pid: 1 });
  log.child({ store: 'a' }).child({ folder: 2 }).warn('slow', { ms: 3 });
  deepStrictEqual(log.entries, [
    { level: 'info', event: 'start', fields: { pid: 1 } },
    { level: 'warn', event: 'slow', fields: { store: 'a', folder: 2, ms: 3 } },
  ]);
});

test('a line log writes JSON with the time first, and a field cannot replace it', () => {
  const { log, written } = lines('info');
  log.child({ a: 1 }).error('broke', { time: 'forged', size: 5n, id: Uint8Array.of(1, 255), buffer: Buffer.from([2]) });
  deepStrictEqual(written, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"error","event":"broke","a":1,"size":"5","id":"01ff","buffer":"02"}',
  ]);
});

test('levels below the chosen one are not written', () => {
  const { log, written } = lines('warn');
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level](level);
  deepStrictEqual(
    written.map((line) => JSON.parse(line).event),
    ['warn', 'error'],
  );
});

test('errors are written with code, message and cause', () => {
  const { log, written } = lines('trace');
  log.trace('failed', { error: new MapiError('MAPI_E_BUSY', 'locked', { cause: new Error('inner') }) });
  const { error } = JSON.parse(written[0] ?? '');
  deepStrictEqual([error.code, error.message, error.cause.message], ['MAPI_E_BUSY', 'MAPI_E_BUSY: locked', 'inner']);
  ok(error.stack.includes('log.test.ts'));
});

test('fields that JSON cannot hold do not fail the caller', () => {
  const { log, written } = lines('trace');
  const ring: Record<string, unknown> = {};
  ring.self = ring;
  log.info('ring', { ring });
  const line = JSON.parse(written[0] ?? '');
  deepStrictEqual([line.event, line.unprintable], ['ring', ['ring']]);
});

test('the null log takes everything', () => {
  strictEqual(nullLog.child({ a: 1 }).info('nothing'), undefined);
});
