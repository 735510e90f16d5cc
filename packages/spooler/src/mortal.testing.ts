/**
 * A process to which something happens at a chosen step. Every call that it makes on its store and its transports is a
 * step, and so is every call on what these answer.
 */
import { MapiError, type MapiErrorCode } from '@nodemapi/base';
import type { IMsgStore } from '@nodemapi/mapi';

export interface Death {
  /** The step, from 1. */
  readonly step: number;
  /** Whether the fatal call is still carried out. */
  readonly after: boolean;
  /**
   * 'kill', the default: from here on no call ever comes back. 'pause': none does until `resume`. An error: this one
   * call on a store fails with it, and nothing else happens; to let go of something never fails.
   */
  readonly kind?: 'kill' | 'pause' | MapiErrorCode;
}

const RELEASES: ReadonlySet<string> = new Set([
  'release',
  'Symbol(nodejs.asyncDispose)',
  'Symbol(Symbol.asyncDispose)',
]);
const targets = new WeakMap<object, object>();

export class Mortal {
  steps = 0;
  readonly names: string[] = [];
  #death: Death | undefined;
  #paused: { readonly until: Promise<void>; readonly end: () => void } | undefined;
  #failing: { readonly code: MapiErrorCode; left: number } | undefined;

  /** Counts from here on. */
  arm(death: Death | undefined): void {
    this.#death = death;
    this.steps = 0;
    this.names.length = 0;
  }

  /** Dies now. */
  kill(): void {
    this.arm({ step: 0, after: false });
  }

  /** From now on no call comes back, and none is made, until `resume`. */
  pause(): void {
    if (this.#paused !== undefined) return;
    let end = (): void => {};
    const until = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#paused = { until, end };
  }

  resume(): void {
    this.#paused?.end();
    this.#paused = undefined;
  }

  /** The next calls on the store fail. */
  fail(code: MapiErrorCode, calls: number): void {
    this.#failing = { code, left: calls };
  }

  /** Whether the next call on the store fails. */
  get failing(): boolean {
    return (this.#failing?.left ?? 0) > 0;
  }

  get dead(): boolean {
    return this.#death !== undefined && (this.#death.kind ?? 'kill') === 'kill' && this.steps >= this.#death.step;
  }

  get paused(): boolean {
    return this.#paused !== undefined;
  }

  store(store: IMsgStore): IMsgStore {
    return this.wrap(store, true);
  }

  wrap<T extends object>(target: T, isOfStore = false): T {
    const wrapped = new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        if (name === 'addRef') return () => wrapped;
        return (...args: unknown[]) =>
          this.#call(String(name), isOfStore, () => Reflect.apply(value, object, args.map(unwrapped)));
      },
    });
    targets.set(wrapped, target);
    return wrapped;
  }

  async #call(name: string, isOfStore: boolean, run: () => unknown): Promise<unknown> {
    await this.#paused?.until;
    if (this.dead) return never();
    const step = ++this.steps;
    this.names.push(name);
    const fatal = step === this.#death?.step ? this.#death : undefined;
    const kind = fatal === undefined ? undefined : (fatal.kind ?? 'kill');
    if (kind === 'kill' && fatal?.after !== true) return never();
    if (kind === 'pause' && fatal?.after !== true) this.pause();
    await this.#paused?.until;
    const error = isOfStore && !RELEASES.has(name) ? this.#errorOf(name, kind) : undefined;
    if (error !== undefined && fatal?.after !== true) throw error;
    const result = await run();
    if (error !== undefined) throw error;
    if (kind === 'pause' && fatal?.after === true) this.pause();
    await this.#paused?.until;
    if (this.dead) return never(); // it died while this call was under way
    return this.#wrapResult(result, isOfStore);
  }

  #errorOf(name: string, kind: Death['kind']): MapiError | undefined {
    if (kind !== undefined && kind !== 'kill' && kind !== 'pause')
      return new MapiError(kind, `${name} was made to fail`);
    if (this.#failing === undefined || this.#failing.left === 0) return undefined;
    this.#failing.left--;
    return new MapiError(this.#failing.code, `${name} was made to fail`);
  }

  #wrapResult(result: unknown, isOfStore: boolean): unknown {
    if (typeof result !== 'object' || result === null) return result;
    if ('iid' in result) return this.wrap(result, isOfStore);
    if ('attach' in result && typeof result.attach === 'object')
      return { ...result, attach: this.wrap(result.attach as object, isOfStore) };
    return result;
  }
}

function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (targets.get(value) ?? value) : value;
}

function never(): Promise<never> {
  return new Promise(() => {});
}
