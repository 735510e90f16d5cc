/**
 * The idle engine: routines that run when the clients have nothing under way.
 *
 * - Routines run one at a time and never within a call of a client; after each the event loop has a turn.
 * - Of those that are ready the one of the highest priority runs. Above zero they run beside the calls of clients,
 *   below zero only while no such call runs; zero stands for those calls themselves.
 * - A routine that throws is logged and stays; one that does not return is disabled.
 *
 * spec: mapi-idle-engine, ftgregisteridleroutine
 */
import { type Clock, type Log, MapiError, type Timer, withDeadline } from '@nodemapi/base';
import type { IdleChange, IdleOptions, IdleRoutine, IdleTag } from '@nodemapi/mapi';
import type { Foreground } from './foreground.ts';

/** The least time between two calls of a routine without an interval of its own. */
const pauseMs = 100;
/** How often an engine with something to run looks whether the clients have come to rest. */
const busyCheckMs = 50;
/** How often it looks whether the machine has slept, while a routine waits that counts this time. */
const wakeCheckMs = 1000;
/** A routine that takes longer than this is no short one. */
const shortRunMsMax = 100;
/** A routine that takes longer than this is disabled, so that the others run. */
const runMsMax = 60_000;
const MS_PER_CSEC = 10;

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof IdleOptions>([
  'wait',
  'interval',
  'noAdjustment',
  'disabled',
  'onceOnly',
  'perBlock',
]);
const CHANGE_NAMES: ReadonlySet<string> = new Set<keyof IdleChange>([
  'routine',
  'parameter',
  'priority',
  'csecIdle',
  'options',
]);

interface Registered {
  readonly tag: IdleTag;
  routine: IdleRoutine;
  parameter: unknown;
  priority: number;
  csecIdle: number;
  options: IdleOptions;
  enabled: boolean;
  hasRun: boolean;
  /** When it last ran, was enabled, or saw the clients at work; by the clock that stands still and by the other. */
  sinceMs: number;
  sinceWallMs: number;
  /** Calls of clients that were begun by then. */
  seenCalls: number;
}

/** What an engine needs of its surroundings. */
export interface IdleEngineOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly foreground: Foreground;
}

export class IdleEngine {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #foreground: Foreground;
  readonly #routines = new Map<IdleTag, Registered>();
  #count = 0;
  #nextTag = 1;
  #timer: Timer | undefined;
  #running = false;

  constructor(options: IdleEngineOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#foreground = options.foreground;
  }

  /** MAPIInitIdle. Answers 0, or 1 if `reserved` is not 0. Each success needs a `MAPIDeInitIdle`. */
  init(reserved: unknown): 0 | 1 {
    if (reserved !== 0 && reserved !== null) return 1;
    this.#count++;
    return 0;
  }

