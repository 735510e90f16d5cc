/**
 * A process that dies at a chosen step: every call that it makes on its store and its transports is a step, and from
 * the fatal one on no call ever comes back.
 */
import type { IMsgStore } from '@nodemapi/mapi';

export interface Death {
  /** The step, from 1. */
  readonly step: number;
  /** Whether the fatal call is still carried out. */
  readonly after: boolean;
}

const targets = new WeakMap<object, object>();

export class Mortal {
  steps = 0;
  readonly names: string[] = [];
  #death: Death | undefined;

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

  get dead(): boolean {
    return this.#death !== undefined && this.steps >= this.#death.step;
  }

  store(store: IMsgStore): IMsgStore {
    return this.wrap(store);
  }

  wrap<T extends object>(target: T): T {
    const wrapped = new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        if (name === 'addRef') return () => wrapped;
        return (...args: unknown[]) =>
          this.#call(`${String(name)}`, () => Reflect.apply(value, object, args.map(unwrapped)));
      },
    });
    targets.set(wrapped, target);
    return wrapped;
  }

  async #call(name: string, run: () => unknown): Promise<unknown> {
    if (this.dead) return never();
    const step = ++this.steps;
    this.names.push(name);
    const fatal = step === this.#death?.step;
    if (fatal && this.#death?.after !== true) return never();
    const result = await run();
    if (this.dead) return never(); // it died while this call was under way
    return this.#wrapResult(result);
  }

  #wrapResult(result: unknown): unknown {
    if (typeof result !== 'object' || result === null) return result;
    if ('iid' in result) return this.wrap(result);
    if ('attach' in result && typeof result.attach === 'object')
      return { ...result, attach: this.wrap(result.attach as object) };
    return result;
  }
}

function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (targets.get(value) ?? value) : value;
}

function never(): Promise<never> {
  return new Promise(() => {});
}
