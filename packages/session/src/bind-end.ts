/**
 * Ends a session when its process is asked to end, when it breaks, or when the session is told to.
 *
 * - The first cause ends the session in good order; a further signal or exception meanwhile exits at once.
 * - Where several sessions are bound, the process exits when all of them have ended.
 * - Whenever it lets the process exit, local files are brought to rest by MAPICrashRecovery before.
 *
 * spec: ending-a-mapi-session, how-to-use-the-mapi-crash-recovery-api
 */
import { inspect } from 'node:util';
import { withDeadline } from '@nodemapi/base';
import {
  type EndReport,
  fnevCriticalError,
  HRESULTS,
  type IMAPISession,
  MapiError,
  type Notification,
} from '@nodemapi/mapi';
import {
  checkEndOptions,
  DEADLINE_MS,
  END_OPTIONS,
  type EndSessionOptions,
  endSession,
  sessionBehind,
} from './end-session.ts';
import type { MapiSession } from './mapi-session.ts';

/** Signals that can end a session. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What made a session end. */
export type EndCause =
  | EndSignal
  | 'beforeExit'
  /** An uncaught exception. */
  | 'exception'
  /** A rejected promise that nobody handles. */
  | 'rejection'
  /** Another member of the shared session logged off with MAPI_LOGOFF_SHARED, or somebody asks from outside. */
  | 'sharedLogoff'
  /** The session lost what it works with. */
  | 'criticalError';

/** The part of `process` that is needed; a test brings its own. */
export interface ProcessEvents {
  on(event: string, listener: (...args: readonly unknown[]) => void): unknown;
  off(event: string, listener: (...args: readonly unknown[]) => void): unknown;
  exit(code: number): unknown;
  /** Where an uncaught exception is told. */
  readonly stderr?: { write(text: string): unknown };
}

/** What ends the session, and how; the rest as for `endSession`. */
export interface BindEndOptions extends EndSessionOptions {
  /** Default SIGINT, SIGTERM and SIGHUP. */
  readonly signals?: readonly EndSignal[];
  /** When nothing keeps the process alive any more; default true. */
  readonly beforeExit?: boolean;
  /** When another member asks to log off, or a provider lost what it works with; default true. */
  readonly criticalErrors?: boolean;
  /**
   * Uncaught exceptions and unhandled rejections: printed, then the session ends, with its mail left in the queue unless
   * `policy` says otherwise, within 5 seconds unless `deadlineMs` says otherwise; default true.
   */
  readonly exceptions?: boolean;
  /** Exits when the session has ended by a signal (130, 143 or 129) or by an exception (1); default true. */
  readonly exit?: boolean;
  /**
   * What the program finishes first, while the session still works: a server stops listening and answers what it has begun.
   *
   * What it takes is taken from `deadlineMs`; the end does not wait for it any longer. What it throws is logged and changes nothing.
   */
  readonly beforeEnd?: (cause: EndCause) => Promise<void> | void;
  /** Hears the report once, of an end that came from here; what it throws is logged and changes nothing. */
  readonly onReport?: (report: EndReport, cause: EndCause) => void;
  /** Default the process itself. */
  readonly process?: ProcessEvents;
}

const BIND_OPTIONS: readonly (keyof BindEndOptions)[] = [
  ...END_OPTIONS,
  'signals',
  'beforeExit',
  'criticalErrors',
  'exceptions',
  'exit',
  'beforeEnd',
  'onReport',
  'process',
];
const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** 128 and the number of the signal, as shells have it. */
const EXIT_CODES: Readonly<Partial<Record<EndCause, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
  exception: 1,
  rejection: 1,
};
/** A program that broke is not kept for long. */
const brokenDeadlineMs = 5000;
/** How long the registration for critical errors may take to go; `endSession` tries it again. */
const unadviseMsMax = 500;

/**
 * Binds the end of a session to signals, the end of the process, uncaught exceptions and critical errors. The first of
 * them ends the session in good order; a further signal or exception meanwhile exits at once.
 *
 * Disposing the answer unbinds everything and ends nothing. A session that is ended by hand is unbound with its report.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `session` is none of ours, or an option makes no sense; MAPI_E_UNKNOWN_FLAGS
 */
export async function bindEnd(session: IMAPISession, options: BindEndOptions = {}): Promise<AsyncDisposable> {
  checkEndOptions(options, BIND_OPTIONS);
  checkBindOptions(options);
  const binding = new EndBinding(session, options);
  await binding.bind();
  return binding;
}

