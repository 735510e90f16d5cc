/**
 * The membrane between clients and everything else (decision D3).
 *
 * - Every object that a client gets is a handle; the objects themselves never reach a client.
 * - After the end of the session every call but `addRef` and `release` fails with MAPI_E_INVALID_OBJECT.
 * - Each handle is one reference, remembered with the line that opened it until it is released.
 * - What a provider throws reaches the client as a MapiError with the provider's name.
 */
import { type Log, MapiError } from '@nodemapi/base';
import {
  type AdviseConnection,
  connectionNumber,
  type EntryId,
  type IMAPIAdviseSink,
  type IUnknown,
  type MapiErrorInfo,
} from '@nodemapi/mapi';
import { Foreground } from './foreground.ts';
import { type Handle, type HandleHost, type HandleState, handleState, makeHandle } from './handle.ts';
import { LeakLedger, type OpenAdvise, SinkGuard } from './leak-ledger.ts';
import type { MethodPlan } from './method-plan.ts';
import { type Opener, type Openers, openerText } from './openers.ts';
import { SUBSYSTEM_COMPONENT, type TargetRecord, type TargetRegistry } from './target-registry.ts';

/** Called at the start of every call; what it answers is called at the end, with the error if there was one. */
export type TraceHook = (iid: string, method: string) => ((error?: MapiError) => void) | undefined;

export interface MembraneOptions {
  readonly targets: TargetRegistry;
  readonly log: Log;
  readonly openers: Openers;
  readonly trace?: TraceHook | undefined;
  /** Counts the calls that run. */
  readonly foreground?: Foreground;
  /** Called before the client's last reference to a message store goes. */
  readonly onStoreReleasing?: (store: IUnknown) => void;
  /** Called after the client's last reference to a message store is gone, or after its logoff. */
  readonly onStoreReleased?: (store: IUnknown) => Promise<void>;
}

/** What lpszComponent of MAPIERROR should not exceed. */
const componentCharsMax = 30;
/** Between a method of the membrane and the client is the handle's method. */
const FRAMES_TO_CLIENT = 1;

/** One session's, or one administrator's, side of the membrane. */
export class Membrane implements HandleHost {
  readonly ledger = new LeakLedger();
  readonly #options: MembraneOptions;
  readonly #foreground: Foreground;
  /** Calls that run, while the session does. */
  #running = 0;
  #ended = false;

