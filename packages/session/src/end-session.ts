/**
 * The whole end of a session: the nine documented steps in their order (decision D4).
 *
 * - It can be called in any state and again: every later call answers the first one's report.
 * - No step waits beyond the deadline; what did not finish is an error in its step, and the next step follows. A call
 *   that blocks the process, such as SQLite waiting for the write lock of another process (at most 5 s each), can
 *   delay the end all the same.
 * - Outgoing mail that could not be settled is still counted, from the queues; what cannot be read makes the report
 *   `incomplete`.
 * - What the client had left open is closed, and named in the report with the line that opened it.
 *
 * spec: ending-a-mapi-session
 */
import { type Clock, MapiError, withDeadline } from '@nodemapi/base';
import {
  END_STEPS,
  type EndReport,
  type EndStep,
  type EndStepName,
  type IMAPISession,
  type OutgoingPolicy,
  type OutgoingReport,
} from '@nodemapi/mapi';
import { describeLeftOpen } from './end-left-open.ts';
import { NO_OUTGOING, remainingOutgoing, settleOutgoing, UNKNOWN_OUTGOING } from './end-outgoing.ts';
import { handleState } from './handle.ts';
import { MapiSession } from './mapi-session.ts';
import { openerText } from './openers.ts';

/** How a session ends. */
export interface EndSessionOptions {
  /** What becomes of mail in the outgoing queue; default 'drain'. */
  readonly policy?: OutgoingPolicy;
  /**
   * Whether to try a fast shutdown of the process first, where no provider stands against it: nothing is logged off, and
   * no call to MAPI works afterwards. Otherwise the ordinary steps follow. Default false.
   */
  readonly fast?: boolean;
  /** For all steps together; default 30000. */
  readonly deadlineMs?: number;
  /** Hears how many messages of how many are dealt with. */
  readonly progress?: (done: number, total: number) => void;
  /** Whether to take OLE, MAPI and the utilities down too, each as often as one session brought it up; default true. */
  readonly uninitialize?: boolean;
  /**
   * Aborting it ends the waiting for outgoing mail; what is being sent has one second more to come to its end, and is stopped
   * then. The other steps follow.
   */
  readonly signal?: AbortSignal;
}

/** How long an end may take unless it is said. */
export const DEADLINE_MS = 30_000;
/** The least time a step is given, also when the deadline has passed. */
const stepMsMin = 1;

/** What a step did: how many things, or undefined if it did not apply. */
type StepResult = number | undefined;

/**
 * Ends a session and tells what became of everything. Where somebody outside has asked for the end, and said how, that
 * goes before `options`.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `session` is none of ours, or an option makes no sense; MAPI_E_UNKNOWN_FLAGS for
 *   an option that does not exist; it throws nothing else
 */
export async function endSession(session: IMAPISession, options: EndSessionOptions = {}): Promise<EndReport> {
  const target = sessionBehind(session);
  checkEndOptions(options, END_OPTIONS);
  target.endReport ??= new Ending(target, { ...options, ...target.endRequest }).run().then((report) => {
    target.reported.emit(report);
    return report;
  });
  return target.endReport;
}

const POLICIES: readonly unknown[] = ['drain', 'leave', 'abort', undefined] satisfies (OutgoingPolicy | undefined)[];

export const END_OPTIONS = [
  'policy',
  'fast',
  'deadlineMs',
  'progress',
  'uninitialize',
  'signal',
] as const satisfies (keyof EndSessionOptions)[];

/**
 * Whatever the type says: a deadline may come from the environment, and a misspelt one would be the default.
 *
 * @throws MAPI_E_INVALID_PARAMETER, MAPI_E_UNKNOWN_FLAGS
 */
export function checkEndOptions<T extends EndSessionOptions>(options: T, known: readonly (keyof T & string)[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'the options are no object');
  }
  const names: readonly string[] = known;
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `there is no option ${unknown}`);
  const { policy, deadlineMs = DEADLINE_MS } = options;
  if (typeof deadlineMs !== 'number' || Number.isNaN(deadlineMs)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'deadlineMs is no number of milliseconds');
  }
  if (!POLICIES.includes(policy)) throw new MapiError('MAPI_E_INVALID_PARAMETER', `there is no policy ${policy}`);
}

/** @throws MAPI_E_INVALID_PARAMETER if `session` is none of ours */
export function sessionBehind(session: IMAPISession): MapiSession {
  const target = handleState(session)?.record.target;
  if (target instanceof MapiSession) return target;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', 'this is no session of ours');
}

