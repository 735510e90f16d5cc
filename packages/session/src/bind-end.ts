/** Ends a session when its process is asked to end, or when the session is told to. spec: ending-a-mapi-session */
import { withDeadline } from '@nodemapi/base';
import type { EndReport, IMAPISession, Notification } from '@nodemapi/mapi';
import { fnevCriticalError } from '@nodemapi/mapi';
import { type EndSessionOptions, endSession, sessionBehind } from './end-session.ts';
import type { MapiSession } from './mapi-session.ts';

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What made a session end. */
export type EndCause = EndSignal | 'beforeExit' | 'criticalError';

/** The part of `process` that is needed; a test brings its own. */
export interface ProcessEvents {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  exit(code: number): unknown;
}

export interface BindEndOptions extends EndSessionOptions {
  /** Default SIGINT, SIGTERM and SIGHUP. */
  readonly signals?: readonly EndSignal[];
  /** When nothing keeps the process alive any more; default true. */
  readonly beforeExit?: boolean;
  /** When another member asks to log off, or a provider lost what it works with; default true. */
  readonly criticalErrors?: boolean;
  /** Exits when the session has ended by a signal; default true, with 130, 143 or 129. */
  readonly exit?: boolean;
  /** Hears the report once, of an end that came from here; what it throws is logged and changes nothing. */
  readonly onReport?: (report: EndReport, cause: EndCause) => void;
  /** Default the process itself. */
  readonly process?: ProcessEvents;
}

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** 128 and the number of the signal, as shells have it. */
const EXIT_CODES: Readonly<Record<EndSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
/** How long the registration for critical errors may take to go; `endSession` tries it again. */
const unadviseMsMax = 500;

/**
 * Binds the end of a session to signals, the end of the process and critical errors. The first of them ends the
 * session in good order; a further signal meanwhile exits at once.
 *
 * Disposing the answer unbinds everything and ends nothing. A session that is ended by hand is unbound with its report.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `session` is none of ours
 */
export async function bindEnd(session: IMAPISession, options: BindEndOptions = {}): Promise<AsyncDisposable> {
  const binding = new EndBinding(session, options);
  await binding.bind();
  return binding;
}

class EndBinding implements AsyncDisposable {
  readonly #session: IMAPISession;
  readonly #options: BindEndOptions;
  readonly #target: MapiSession;
  readonly #process: ProcessEvents;
  readonly #listeners = new Map<string, () => void>();
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
        if (notifications.some(({ kind }) => kind === 'criticalError')) void this.#end('criticalError');
      };
      this.#advise = await this.#session.advise(null, fnevCriticalError, { onNotify });
    }
    for (const signal of this.#options.signals ?? SIGNALS) this.#listen(signal, () => this.#onSignal(signal));
    if (this.#options.beforeExit !== false) this.#listen('beforeExit', () => void this.#end('beforeExit'));
    this.#reported = this.#target.reported.subscribe(() => this.#unbind());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unbind();
    await this.#advise?.[Symbol.asyncDispose]();
  }

  #listen(event: string, listener: () => void): void {
    this.#listeners.set(event, listener);
    this.#process.on(event, listener);
  }

  #unbind(): void {
    for (const [event, listener] of this.#listeners) this.#process.off(event, listener);
    this.#listeners.clear();
    this.#reported?.[Symbol.dispose]();
  }

  #onSignal(signal: EndSignal): void {
    if (this.#ending) this.#process.exit(EXIT_CODES[signal]);
    else void this.#end(signal);
  }

  async #end(cause: EndCause): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const { policy, deadlineMs, progress, uninitialize, signal } = this.#options;
    await this.#unadvise();
    const report = await endSession(this.#session, {
      ...(policy === undefined ? {} : { policy }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(progress === undefined ? {} : { progress }),
      ...(uninitialize === undefined ? {} : { uninitialize }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#tell(report, cause);
    this.#unbind();
    const exits = cause !== 'beforeExit' && cause !== 'criticalError' && this.#options.exit !== false;
    if (exits) this.#process.exit(EXIT_CODES[cause]);
  }

  /** The registration for critical errors goes first, so that it is not among what the client had left open. */
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