  constructor(options: MembraneOptions) {
    this.#options = options;
    this.#foreground = options.foreground ?? new Foreground();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** From now on every handle is dead; its references are the caller's to give back. */
  end(): void {
    if (!this.#ended) this.#foreground.running -= this.#running;
    this.#ended = true;
    for (const advise of this.ledger.advises()) advise.guard.close();
  }

  /** Makes the handle that owns one reference to `target`. */
  wrap<T extends IUnknown>(target: T, opener: Opener, component: string = SUBSYSTEM_COMPONENT): T {
    const record = this.#options.targets.recordOf(target, component);
    // a handle has the methods of its target, made from the table of its interface, which the compiler cannot see
    return this.#adopt(record, { opener, entryId: undefined }) as unknown as T;
  }

  invoke(state: HandleState, plan: MethodPlan, args: readonly unknown[]): Promise<unknown> {
    const { record } = state;
    const endTrace = this.#options.trace?.(record.iid, plan.name);
    const opening = plan.opens
      ? {
          opener: this.#options.openers.caller(FRAMES_TO_CLIENT),
          entryId: plan.opensById ? entryIdOf(args[0]) : undefined,
        }
      : NOT_OPENING;
    this.#begun();
    const fail = (error: unknown): never => {
      const failure = this.#failure(record, error);
      endTrace?.(failure);
      throw failure;
    };
    const admit = (result: unknown): unknown => {
      this.#finished();
      let admitted: unknown;
      try {
        admitted = this.#admit(state, plan, result, opening);
      } catch (error) {
        return fail(error);
      }
      endTrace?.();
      return plan.endsStore && isComplete(result) ? this.#endStore(record, admitted) : admitted;
    };
    const refuse = (error: unknown): never => {
      this.#finished();
      return fail(error);
    };
    let call: Promise<unknown>;
    try {
      this.#refuseDead(state, plan);
      call = this.#dispatch(state, plan, args, opening);
    } catch (error) {
      call = Promise.reject(error);
    }
    return call.then(admit, refuse);
  }

  addRef(state: HandleState): Handle {
    const dead = whyDead(state) !== undefined;
    if (!dead) this.#addReference(state.record);
    const opener = this.#options.openers.caller(FRAMES_TO_CLIENT);
    const handle = this.#adopt(state.record, { opener, entryId: state.entryId }, state.store);
    const made = handleState(handle);
    if (dead && made !== undefined) this.#drop(made);
    return handle;
  }

  async release(state: HandleState): Promise<void> {
    if (state.released) return;
    this.#drop(state);
    try {
      const isLast = state.record.iid === 'IMsgStore' && !this.ledger.holds(state.record);
      if (isLast) this.#options.onStoreReleasing?.(state.record.target);
      await state.record.target.release();
      if (isLast) {
        this.#orphan(state.record.target);
        await this.#options.onStoreReleased?.(state.record.target);
      }
    } catch (error) {
      throw this.#failure(state.record, error);
    }
  }

  /** Takes a reference from the client without calling its object: the caller ends that. */
  takeBack(state: HandleState): void {
    this.#drop(state);
  }

  /** Cancels a registration of this client. */
  async unadvise(advise: OpenAdvise): Promise<void> {
    this.ledger.unadvised(advise);
    // only what has advise is recorded with a registration
    await (advise.record.target as unknown as AdviseTarget).unadvise(advise.connection);
  }

  #begun(): void {
    if (this.#ended) return;
    this.#running++;
    this.#foreground.running++;
    this.#foreground.begun++;
  }

  #finished(): void {
    if (this.#ended) return; // what runs on after the end counts no more
    this.#running--;
    this.#foreground.running--;
  }

  #refuseDead(state: HandleState, plan: MethodPlan): void {
    const why = whyDead(state);
    if (why !== undefined) throw new MapiError('MAPI_E_INVALID_OBJECT', `${state.record.iid}.${plan.name}: ${why}`);
  }

  /** Objects of a store that its client has released are of no use any more, whatever their provider does. */
  #orphan(store: IUnknown): void {
    for (const open of this.ledger.handles()) if (open.store === store) open.orphaned = true;
  }

