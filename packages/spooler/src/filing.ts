/** What outbound hooks make of a message that has been sent. spec: imapisupport-dosentmail */
import { type Log, toHex } from '@nodemapi/base';
import type { SentMailWish } from '@nodemapi/kit';
import {
  type EntryId,
  type IMessage,
  type IMsgStore,
  MapiError,
  PR_DELETE_AFTER_SUBMIT,
  PR_ENTRYID,
  PR_PARENT_ENTRYID,
  PR_SENTMAIL_ENTRYID,
  prop,
} from '@nodemapi/mapi';
import type { HookDecision, Hooks } from './hooks.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { StoreSet } from './stores.ts';

type Filing = Pick<LedgerEntry, 'set' | 'clear'>;

/** Messages that the spooler is filing, whose hooks have been asked: DoSentMail of the store asks them not again. */
export class Filings {
  readonly #hooks: Hooks;
  readonly #log: Log;
  readonly #running = new Set<string>();

  constructor(hooks: Hooks, log: Log) {
    this.#hooks = hooks;
    this.#log = log;
  }

  /** Whether there is a hook that has to see what is sent. */
  get any(): boolean {
    return this.#hooks.any('outbound');
  }

  /**
   * Asks the hooks about a message whose result is recorded, and has it filed by `finish` with what they decided, to be
   * set in the last write. Where they cannot be asked it is filed as its properties say.
   */
  async file<T>(
    ledger: Ledger,
    { store, entryId }: { readonly store: IMsgStore; readonly entryId: EntryId },
    finish: (filing: Filing) => Promise<T>,
  ): Promise<T> {
    if (!this.any) return finish({ set: [] });
    const key = toHex(entryId);
    this.#running.add(key);
    try {
      return await finish(await this.#filing(ledger, store));
    } finally {
      this.#running.delete(key);
    }
  }

  /** IMAPISupport::DoSentMail of a store that files what it has sent by itself. */
  async sentMail(message: IMessage, stores: StoreSet): Promise<SentMailWish> {
    if (!this.any) return {};
    const [entryId] = (await message.getProps([PR_ENTRYID])).values;
    if (entryId === undefined || this.#running.has(toHex(entryId))) return {};
    const store = await stores.storeOf(entryId);
    if (store === undefined) return {};
    const { delete: drop, target } = await this.#ask(message, store);
    await message.saveChanges({ keepOpenReadWrite: true });
    return { delete: drop, ...(target === undefined ? {} : { target }) };
  }

  async #filing(ledger: Ledger, store: IMsgStore): Promise<Filing> {
    try {
      const decision = await this.#ask(await ledger.message(), store);
      return await usable(decision, store);
    } catch (cause) {
      this.#log.warn('messaging hooks not asked', { error: MapiError.from(cause, 'store') });
      await ledger.drop();
      return { set: [] };
    }
  }

  async #ask(message: IMessage, store: IMsgStore): Promise<HookDecision> {
    const [parentId] = (await message.getProps([PR_PARENT_ENTRYID])).values;
    if (parentId === undefined) throw new MapiError('MAPI_E_CALL_FAILED', 'the message lies in no folder');
    await using folder = await store.openEntry(parentId, { iid: 'IMAPIFolder', modify: true });
    return await this.#hooks.ask('outbound', message, { folder, store });
  }
}

/** The decision as properties. A folder that cannot be opened leaves the message to its own properties. */
async function usable({ delete: drop, target }: HookDecision, store: IMsgStore): Promise<Filing> {
  if (drop) return { set: [prop(PR_DELETE_AFTER_SUBMIT, true)], clear: [PR_SENTMAIL_ENTRYID] };
  if (target === undefined || !(await isFolder(store, target))) return { set: [] };
  return { set: [prop(PR_SENTMAIL_ENTRYID, target)] };
}

/** Whether a store has this folder. */
export async function isFolder(store: IMsgStore, entryId: EntryId): Promise<boolean> {
  try {
    await using _folder = await store.openEntry(entryId, { iid: 'IMAPIFolder' });
    return true;
  } catch (cause) {
    if (MapiError.is(cause)) return false;
    throw cause;
  }
}
