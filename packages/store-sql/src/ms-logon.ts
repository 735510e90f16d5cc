/** The logon object: the store object by another interface, for the subsystem. spec: imslogoniunknown */
import { MapiError } from '@nodemapi/base';
import { RefCounted, StatusObject } from '@nodemapi/kit';
import type {
  AdviseConnection,
  EntryId,
  IMAPIAdviseSink,
  IMAPIStatus,
  IMSLogon,
  IMsgStore,
  InterfaceMap,
  InterfaceName,
  OpenEntryOptions,
  OpenedEntry,
  PropValue,
} from '@nodemapi/mapi';

export interface LogonOptions {
  readonly store: IMsgStore;
  /** Columns of the status row. */
  readonly status: readonly PropValue[];
  /** The open store of this provider that an identifier is of: all of them share one MAPIUID. */
  readonly storeOf: (entryId: EntryId) => IMsgStore | undefined;
  readonly onLogoff: () => Promise<void>;
}

export class LogonObject extends RefCounted implements IMSLogon {
  readonly iid = 'IMSLogon';
  readonly #options: LogonOptions;
  #loggedOff = false;

  constructor(options: LogonOptions) {
    super();
    this.#options = options;
  }

  async logoff(): Promise<void> {
    if (this.#loggedOff) return;
    this.#loggedOff = true;
    await this.#options.onLogoff();
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return this.#storeOf(a).compareEntryIDs(a, b);
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#options.store.advise(entryId, mask, sink);
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    return this.#options.store.unadvise(connection);
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options?: OpenEntryOptions): Promise<unknown> {
    return this.#storeOf(entryId).openEntry(entryId, options);
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    this.assertOpen();
    return new StatusObject(this.#options.status, { validateState: async () => {} });
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.logoff();
  }

  #storeOf(entryId: EntryId | null): IMsgStore {
    if (this.#loggedOff) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the store was logged off');
    return (entryId === null ? undefined : this.#options.storeOf(entryId)) ?? this.#options.store;
  }
}