/** What would only be noticed at the end, or when something is bound already. @throws MAPI_E_INVALID_PARAMETER */
function checkBindOptions(options: BindEndOptions): void {
  const { signals = SIGNALS } = options;
  const wrong = Array.isArray(signals) ? signals.find((signal) => !SIGNALS.includes(signal)) : signals;
  if (wrong !== undefined)
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `signals: ${String(wrong)} is none of ${SIGNALS.join(', ')}`);
  const noFunction = (['beforeEnd', 'onReport'] as const).find((name) => !isFunction(options[name]));
  if (noFunction !== undefined) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${noFunction} is no function`);
}

function isFunction(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}

class EndBinding implements AsyncDisposable {
  readonly #session: IMAPISession;
  readonly #options: BindEndOptions;
  readonly #target: MapiSession;
  readonly #process: ProcessEvents;
  readonly #listeners = new Map<string, (...args: readonly unknown[]) => void>();
  #advise: AsyncDisposable | undefined;
  #reported: Disposable | undefined;
  #ending = false;

  constructor(session: IMAPISession, options: BindEndOptions) {
    this.#session = session;
    this.#target = sessionBehind(session);
    this.#options = options;
    this.#process = options.process ?? process;
  }

  async bind(): Promise<void> {
    if (this.#options.criticalErrors !== false) {
      const onNotify = (notifications: readonly Notification[]): void => {
        const cause = criticalCause(notifications);
        if (cause !== undefined) void this.#end(cause);
      };
      // Past the membrane: it is none of the client's registrations, which an end by hand would tell as left open.
      this.#advise = await this.#target.advise(null, fnevCriticalError, { onNotify });
    }
    for (const signal of this.#options.signals ?? SIGNALS) this.#listen(signal, () => this.#demand(signal));
    if (this.#options.exceptions !== false) {
      this.#listen('uncaughtException', (error) => this.#onBroken('exception', error));
      this.#listen('unhandledRejection', (reason) => this.#onBroken('rejection', reason));
    }
    if (this.#options.beforeExit !== false) this.#listen('beforeExit', () => void this.#end('beforeExit'));
    this.#reported = this.#target.reported.subscribe(() => this.#unbind());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unbind();
    await this.#advise?.[Symbol.asyncDispose]();
  }

  #listen(event: string, listener: (...args: readonly unknown[]) => void): void {
    this.#listeners.set(event, listener);
    this.#process.on(event, listener);
  }

  #unbind(): void {
    for (const [event, listener] of this.#listeners) this.#process.off(event, listener);
    this.#listeners.clear();
    this.#reported?.[Symbol.dispose]();
  }

  /** What cannot wait for an end that is under way: the process goes at once. */
  #demand(cause: EndCause): void {
    if (!this.#ending) void this.#end(cause);
    else if (isBroken(cause)) this.#exit(cause);
    else this.#exitNow(cause);
  }

  #onBroken(cause: 'exception' | 'rejection', error: unknown): void {
    if (this.#target.owner.boundEnds.isFirst(error)) this.#process.stderr?.write(`Uncaught ${inspect(error)}\n`);
    this.#demand(cause);
  }

  /** SHUT-21: what is in memory goes to the disk first, also of sessions that nobody ended. */
  #exitNow(cause: EndCause): void {
    this.#target.owner.crash.run({ recover: true, systemShutdown: !isBroken(cause) });
    this.#process.exit(EXIT_CODES[cause] ?? 1);
  }

  #exits(cause: EndCause): boolean {
    return EXIT_CODES[cause] !== undefined && this.#options.exit !== false;
  }

  #exit(cause: EndCause): void {
    if (this.#exits(cause)) this.#exitNow(cause);
  }

  async #end(cause: EndCause): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const { owner } = this.#target;
    await owner.boundEnds.run(() => this.#endSession(cause));
    if (this.#exits(cause)) await owner.answered();
    this.#exit(cause);
  }

  async #endSession(cause: EndCause): Promise<void> {
    const isHurried = isBroken(cause);
    const { progress, uninitialize, signal, fast } = this.#options;
    const { policy = isHurried ? 'leave' : undefined } = this.#options;
    const asked = this.#target.endRequest?.deadlineMs ?? this.#options.deadlineMs;
    const allMs = asked ?? (isHurried ? brokenDeadlineMs : DEADLINE_MS);
    const deadlineMs = Math.max(0, allMs - (await this.#finishProgram(cause, allMs)));
    await this.#unadvise();
    const report = await endSession(this.#session, {
      ...(policy === undefined ? {} : { policy }),
      deadlineMs,
      ...(progress === undefined ? {} : { progress }),
      ...(fast === undefined ? {} : { fast }),
      ...(uninitialize === undefined ? {} : { uninitialize }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#tell(report, cause);
    this.#unbind();
  }

  /** Answers how many milliseconds the program took, of those that it has. */
  async #finishProgram(cause: EndCause, allMs: number): Promise<number> {
    const { beforeEnd } = this.#options;
    if (beforeEnd === undefined) return 0;
    const { clock, log } = this.#target.core.environment;
    const startMs = clock.monotonicMs();
    try {
      await withDeadline(Promise.resolve(beforeEnd(cause)), allMs, clock, 'beforeEnd');
    } catch (error) {
      log.error('beforeEnd failed', { cause, error });
    }
    return clock.monotonicMs() - startMs;
  }

  /** The registration for critical errors goes first: what is heard during the end changes nothing. */
  async #unadvise(): Promise<void> {
    const advise = this.#advise;
    if (advise === undefined) return;
    const { clock, log } = this.#target.core.environment;
    try {
      await withDeadline(advise[Symbol.asyncDispose](), unadviseMsMax, clock, 'unadvise of the binding');
    } catch (error) {
      log.warn('the registration of the binding is left to the end of the session', { error });
    }
  }

  /** The client's own code: an answer that it promises is not waited for. */
  #tell(report: EndReport, cause: EndCause): void {
    const { log } = this.#target.core.environment;
    const failed = (error: unknown): void => log.error('onReport failed', { cause, error });
    try {
      const answer: unknown = this.#options.onReport?.(report, cause);
      Promise.resolve(answer).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

function isBroken(cause: EndCause): boolean {
  return cause === 'exception' || cause === 'rejection';
}

/** MAPI_E_END_OF_SESSION is a member's wish, every other critical error a loss. */
function criticalCause(notifications: readonly Notification[]): 'sharedLogoff' | 'criticalError' | undefined {
  const errors = notifications.filter((notification) => notification.kind === 'criticalError');
  if (errors.length === 0) return undefined;
  return errors.every(({ scode }) => scode === HRESULTS.MAPI_E_END_OF_SESSION) ? 'sharedLogoff' : 'criticalError';
}