  /** MAPIDeInitIdle: the last one drops every routine. @throws MAPI_E_NOT_INITIALIZED for one too many */
  deinit(): void {
    this.#assertInitialized('MAPIDeInitIdle');
    if (--this.#count > 0) return;
    this.#routines.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** FtgRegisterIdleRoutine. Null if that cannot be registered; the log says why. */
  register(
    routine: IdleRoutine,
    parameter: unknown,
    priority: number,
    csecIdle: number,
    options: IdleOptions,
  ): IdleTag | null {
    try {
      this.#assertInitialized('FtgRegisterIdleRoutine');
      check({ routine, priority, csecIdle, options });
    } catch (error) {
      this.#log.warn('an idle routine was not registered', { error });
      return null;
    }
    const tag = this.#nextTag++ as IdleTag;
    const since = { sinceMs: 0, sinceWallMs: 0, seenCalls: 0 };
    const registered = {
      tag,
      routine,
      parameter,
      priority,
      csecIdle,
      options,
      hasRun: false,
      enabled: false,
      ...since,
    };
    this.#routines.set(tag, registered);
    this.#setEnabled(registered, options.disabled !== true);
    return tag;
  }

  /** ChangeIdleRoutine. @throws MAPI_E_NOT_FOUND, MAPI_E_INVALID_PARAMETER, MAPI_E_UNKNOWN_FLAGS */
  change(tag: IdleTag, change: IdleChange): void {
    const registered = this.#find(tag, 'ChangeIdleRoutine');
    const unknown = Object.keys(change).find((name) => !CHANGE_NAMES.has(name));
    if (unknown !== undefined)
      throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `ChangeIdleRoutine has no change ${unknown}`);
    check({ ...registered, ...change });
    Object.assign(registered, change);
    this.#schedule(0);
  }

  /** EnableIdleRoutine. @throws MAPI_E_NOT_FOUND */
  enable(tag: IdleTag, enabled: boolean): void {
    this.#setEnabled(this.#find(tag, 'EnableIdleRoutine'), enabled);
  }

  /** DeregisterIdleRoutine. @throws MAPI_E_NOT_FOUND */
  deregister(tag: IdleTag): void {
    this.#routines.delete(this.#find(tag, 'DeregisterIdleRoutine').tag);
  }

  #find(tag: IdleTag, what: string): Registered {
    this.#assertInitialized(what);
    const found = this.#routines.get(tag);
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `${what}: there is no routine ${tag}`);
    return found;
  }

  #assertInitialized(what: string): void {
    if (this.#count === 0) throw new MapiError('MAPI_E_NOT_INITIALIZED', `${what} before MAPIInitIdle`);
  }

  #setEnabled(registered: Registered, enabled: boolean): void {
    if (enabled && !registered.enabled) this.#restart(registered);
    registered.enabled = enabled;
    if (enabled) this.#schedule(0);
  }

  /** Its time begins now. */
  #restart(registered: Registered): void {
    registered.sinceMs = this.#clock.monotonicMs();
    registered.sinceWallMs = this.#clock.nowMs();
    registered.seenCalls = this.#foreground.begun;
  }

  /** Looks again after `ms`; while a routine runs the look after it comes by itself. */
  #schedule(ms: number): void {
    if (this.#running || this.#routines.size === 0) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(ms, () => void this.#turn());
    this.#timer.unref();
  }

  async #turn(): Promise<void> {
    this.#timer = undefined;
    const enabled = [...this.#routines.values()].filter((each) => each.enabled);
    for (const each of enabled) this.#noticeUser(each);
    const due = enabled.filter((each) => this.#waitMs(each) <= 0);
    const ready = due.filter((each) => each.priority > 0 || this.#foreground.running === 0);
    const next = ready.sort((a, b) => b.priority - a.priority)[0];
    if (next !== undefined) {
      await this.#run(next);
      return this.#schedule(0);
    }
    const waits = enabled.map((each) => (due.includes(each) ? busyCheckMs : this.#waitMs(each)));
    if (waits.length > 0) this.#schedule(Math.min(...waits, this.#wakeCheckMs(enabled)));
  }

  /** A client at work puts off the first call of a routine that waits for inaction. */
  #noticeUser(registered: Registered): void {
    if (registered.hasRun || registered.options.wait !== true) return;
    if (this.#foreground.running > 0 || registered.seenCalls !== this.#foreground.begun) this.#restart(registered);
  }

  /** Milliseconds until a routine may run. */
  #waitMs(registered: Registered): number {
    const { hasRun, options, csecIdle, sinceMs, sinceWallMs } = registered;
    const firstMs = options.wait === true ? csecIdle * MS_PER_CSEC : 0;
    const nextMs = Math.max(pauseMs, options.interval === true ? csecIdle * MS_PER_CSEC : 0);
    const passedMs = this.#clock.monotonicMs() - sinceMs;
    const wallMs = options.noAdjustment === true ? this.#clock.nowMs() - sinceWallMs : 0;
    return (hasRun ? nextMs : firstMs) - Math.max(passedMs, wallMs);
  }

  #wakeCheckMs(enabled: readonly Registered[]): number {
    return enabled.some((each) => each.options.noAdjustment === true) ? wakeCheckMs : Number.POSITIVE_INFINITY;
  }

  async #run(registered: Registered): Promise<void> {
    const { tag, routine, parameter } = registered;
    this.#running = true;
    const startMs = this.#clock.monotonicMs();
    try {
      const answer: unknown = await withDeadline(
        call(routine, parameter),
        runMsMax,
        this.#clock,
        `idle routine ${tag}`,
      );
      if (answer !== false) this.#log.warn('an idle routine answers false, always', { tag, answer });
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_TIMEOUT')) registered.enabled = false;
      this.#log.warn('an idle routine failed', { tag, disabled: !registered.enabled, error });
    } finally {
      this.#running = false;
    }
    const tookMs = this.#clock.monotonicMs() - startMs;
    if (tookMs > shortRunMsMax) this.#log.warn('an idle routine took long', { tag, ms: Math.round(tookMs) });
    registered.hasRun = true;
    this.#restart(registered);
  }
}

/** A routine that throws at once fails like one that rejects. */
async function call(routine: IdleRoutine, parameter: unknown): Promise<unknown> {
  return routine(parameter);
}

function check(wanted: Pick<Registered, 'routine' | 'priority' | 'csecIdle' | 'options'>): void {
  const { routine, priority, csecIdle, options } = wanted;
  const wrong = (detail: string): never => {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', detail);
  };
  if (typeof routine !== 'function') wrong('an idle routine is a function');
  if (!Number.isInteger(priority)) wrong(`${priority} is no priority`);
  if (priority === 0) wrong('priority 0 is reserved for the user');
  if (!Number.isInteger(csecIdle) || csecIdle < 0) wrong(`${csecIdle} hundredths of a second`);
  if (options.wait === true && options.interval === true) wrong('FIROWAIT and FIROINTERVAL exclude each other');
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (unknown !== undefined) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `idle routines have no option ${unknown}`);
}
