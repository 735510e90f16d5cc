/**
 * Spans, as OpenTelemetry has them: a tracer of `@opentelemetry/api` is one of these, and nothing of it is needed here.
 */
import type { Log } from './log.ts';
import { MapiError } from './mapi-error.ts';
import type { Metrics } from './metrics.ts';

/** What may be said of a span; nothing that a person has written. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** OpenTelemetry: SpanKind. */
export const SPAN_INTERNAL = 0;
export const SPAN_CLIENT = 2;
export const SPAN_PRODUCER = 3;
export const SPAN_CONSUMER = 4;

/** OpenTelemetry: SpanStatusCode.ERROR. */
export const SPAN_ERROR = 2;

export interface SpanOptions {
  readonly kind?: number;
  readonly attributes?: { [name: string]: string | number | boolean };
}

/** A piece of work that is being timed. */
export interface Span {
  setAttribute(name: string, value: string | number | boolean): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** Makes spans. What runs in `startActiveSpan` has its span as the parent of its own. */
export interface Tracer {
  startSpan(name: string, options?: SpanOptions): Span;
  startActiveSpan<T>(name: string, options: SpanOptions, run: (span: Span) => T): T;
}

/** Where parts of the system say how they fare; what is absent is not observed. */
export interface Telemetry {
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
}

/** The tracer, whose failures are logged and stop nobody: the work is done exactly once, with a span or without. */
export function guardedTracer(tracer: Tracer, log: Log): Tracer {
  const attempt = (what: () => unknown): void => {
    try {
      what();
    } catch (cause) {
      log.warn('tracer failed', { error: MapiError.from(cause, 'tracer') });
    }
  };
  const guarded = (span: Span | undefined): Span => ({
    setAttribute: (name, value) => attempt(() => span?.setAttribute(name, value)),
    setStatus: (status) => attempt(() => span?.setStatus(status)),
    end: () => attempt(() => span?.end()),
  });
  return {
    startSpan: (name, options) => {
      let span: Span | undefined;
      attempt(() => (span = tracer.startSpan(name, options)));
      return guarded(span);
    },
    startActiveSpan: (name, options, run) => {
      let done: { readonly result: ReturnType<typeof run> } | undefined;
      let broken: { readonly error: unknown } | undefined;
      attempt(() =>
        tracer.startActiveSpan(name, options, (span) => {
          try {
            done ??= { result: run(guarded(span)) };
          } catch (error) {
            broken = { error };
          }
          return done?.result;
        }),
      );
      if (broken !== undefined) throw broken.error;
      return (done ?? { result: run(guarded(undefined)) }).result;
    },
  };
}
