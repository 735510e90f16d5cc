/**
 * Seeing what the system does: logs, metrics and spans, all off unless somebody asks for them.
 *
 * None of them holds what a person has written or keeps secret; labels of metrics and attributes of spans hold no
 * addresses either. Logs may: they quote what servers answer.
 */
import {
  type Clock,
  guardedTracer,
  type Log,
  type LogLevel,
  lineLog,
  MapiError,
  Metrics,
  nullLog,
  SPAN_ERROR,
  SPAN_PRODUCER,
  type Telemetry,
  type Tracer,
} from '@nodemapi/base';
import type { TraceHook } from '@nodemapi/session';

/** What is to be observed; `true` in its place stands for a log, metrics, and spans if there is OpenTelemetry. */
export interface ObserveOptions {
  /** JSON lines on standard error, of this level and above; `true` is 'info'. A log given to the subsystem goes first. */
  readonly log?: boolean | LogLevel;
  /** Counts and gauges, for `metricsText`; several subsystems may share one registry. */
  readonly metrics?: boolean | Metrics;
  /** Spans by this tracer of OpenTelemetry, or by the one that `@opentelemetry/api` has, which must be there or may be. */
  readonly spans?: boolean | 'ifPossible' | Tracer;
}

const WORDS = ['log', 'metrics', 'spans'] as const;
const EVERYTHING: ObserveOptions = { log: true, metrics: true, spans: 'ifPossible' };
const SUBMIT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/**
 * Reads `$MAPI_OBSERVE`: `1` or `all`, or some of `log`, `metrics` and `spans` with commas between them.
 *
 * @throws MAPI_E_INVALID_PARAMETER for any other word
 */
export function observeOptions(text: string | undefined): ObserveOptions {
  if (text === undefined || text === '' || text === '0') return {};
  if (text === '1' || text === 'all') return EVERYTHING;
  const words = text.split(',').map((word) => word.trim());
  const foreign = words.find((word) => !WORDS.some((known) => known === word));
  if (foreign !== undefined) {
    const known = `there are: ${WORDS.join(', ')}, all`;
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `nothing is observed as ${JSON.stringify(foreign)}; ${known}`);
  }
  return Object.fromEntries(words.map((word) => [word, true]));
}

/** What a subsystem is given to tell how it fares. */
export interface Observation {
  readonly log: Log | undefined;
  readonly telemetry: Telemetry;
  /** Hears the calls of clients; undefined where there is nothing to tell. */
  readonly trace: TraceHook | undefined;
}

/**
 * Sets up what is asked for.
 *
 * @param write takes a line of the log
 * @throws MAPI_E_NOT_FOUND if spans are wanted and the program has neither a tracer nor `@opentelemetry/api`
 */
export async function observation(
  options: ObserveOptions | boolean,
  {
    clock,
    log,
    write,
  }: { readonly clock: Clock; readonly log: Log | undefined; readonly write: (line: string) => void },
): Promise<Observation> {
  const { log: level, metrics, spans } = options === true ? EVERYTHING : options === false ? {} : options;
  const registry = metrics === true ? processMetrics() : metrics === false ? undefined : metrics;
  const isLogged = level !== undefined && level !== false;
  const own = isLogged ? lineLog(write, level === true ? 'info' : level, clock) : undefined;
  const used = log ?? own ?? nullLog;
  const tracer = await tracerOf(spans, used);
  const telemetry: Telemetry = {
    ...(registry === undefined ? {} : { metrics: registry }),
    ...(tracer === undefined ? {} : { tracer }),
  };
  return { log: own, telemetry, trace: submitHook(telemetry, clock, used) };
}

async function tracerOf(spans: ObserveOptions['spans'], log: Log): Promise<Tracer | undefined> {
  if (spans === undefined || spans === false) return undefined;
  if (spans !== true && spans !== 'ifPossible') return spans;
  try {
    return await globalTracer();
  } catch (error) {
    if (spans === true) throw error;
    log.info('no spans', { error: MapiError.from(error, 'observe').message });
    return undefined;
  }
}

/** A registry that has what every process has; one that a program brings has that already, or needs it not. */
function processMetrics(): Metrics {
  const metrics = new Metrics();
  const gauge = (name: string, help: string, read: () => number): void =>
    void metrics.gauge(name, { help }, () => [{ labels: [], value: read() }]);
  gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  gauge('process_cpu_seconds_total', 'Processor time of the process.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('process_uptime_seconds', 'Time since the process began.', () => process.uptime());
  return metrics;
}

/** The tracer of whatever the program has set up; one that does nothing, if it has set up nothing. */
async function globalTracer(): Promise<Tracer> {
  try {
    // known to the program, not to us: a name that the compiler does not look for
    const name: string = '@opentelemetry/api';
    const api = (await import(name)) as { readonly trace: { getTracer(name: string): Tracer } };
    return api.trace.getTracer('nodemapi');
  } catch (cause) {
    throw new MapiError('MAPI_E_NOT_FOUND', 'spans need the package @opentelemetry/api, which is not installed', {
      cause,
    });
  }
}

/** Tells how long programs wait for SubmitMessage, and whether it worked. */
function submitHook({ metrics, tracer }: Telemetry, clock: Clock, log: Log): TraceHook | undefined {
  if (metrics === undefined && tracer === undefined) return undefined;
  const submits = metrics?.counter('mapi_submits_total', { help: 'Calls of SubmitMessage.', labels: ['result'] });
  const seconds = metrics?.histogram('mapi_submit_seconds', {
    help: 'How long SubmitMessage took: until the message was on the disk.',
    bounds: SUBMIT_BOUNDS,
  });
  const guarded = tracer === undefined ? undefined : guardedTracer(tracer, log);
  return (iid, method) => {
    if (method !== 'submitMessage' || iid !== 'IMessage') return undefined;
    const begun = clock.monotonicMs();
    const span = guarded?.startSpan('mapi.submit', { kind: SPAN_PRODUCER });
    return (error) => {
      submits?.add([error === undefined ? 'ok' : error.code]);
      seconds?.observe([], (clock.monotonicMs() - begun) / 1000);
      if (error !== undefined) span?.setStatus({ code: SPAN_ERROR, message: error.code });
      span?.end();
    };
  };
}

/** Both hooks, where there are two. */
export function bothHooks(first: TraceHook | undefined, second: TraceHook | undefined): TraceHook | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (iid, method) => {
    const ends = [first(iid, method), second(iid, method)];
    return (error) => {
      for (const end of ends) end?.(error);
    };
  };
}
