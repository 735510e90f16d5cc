/**
 * Messaging hooks: asked in profile order about what comes in and about what has been sent.
 *
 * - One call at a time on each hook. One that does not answer in time is passed over until it has answered.
 * - A hook that fails decides nothing, and no mail is lost or kept by it; what it had changed in the message stays.
 * - Message, folder and store are lent for the call: the spooler alone saves and releases them.
 */
import { type Log, MapiError, Mutex, withDeadline } from '@nodemapi/base';
import type { SpoolerHook, SpoolerHost } from '@nodemapi/kit';
import type { EntryId, HookAnswer, IMAPIFolder, IMessage, IMsgStore, ISpoolerHook } from '@nodemapi/mapi';
import { lend } from './lend.ts';

/** What the hooks want done with a message. */
export interface HookDecision {
  readonly delete: boolean;
  readonly target: EntryId | undefined;
}

/** Where a message is. */
export interface HookPlace {
  readonly folder: IMAPIFolder;
  readonly store: IMsgStore;
}

interface Hook extends SpoolerHook {
  readonly turns: Mutex;
  /** A call on it has not come back. */
  stuck: boolean;
}

/** How a hook is called. */
type Direction = 'inbound' | 'outbound';

const METHODS = { inbound: 'inboundMsgHook', outbound: 'outboundMsgHook' } as const satisfies Record<
  Direction,
  keyof ISpoolerHook
>;
const NOTHING: HookDecision = { delete: false, target: undefined };
/** Saving an incoming message is its delivery, and a sent one is saved under the lock. */
const WITHHELD = ['saveChanges', 'submitMessage'];
const QUEUE = ['finishedMsg', 'finishOutgoing', 'writeOutgoing', 'setLockState', 'storeLogoff'];

export class Hooks {
  readonly #host: SpoolerHost;
  readonly #timeoutMs: number;
  readonly #log: Log;
  #list: readonly Hook[] = [];

  constructor(host: SpoolerHost, timeoutMs: number, log: Log) {
    this.#host = host;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
  }

  /** Starts the hooks of the profile. */
  async open(): Promise<void> {
    const found = (await this.#host.openHooks?.()) ?? [];
    this.#list = found.map((one) => ({ ...one, turns: new Mutex(this.#host.clock), stuck: false }));
  }

  /** Whether anybody is to be asked. */
  any(direction: Direction): boolean {
    return this.#list.some((hook) => hook[direction]);
  }

  /** Asks one hook after the other. Never rejects. */
  async ask(direction: Direction, message: IMessage, place: HookPlace): Promise<HookDecision> {
    let decision = NOTHING;
    for (const hook of this.#list) {
      if (!hook[direction]) continue;
      const answer = await this.#ask(hook, direction, message, place, decision);
      decision = { delete: answer.delete ?? decision.delete, target: answer.target ?? decision.target };
      if (answer.cancel === true) break;
    }
    if (decision.delete) this.#log.info('dropped by a messaging hook', { direction });
    return decision;
  }

  async #ask(
    hook: Hook,
    direction: Direction,
    message: IMessage,
    place: HookPlace,
    decision: HookDecision,
  ): Promise<HookAnswer> {
    const loans = [
      lend(message, { withheld: WITHHELD }),
      lend(place.folder),
      lend(place.store, { withheld: QUEUE }),
    ] as const;
    const [lentMessage, folder, store] = loans;
    const late = new AbortController();
    const context = { folder: folder.object, store: store.object, ...decision, signal: late.signal };
    try {
      using _turn = await hook.turns.acquire(); // whoever has it has it no longer than the timeout
      if (hook.stuck) throw new MapiError('MAPI_E_BUSY', 'an earlier call has not come back');
      const answer = hook.hook[METHODS[direction]](lentMessage.object, context);
      return answerOf(await this.#inTime(hook, answer));
    } catch (cause) {
      const error = MapiError.from(cause, hook.displayName);
      this.#log.warn('messaging hook failed', { hook: hook.displayName, direction, error });
      late.abort(error);
      return {};
    } finally {
      for (const loan of loans) loan.end();
    }
  }

  /** @throws MAPI_E_TIMEOUT; the hook is stuck until it answers */
  async #inTime<T>(hook: Hook, answer: Promise<T>): Promise<T> {
    hook.stuck = true;
    const settled = Promise.resolve(answer).finally(() => {
      hook.stuck = false;
    });
    return withDeadline(settled, this.#timeoutMs, this.#host.clock, 'the hook');
  }
}

/** What a hook has answered, checked: it may be anybody's code. @throws MAPI_E_CALL_FAILED */
function answerOf(value: unknown): HookAnswer {
  if (value === undefined || value === null) return {};
  const { delete: drop, cancel, target } = value as Readonly<Record<string, unknown>>; // looked at, not trusted
  const isFlag = (flag: unknown): boolean => flag === undefined || typeof flag === 'boolean';
  const isTarget = target === undefined || (target instanceof Uint8Array && target.length > 0);
  if (typeof value !== 'object' || !isFlag(drop) || !isFlag(cancel) || !isTarget)
    throw new MapiError('MAPI_E_CALL_FAILED', 'the hook answered no decision');
  return value;
}
