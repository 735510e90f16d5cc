import { type EntryId, type InterfaceName, type IUnknown, METHOD_TABLES } from '@nodemapi/mapi';
import { type MethodPlan, planOf } from './method-plan.ts';
import type { Opener } from './openers.ts';
import type { TargetRecord } from './target-registry.ts';

/** One reference to an object, as a client holds it. */
export interface HandleState {
  readonly host: HandleHost;
  readonly record: TargetRecord;
  readonly opener: Opener;
  /** The identifier that it was opened by, if it was by one. */
  readonly entryId: EntryId | undefined;
  /** The message store by way of which it was opened. */
  readonly store?: IUnknown | undefined;
  released: boolean;
  /** The client has released that store. */
  orphaned?: boolean;
}

/** What a handle asks of the membrane that made it. */
export interface HandleHost {
  /** The session has ended. */
  readonly ended: boolean;
  invoke(state: HandleState, plan: MethodPlan, args: readonly unknown[]): Promise<unknown>;
  addRef(state: HandleState): Handle;
  release(state: HandleState): Promise<void>;
}

let readState: (value: object) => HandleState | undefined;

/**
 * What clients hold in place of an object.
 *
 * The state is private and no method gives it away, so that a client cannot get at the object itself. A handle is valid
 * in its process (MAPI: its task) while its own session is: then calls of other sessions there take it as an argument,
 * too, as copying from one session to another needs.
 */
export class Handle {
  readonly #state: HandleState;

  constructor(state: HandleState) {
    this.#state = state;
  }

  static {
    readState = (value) => (#state in value ? value.#state : undefined);
  }

  addRef(): this {
    return this.#state.host.addRef(this.#state) as this;
  }

  release(): Promise<void> {
    return this.#state.host.release(this.#state);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#state.host.release(this.#state);
  }
}

/** The state behind a handle; undefined for everything that is none. */
export function handleState(value: unknown): HandleState | undefined {
  return typeof value === 'object' && value !== null ? readState(value) : undefined;
}

const CLASSES: ReadonlyMap<InterfaceName, typeof Handle> = new Map(
  Object.entries(METHOD_TABLES).map(([iid, specs]) => [iid as InterfaceName, handleClass(iid, specs.map(planOf))]),
);

/** Makes the handle of an object; undefined if clients cannot hold objects of its interface. */
export function makeHandle(state: HandleState): Handle | undefined {
  const HandleClass = CLASSES.get(state.record.iid);
  return HandleClass === undefined ? undefined : new HandleClass(state);
}

/** A class with exactly the methods of the contract's table. */
function handleClass(iid: string, plans: readonly MethodPlan[]): typeof Handle {
  const Generated = class extends Handle {};
  Object.defineProperty(Generated, 'name', { value: iid });
  Object.defineProperty(Generated.prototype, 'iid', { value: iid });
  for (const plan of plans) {
    const method = function (this: unknown, ...args: readonly unknown[]): Promise<unknown> {
      const state = readState(this as object);
      if (state === undefined) throw new TypeError(`${iid}.${plan.name} is called on something else`);
      return state.host.invoke(state, plan, args);
    };
    Object.defineProperty(Generated.prototype, plan.name, { value: method });
  }
  return Generated;
}