class Ending {
  readonly #session: MapiSession;
  readonly #options: EndSessionOptions;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #steps: EndStep[] = [];
  #outgoing: OutgoingReport = NO_OUTGOING;
  #deadlineExceeded = false;
  #fast: EndReport['fastShutdown'];

  constructor(session: MapiSession, options: EndSessionOptions) {
    this.#session = session;
    this.#options = options;
    this.#clock = session.core.environment.clock;
    this.#startMs = this.#clock.monotonicMs();
    this.#endMs = this.#startMs + (options.deadlineMs ?? DEADLINE_MS);
  }

  async run(): Promise<EndReport> {
    const { life } = this.#session;
    if (life.admits('endSession')) life.enter('endSession');
    const { ledger } = this.#session.membrane;
    const { buffers } = this.#session.owner;
    const { log } = this.#session.core.environment;
    const open = { advises: ledger.openAdvises(), buffers: buffers.open, blocks: buffers.openBlocks() };
    const askMs = life.state === 'shutDown' ? 0 : this.#remainingMs / 10;
    const left = [...ledger.handles()].reverse().filter((state) => state.record.target !== this.#session);
    const leftOpen = { objects: await describeLeftOpen(left, this.#clock, log, askMs), ...open };
    this.#session.owner.noteLeftOpen(this.#session, leftOpen);
    if (this.#options.fast === true && life.state === 'settling') await this.#shutDownFast();
    if (life.state === 'shutDown') for (const step of END_STEPS) await this.#step(step, () => undefined);
    else await this.#endInOrder();
    return {
      policy: this.#policy,
      ...(this.#fast === undefined ? {} : { fastShutdown: this.#fast }),
      completed: this.#steps.every((step) => step.ok),
      deadlineExceeded: this.#deadlineExceeded,
      durationMs: this.#clock.monotonicMs() - this.#startMs,
      steps: this.#steps,
      outgoing: this.#outgoing,
      leftOpen,
    };
  }

  /** IMAPIClientShutdown in its order; where it is refused, or takes too long, the ordinary steps follow. */
  async #shutDownFast(): Promise<void> {
    const { owner, core } = this.#session;
    const { log } = core.environment;
    const giveUp = new AbortController();
    const shutDown = async (): Promise<void> => {
      await owner.fastShutdown.query();
      await owner.fastShutdown.notify();
      await owner.fastShutdown.run(giveUp.signal);
    };
    try {
      await withDeadline(shutDown(), Math.max(stepMsMin, this.#remainingMs / 2), this.#clock, 'the fast shutdown');
      this.#fast = 'done';
      this.#outgoing = core.finalOutgoing ?? NO_OUTGOING;
    } catch (error) {
      giveUp.abort(error);
      this.#fast = 'refused';
      log.info('fast shutdown is not to be had', { error });
    }
  }

  async #endInOrder(): Promise<void> {
    const uninitialize = this.#options.uninitialize ?? true;
    const { owner } = this.#session;
    const { buffers } = owner;
    await this.#step('unadvise', () => this.#unadvise());
    await this.#step('release', () => this.#release());
    await this.#step('freeBuffers', () => (owner.openSessions > 1 ? undefined : buffers.freeAll()));
    await this.#step('outgoing', () => this.#settleOutgoing());
    await this.#step('logoff', () => this.#logoff());
    this.#takeFinalOutgoing();
    await this.#step('releaseSession', () => this.#releaseSession());
    await this.#step('oleUninitialize', () => applied(uninitialize && owner.undoOle()));
    await this.#step('mapiUninitialize', async () => applied(uninitialize && (await owner.undoMapi())));
    await this.#step('deinitMapiUtil', () => applied(uninitialize && owner.undoUtil()));
  }

  get #policy(): OutgoingPolicy {
    return this.#options.policy ?? 'drain';
  }

  get #remainingMs(): number {
    return Math.max(0, this.#endMs - this.#clock.monotonicMs());
  }

  async #step(step: EndStepName, work: () => StepResult | Promise<StepResult>): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    const done = (result: Pick<EndStep, 'ok' | 'count' | 'skipped' | 'error'>): void => {
      this.#steps.push({ step, durationMs: this.#clock.monotonicMs() - startMs, ...result });
    };
    try {
      const waitMs = Math.max(stepMsMin, this.#remainingMs);
      const count = await withDeadline(Promise.resolve().then(work), waitMs, this.#clock, step);
      done(count === undefined ? { ok: true, count: 0, skipped: true } : { ok: true, count });
    } catch (error) {
      const failure = MapiError.from(error, 'MAPI');
      this.#deadlineExceeded ||= this.#remainingMs === 0;
      done({
        ok: false,
        count: failure instanceof PartialFailure ? failure.count : 0,
        error: { code: failure.code, message: failure.detail },
      });
    }
  }

  async #unadvise(): Promise<StepResult> {
    const { membrane } = this.#session;
    return this.#each(membrane.ledger.advises(), (advise) => ({
      what: `unadvise of connection ${advise.connection}, opened at ${openerText(advise.opener)}`,
      run: () => membrane.unadvise(advise),
    }));
  }