  /** After its logoff a store, and what was opened from it, is of no use to this client any more. */
  async #endStore(record: TargetRecord, result: unknown): Promise<unknown> {
    for (const open of this.ledger.handles()) if (open.record === record) open.orphaned = true;
    this.#orphan(record.target);
    await this.#options.onStoreReleased?.(record.target);
    return result;
  }

  #dispatch(state: HandleState, plan: MethodPlan, args: readonly unknown[], opening: Opening): Promise<unknown> {
    const { record } = state;
    if (plan.kind !== 'plain') return this.#ownWork(record, plan.kind, args, opening);
    if (plan.optionsAt !== undefined) checkOptions(record, plan, args[plan.optionsAt]);
    const result = callTarget(record, plan.name, unwrapAll(args, plan.optionsAt));
    return result instanceof Promise ? result : Promise.resolve(result);
  }

  #ownWork(
    record: TargetRecord,
    kind: Exclude<MethodPlan['kind'], 'plain'>,
    args: readonly unknown[],
    opening: Opening,
  ): Promise<unknown> {
    if (kind === 'advise') return this.#advise(record, args, opening);
    if (kind === 'unadvise') return this.#unadvise(record, args[0] as number | AdviseConnection);
    return this.#lastError(record, args[0] as number);
  }

  async #advise(record: TargetRecord, args: readonly unknown[], opening: Opening): Promise<AdviseConnection> {
    const sink = args[args.length - 1] as IMAPIAdviseSink | null | undefined;
    if (typeof sink?.onNotify !== 'function') {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `${record.iid}.advise: the sink has no onNotify`);
    }
    const guard = new SinkGuard(sink, (error) =>
      this.#options.log.warn('advise sink threw', { openedAt: openerText(opening.opener), error }),
    );
    const made = (await callTarget(record, 'advise', [...args.slice(0, -1), guard])) as AdviseConnection | undefined;
    if (typeof made?.connection !== 'number') throw nonsense(record, 'advise', 'no connection');
    const advise: OpenAdvise = { record, connection: made.connection, ...opening, guard };
    if (this.#ended) {
      await this.unadvise(advise);
      throw new MapiError('MAPI_E_INVALID_OBJECT', `${record.iid}.advise: the session ended meanwhile`);
    }
    this.ledger.advised(advise);
    return {
      connection: made.connection,
      [Symbol.asyncDispose]: async () => {
        if (this.ledger.findAdvise(record, made.connection) === advise && !this.#ended) await this.unadvise(advise);
      },
    };
  }

  async #unadvise(record: TargetRecord, connection: number | AdviseConnection): Promise<void> {
    const number = connectionNumber(connection);
    const advise = this.ledger.findAdvise(record, number);
    if (advise === undefined) {
      throw new MapiError('MAPI_E_NOT_FOUND', `${record.iid}.unadvise: there is no connection ${number}`);
    }
    await this.unadvise(advise);
  }

  /** What the object itself has to say, else what the membrane saw; nothing for any other failure than the last. */
  async #lastError(record: TargetRecord, hresult: number): Promise<MapiErrorInfo | undefined> {
    const last = record.lastError;
    const { target } = record as { target: Partial<LastErrorTarget> };
    const told = typeof target.getLastError === 'function' ? await target.getLastError(hresult) : undefined;
    if (last === undefined || last.hresult !== hresult >>> 0) return told;
    if (told !== undefined) return told.component === '' ? { ...told, component: record.component } : told;
    const component = (last.component ?? record.component).slice(0, componentCharsMax);
    return { error: last.detail, component, lowLevelError: systemErrorOf(last), context: 0 };
  }

  /** Lets an answer through: objects in it become handles. */
  #admit(state: HandleState, plan: MethodPlan, result: unknown, opening: Opening): unknown {
    if (!isObject(result)) {
      if (plan.answersObject) throw nonsense(state.record, plan.name, 'no object');
      return result;
    }
    if (isUnknown(result)) return this.#admitObject(state, result, opening);
    if (plan.answersObject) throw nonsense(state.record, plan.name, 'no object');
    if (Array.isArray(result)) return this.#admitElements(state, result, opening);
    return result instanceof Uint8Array ? result : this.#admitFields(state, result, opening);
  }

  #admitElements(state: HandleState, result: readonly unknown[], opening: Opening): readonly unknown[] {
    const isTarget = (element: unknown): element is IUnknown => isObject(element) && isUnknown(element);
    if (!result.some(isTarget)) return result;
    return result.map((element) => (isTarget(element) ? this.#admitObject(state, element, opening) : element));
  }

  #admitFields(state: HandleState, result: object, opening: Opening): object {
    let copy: Record<string, unknown> | undefined;
    for (const name in result) {
      const value = (result as Record<string, unknown>)[name];
      if (!isObject(value) || !isUnknown(value)) continue;
      copy ??= { ...result };
      copy[name] = this.#admitObject(state, value, opening);
    }
    return copy ?? result;
  }

  #admitObject(state: HandleState, target: IUnknown, opening: Opening): Handle {
    const record = this.#options.targets.recordOf(target, state.record.component);
    if (this.#ended) {
      this.#giveBack(record);
      throw new MapiError('MAPI_E_INVALID_OBJECT', `the session ended while ${record.iid} was being opened`);
    }
    return this.#adopt(record, opening, storeOf(state) ?? record.store);
  }

  #adopt(record: TargetRecord, { opener, entryId }: Opening, store?: IUnknown): Handle {
    const state: HandleState = { host: this, record, opener, entryId, store, released: false };
    const handle = makeHandle(state);
    if (handle === undefined) throw nonsense(record, 'an answer', `an ${record.iid}, which no client can hold`);
    this.ledger.opened(state);
    return handle;
  }

  #drop(state: HandleState): void {
    state.released = true;
    this.ledger.released(state);
  }

  /** A provider may throw here too, or answer a promise, which nobody waits for. */
  #addReference(record: TargetRecord): void {
    const failed = (error: unknown): void => this.#options.log.warn('addRef failed', { iid: record.iid, error });
    try {
      const answer: unknown = record.target.addRef();
      if (answer instanceof Promise) answer.catch(failed);
    } catch (error) {
      throw this.#failure(record, error);
    }
  }

  #giveBack(record: TargetRecord): void {
    const failed = (error: unknown): void => this.#options.log.warn('release failed', { iid: record.iid, error });
    Promise.resolve(callTarget(record, 'release', [])).catch(failed);
  }

  #failure(record: TargetRecord, error: unknown): MapiError {
    const failure = MapiError.from(error, record.component);
    record.lastError = failure;
    return failure;
  }
}

