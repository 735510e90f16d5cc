/** A provider library that goes wrong on demand: for testing what stands around providers, and what stands on them. */
import type { InterfaceName, IUnknown, ProviderModule } from '@nodemapi/mapi';
import type { FaultPlan } from './fault-plan.ts';

const ENTRY_POINTS = ['MSProviderInit', 'ABProviderInit', 'XPProviderInit', 'ServiceEntry'] as const;

/**
 * Wraps a provider library so that any call of it can go wrong as `plan` says: of its entry points, of the provider and
 * logon objects, and of every object that one of these answers.
 *
 * What goes right is done by the library itself. Objects keep their identity: the same one comes out the same, and goes
 * back in as itself.
 */
export function faultyModule(module: ProviderModule, plan: FaultPlan): ProviderModule {
  const wrapper = new Wrapper(plan);
  const entryPoints = ENTRY_POINTS.flatMap((name) => {
    const entry = module[name] as ((...args: readonly unknown[]) => unknown) | undefined;
    if (entry === undefined) return [];
    return [[name, (...args: readonly unknown[]) => plan.run(name, () => wrapper.answer(entry(...args)))] as const];
  });
  return { ...module, ...Object.fromEntries(entryPoints) };
}

/** The same around one object, and around every object that it answers. */
export function faultyObject<T extends IUnknown>(target: T, plan: FaultPlan): T {
  // a proxy has the members of its target, which the compiler cannot see
  return new Wrapper(plan).answer(target) as T;
}

class Wrapper {
  readonly #plan: FaultPlan;
  readonly #proxies = new WeakMap<IUnknown, IUnknown>();
  readonly #targets = new WeakMap<object, IUnknown>();

  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  /** Wraps the objects in an answer: the answer itself, its elements, its fields. */
  answer(answer: unknown): unknown {
    if (answer instanceof Promise) return answer.then((value: unknown) => this.answer(value));
    if (typeof answer !== 'object' || answer === null || answer instanceof Uint8Array) return answer;
    if (isUnknown(answer)) return this.#proxyOf(answer);
    if (Array.isArray(answer))
      return answer.map((element: unknown) => (isUnknown(element) ? this.#proxyOf(element) : element));
    const fields = Object.entries(answer);
    if (!fields.some(([, value]) => isUnknown(value))) return answer;
    return Object.fromEntries(fields.map(([name, value]) => [name, isUnknown(value) ? this.#proxyOf(value) : value]));
  }

  #proxyOf(target: IUnknown): IUnknown {
    const known = this.#proxies.get(target);
    if (known !== undefined) return known;
    const proxy = new Proxy(target, { get: (_, key) => this.#member(target, key) });
    this.#proxies.set(target, proxy);
    this.#targets.set(proxy, target);
    return proxy;
  }

  #member(target: IUnknown, key: string | symbol): unknown {
    const value: unknown = Reflect.get(target, key, target);
    if (typeof value !== 'function') return value;
    const call = (args: readonly unknown[]): unknown => {
      const bare = args.map((arg) => this.#bare(arg));
      const answer = this.answer(value.apply(target, bare));
      return key === 'advise' ? this.#connection(target, answer) : answer;
    };
    if (key === Symbol.asyncDispose) return () => this.#plan.run(`${target.iid}.release`, () => call([]));
    if (typeof key === 'symbol') return value.bind(target);
    return (...args: readonly unknown[]) => this.#plan.run(`${target.iid}.${key}`, () => call(args));
  }

  /** The end of a registration is a call of the provider, too: that of `unadvise`. */
  async #connection(target: IUnknown, answer: unknown): Promise<unknown> {
    const made = (await answer) as Partial<AsyncDisposable> | undefined;
    const dispose = made?.[Symbol.asyncDispose];
    if (made === undefined || typeof dispose !== 'function') return made;
    const end = (): unknown => this.#plan.run(`${target.iid}.unadvise`, () => dispose.call(made));
    return { ...made, [Symbol.asyncDispose]: end };
  }

  #bare(argument: unknown): unknown {
    return typeof argument === 'object' && argument !== null ? (this.#targets.get(argument) ?? argument) : argument;
  }
}

function isUnknown(value: unknown): value is IUnknown {
  const candidate = value as { readonly iid?: InterfaceName; readonly release?: unknown } | null | undefined;
  return typeof candidate === 'object' && typeof candidate?.iid === 'string' && typeof candidate.release === 'function';
}
