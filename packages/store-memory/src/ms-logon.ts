/** The logon object: the store object by another interface, for the subsystem. spec: imslogoniunknown */
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

export interface MemoryLogonOptions {
  readonly store: IMsgStore;
  /** Columns of the status row. */
  readonly status: readonly PropValue[];
  readonly onLogoff: () => Promise<void>;
}

export class MemoryMSLogon extends RefCounted implements IMSLogon {
  readonly iid = 'IMSLogon';
  readonly #options: MemoryLogonOptions;
  #loggedOff = false;

  constructor(options: MemoryLogonOptions) {
    super();
    this.#options = options;
  }

  async logoff(): Promise<void> {
    if (this.#loggedOff) return;
    this.#loggedOff = true;
    await this.#options.onLogoff();
  }

  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return this.#options.store.compareEntryIDs(a, b);
  }

  advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#options.store.advise(entryId, mask, sink);
  }

  unadvise(connection: number | AdviseConnection): Promise<void> {
    return this.#options.store.unadvise(connection);
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  openEntry(entryId: EntryId | null, options?: OpenEntryOptions): Promise<unknown> {
    return this.#options.store.openEntry(entryId, options);
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    this.assertOpen();
    return new StatusObject(this.#options.status, { validateState: async () => {} });
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.logoff();
  }
}
