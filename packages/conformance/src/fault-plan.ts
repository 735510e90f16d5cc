/** What is to go wrong in a faulty provider, and when. */
import { type Clock, MapiError, type Random } from '@nodemapi/base';

/**
 * The ways in which a call of a provider can go wrong.
 *
 * - thrown: `mapiError`, `systemError`, `foreignError`, `nonError` (a string), `nothing` (undefined), `unprintable`,
 *   `thrownAtOnce` (no promise comes back at all)
 * - late: `hang` (until `letGo`), `slow`
 * - nonsense for an answer: `undefined`, `null`, `number`, `emptyObject`, `wrongObject` (of an interface that no client
 *   can hold), `hostileObject` (every look at it throws), `hostilePromise` (its `then` throws), `huge`
 * - done as it should be, with a call back into the subsystem before: `reentrant`
 */
export const FAULTS = [
  'mapiError',
  'systemError',
  'foreignError',
  'nonError',
  'nothing',
  'unprintable',
  'thrownAtOnce',
  'hang',
  'slow',
  'undefined',
  'null',
  'number',
  'emptyObject',
  'wrongObject',
  'hostileObject',
  'hostilePromise',
  'huge',
  'reentrant',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultPlanOptions {
  readonly clock: Clock;
  /** How long a `slow` call takes before it begins; default 1000. */
  readonly slowMs?: number;
  /** What a `reentrant` call does; gets the name of the call. */
  readonly reenter?: (where: string) => Promise<unknown>;
}

interface Rule {
  readonly where: string;
  readonly fault: Fault;
  times: number;
}

interface Seeded {
  readonly random: Random;
  readonly share: number;
  readonly faults: readonly Fault[];
}

/** Elements of a `huge` answer. */
const HUGE_LENGTH = 200_000;

/**
 * Says for each call of a provider whether it goes wrong.
 *
 * A call is named `IMSLogon.logoff`, or by its entry point, such as `MSProviderInit`. `calls` has all of them, in order,
 * and `faulted` those that went wrong, with their fault: together with the seed they repeat a failure.
 */
export class FaultPlan {
  readonly calls: string[] = [];
  readonly faulted: string[] = [];
  reenter: ((where: string) => Promise<unknown>) | undefined;
  readonly #clock: Clock;
  readonly #slowMs: number;
  readonly #hanging = new Set<() => void>();
  #rules: Rule[] = [];
  #seeded: Seeded | undefined;

  constructor(options: FaultPlanOptions) {
    this.#clock = options.clock;
    this.#slowMs = options.slowMs ?? 1000;
    this.reenter = options.reenter;
  }

  /** From now on calls of `where` go wrong, as often as `times` says; default: always. */
  set(where: string, fault: Fault, times = Number.POSITIVE_INFINITY): this {
    this.#rules.push({ where, fault, times });
    return this;
  }

  /** From now on a share of all calls, 0 to 1, goes wrong in one of these ways, as `random` decides. */
  seed(random: Random, share: number, faults: readonly Fault[] = FAULTS): this {
    this.#seeded = { random, share, faults };
    return this;
  }

  /** From now on nothing goes wrong. What hangs goes on hanging. */
  clear(): void {
    this.#rules = [];
    this.#seeded = undefined;
  }

  /** Lets every call that hangs go on, and answer late. */
  letGo(): void {
    for (const go of this.#hanging) go();
    this.#hanging.clear();
  }

  /** Calls that hang. */
  get hanging(): number {
    return this.#hanging.size;
  }

  /** Does a call of a provider, or what is to happen in its place. May throw at once, as a provider may. */
  run(where: string, call: () => unknown): unknown {
    this.calls.push(where);
    const fault = this.#faultOf(where);
    if (fault === undefined) return call();
    this.faulted.push(`${where}: ${fault}`);
    if (fault === 'thrownAtOnce') throw new TypeError(`${where} throws at once`);
    if (fault === 'hostilePromise') return hostilePromise(where);
    return this.#misbehave(fault, where, call);
  }

  #faultOf(where: string): Fault | undefined {
    const rule = this.#rules.find((each) => each.where === where && each.times > 0);
    if (rule !== undefined) {
      rule.times--;
      return rule.fault;
    }
    if (this.#seeded === undefined) return undefined;
    const { random, share, faults } = this.#seeded;
    return random.float() < share ? faults[random.uint32() % faults.length] : undefined;
  }

  async #misbehave(fault: Fault, where: string, call: () => unknown): Promise<unknown> {
    if (fault === 'hang') {
      await new Promise<void>((resolve) => this.#hanging.add(resolve));
      return call();
    }
    if (fault === 'slow') await this.#clock.delay(this.#slowMs);
    if (fault === 'reentrant') await this.reenter?.(where);
    if (fault === 'slow' || fault === 'reentrant') return call();
    if (fault in THROWN) throw THROWN[fault]?.(where);
    return nonsense(fault);
  }
}

const THROWN: Readonly<Partial<Record<Fault, (where: string) => unknown>>> = {
  mapiError: (where) => new MapiError('MAPI_E_DISK_ERROR', `${where} fails`),
  systemError: (where) => Object.assign(new Error(`${where} fails`), { code: 'ECONNRESET', errno: -104 }),
  foreignError: (where) => new TypeError(`${where} has a bug`),
  nonError: (where) => `${where} throws a string`,
  nothing: () => undefined,
  unprintable: () => Object.create(null),
};

function nonsense(fault: Fault): unknown {
  if (fault === 'null') return null;
  if (fault === 'number') return Number.NaN;
  if (fault === 'emptyObject') return {};
  if (fault === 'hostileObject') return hostileObject();
  if (fault === 'huge') return new Array(HUGE_LENGTH).fill(null);
  if (fault !== 'wrongObject') return undefined;
  const wrong = { iid: 'IMSProvider', addRef: () => wrong, release: async () => {} };
  return wrong;
}

/** Every look at it throws, but for that of `await`. */
function hostileObject(): object {
  const refuse = (): never => {
    throw new RangeError('do not look at me');
  };
  return new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : refuse()), has: refuse, ownKeys: refuse });
}

function hostilePromise(where: string): unknown {
  const promise = Object.defineProperty({}, 'then', {
    value: () => {
      throw new RangeError(`the promise of ${where} throws`);
    },
  });
  return promise;
}
