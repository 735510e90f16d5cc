import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { memoryLog } from './log.ts';
import { guardedTracer, type Span, type Tracer } from './tracing.ts';

const boom = (): never => {
  throw new Error('exporter is down');
};

const broken: Tracer = { startSpan: boom, startActiveSpan: boom };

describe('a tracer that fails', () => {
  test('stops no work, which is done once, and is logged', async () => {
    const log = memoryLog();
    let runs = 0;
    const answer = await guardedTracer(broken, log).startActiveSpan('work', {}, async (span) => {
      runs++;
      span.setAttribute('x', 1);
      span.end();
      return 7;
    });
    assert.deepEqual([answer, runs], [7, 1]);
    guardedTracer(broken, log).startSpan('work').end();
    assert.deepEqual(
      log.entries.map(({ level, event }) => [level, event]),
      [
        ['warn', 'tracer failed'],
        ['warn', 'tracer failed'],
      ],
    );
  });

  test('after the work: the work is not done again', () => {
    const log = memoryLog();
    const span: Span = { setAttribute: boom, setStatus: boom, end: boom };
    const late: Tracer = {
      startSpan: () => span,
      startActiveSpan: (_name, _options, run) => {
        run(span);
        return boom();
      },
    };
    let runs = 0;
    const answer = guardedTracer(late, log).startActiveSpan('work', {}, (each) => {
      each.setStatus({ code: 2 });
      each.end();
      return ++runs;
    });
    assert.deepEqual([answer, runs, log.entries.length], [1, 1, 3]);
  });

  test('an error of the work itself comes out as it is', () => {
    const log = memoryLog();
    const span: Span = { setAttribute: () => {}, setStatus: () => {}, end: () => {} };
    const tracer: Tracer = { startSpan: () => span, startActiveSpan: (_name, _options, run) => run(span) };
    const error = new Error('of the work');
    assert.throws(
      () =>
        guardedTracer(tracer, log).startActiveSpan('work', {}, () => {
          throw error;
        }),
      (thrown) => thrown === error,
    );
    assert.equal(log.entries.length, 0);
  });
});