/** What is remembered of a call that opens something. */
interface Opening {
  readonly opener: Opener;
  /** The identifier that was asked for. */
  readonly entryId: EntryId | undefined;
}

const NOT_OPENING: Opening = { opener: 'unknown', entryId: undefined };

/** An identifier as the first argument: of the object that is opened, or listened to. */
function entryIdOf(argument: unknown): EntryId | undefined {
  return argument instanceof Uint8Array && argument.length > 0 ? argument : undefined;
}

/** The number of the operating system behind a failure; 0 where there is none. */
function systemErrorOf(error: MapiError): number {
  const { cause } = error;
  const number: unknown = cause instanceof Error && 'errno' in cause ? cause.errno : undefined;
  return typeof number === 'number' ? Math.abs(number) : 0;
}

interface AdviseTarget {
  unadvise(connection: number): Promise<void>;
}

interface LastErrorTarget {
  getLastError(hresult: number): Promise<MapiErrorInfo | undefined>;
}

/** Why a handle is of no use; undefined while it is. */
function whyDead(state: HandleState): string | undefined {
  if (state.host.ended) return 'its session has ended';
  if (state.released) return 'it was released';
  if (state.record.invalid) return 'it was made invalid';
  return state.orphaned === true ? 'its message store was released or logged off' : undefined;
}

/** The store that everything opened through a handle is in. */
function storeOf(state: HandleState): IUnknown | undefined {
  return state.record.iid === 'IMsgStore' ? state.record.target : state.store;
}

function isComplete(result: unknown): boolean {
  return isObject(result) && 'complete' in result && result.complete === true;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isUnknown(value: object): value is IUnknown {
  return (
    typeof (value as Partial<IUnknown>).iid === 'string' && typeof (value as Partial<IUnknown>).release === 'function'
  );
}

function nonsense(record: TargetRecord, method: string, what: string): MapiError {
  const { component } = record;
  return new MapiError('MAPI_E_CALL_FAILED', `${component} answered ${record.iid}.${method} with ${what}`, {
    component,
  });
}

function callTarget(record: TargetRecord, name: string, args: readonly unknown[]): unknown {
  // the name is of a method table; whether the target has it is asked below
  const method: unknown = (record.target as unknown as Record<string, unknown>)[name];
  if (typeof method !== 'function') {
    throw new MapiError('MAPI_E_NO_SUPPORT', `${record.iid}.${name}`, { component: record.component });
  }
  return method.apply(record.target, args);
}

function checkOptions(record: TargetRecord, plan: MethodPlan, options: unknown): void {
  if (options === undefined) return;
  if (!isObject(options) || Array.isArray(options) || handleState(options) !== undefined) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${record.iid}.${plan.name}: its options are no object`);
  }
  for (const name in options) {
    if (plan.options?.has(name) !== true) {
      throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `${record.iid}.${plan.name} has no option ${name}`);
    }
  }
}

function unwrapAll(args: readonly unknown[], optionsAt: number | undefined): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < args.length; index++) {
    const bare = unwrap(args[index], index === optionsAt);
    if (bare === args[index]) continue;
    copy ??= [...args];
    copy[index] = bare;
  }
  return copy ?? args;
}

/** The object behind a handle, also in a list and in options; everything else comes back as it is. */
function unwrap(value: unknown, isOptions: boolean): unknown {
  if (!isObject(value) || value instanceof Uint8Array) return value;
  const state = handleState(value);
  if (state !== undefined) return live(state);
  if (Array.isArray(value)) {
    return value.some((element) => handleState(element) !== undefined)
      ? value.map((element: unknown) => unwrap(element, false))
      : value;
  }
  if (!isOptions) return value;
  const entries = Object.entries(value);
  if (!entries.some(([, field]) => handleState(field) !== undefined)) return value;
  return Object.fromEntries(entries.map(([name, field]) => [name, unwrap(field, false)]));
}

function live(state: HandleState): IUnknown {
  const why = whyDead(state);
  if (why !== undefined) {
    throw new MapiError('MAPI_E_INVALID_OBJECT', `the ${state.record.iid} that was passed is no longer valid: ${why}`);
  }
  return state.record.target;
}