  async #release(): Promise<StepResult> {
    const { membrane } = this.#session;
    const open = membrane.ledger.handles().filter((state) => state.record.target !== this.#session);
    return this.#each(open, (state) => ({
      what: `release of an ${state.record.iid} of ${state.record.component}, opened at ${openerText(state.opener)}`,
      run: () => membrane.release(state),
    }));
  }

  async #settleOutgoing(): Promise<StepResult> {
    const { core, ended, noMail } = this.#session;
    const spooler = ended || noMail ? undefined : core.spooler();
    if (spooler === undefined) return undefined;
    this.#outgoing = UNKNOWN_OUTGOING; // until it is known: the time may be up before
    const { progress, signal } = this.#options;
    const waitMs = this.#remainingMs * 0.75; // the rest is for the logoff
    const settled = settleOutgoing(core, spooler, this.#policy, {
      clock: this.#clock,
      waitMs,
      ...(progress === undefined ? {} : { progress }),
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      this.#outgoing = await withDeadline(settled, waitMs + this.#remainingMs / 10, this.#clock, 'the outgoing mail');
    } catch (error) {
      this.#deadlineExceeded ||= MapiError.is(error, 'MAPI_E_TIMEOUT');
      this.#outgoing = await remainingOutgoing(core, spooler, this.#remainingMs / 2);
      throw error;
    }
    return this.#outgoing.messages.length;
  }

  /** Attempts that ran when the mail was counted have ended with the spooler, so they need not stay unknown. */
  #takeFinalOutgoing(): void {
    const final = this.#session.core.finalOutgoing;
    if (final !== undefined && this.#outgoing.unknown > 0 && this.#outgoing.incomplete !== true) this.#outgoing = final;
  }

  async #logoff(): Promise<StepResult> {
    const { signal } = this.#options;
    if (this.#session.ended) {
      await this.#session.end({ deadlineMs: this.#remainingMs });
      return undefined;
    }
    const hurry = signal === undefined ? {} : { hurry: signal };
    const problems = await this.#session.end({ deadlineMs: this.#remainingMs * 0.9, ...hurry });
    if (problems.length > 0)
      throw new PartialFailure(
        problems.map((problem) => problem.error),
        1,
      );
    return 1;
  }

  async #releaseSession(): Promise<StepResult> {
    const { membrane } = this.#session;
    const open = membrane.ledger.handles();
    for (const state of open) await membrane.release(state);
    return open.length;
  }

  /** Does the same to many; what hangs gets half of the time that is left. Throws what failed, when all had their turn. */
  async #each<T>(
    things: readonly T[],
    taskOf: (thing: T) => { readonly what: string; readonly run: () => Promise<unknown> },
  ): Promise<number> {
    const errors: MapiError[] = [];
    for (const thing of things) {
      const { what, run } = taskOf(thing);
      try {
        const waitMs = Math.max(stepMsMin, this.#remainingMs / 2);
        await withDeadline(Promise.resolve().then(run), waitMs, this.#clock, what);
      } catch (error) {
        const { code, detail } = MapiError.from(error, 'MAPI');
        errors.push(new MapiError(code, detail.includes(what) ? detail : `${what}: ${detail}`, { cause: error }));
      }
    }
    if (errors.length > 0) throw new PartialFailure(errors, things.length);
    return things.length;
  }
}

/** Several things of one step failed; the step was gone through all the same. */
class PartialFailure extends MapiError {
  readonly count: number;

  constructor(errors: readonly MapiError[], count: number) {
    const code = errors[0]?.code ?? 'MAPI_E_CALL_FAILED';
    super(code, errors.map((error) => error.detail).join('; '), { cause: errors[0] });
    this.count = count;
  }
}

function applied(done: boolean): StepResult {
  return done ? 1 : undefined;
}
