import { MapiError } from '@nodemapi/base';
import {
  type AdviseConnection,
  type EntryId,
  type IMAPIAdviseSink,
  type IMAPIStatus,
  type IMSLogon,
  type IMsgStore,
  type InterfaceMap,
  type InterfaceName,
  MAPI_STORE_PROVIDER,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_ENTRYID,
  PR_PROVIDER_DISPLAY,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  type PropValue,
  prop,
  STATUS_AVAILABLE,
} from '@nodemapi/mapi';
import { RefCounted } from './ref-counted.ts';
import { StatusObject } from './status-object.ts';

export interface MSLogonOptions {
  readonly store: IMsgStore;
  /** Columns of the status row. */
  readonly status: readonly PropValue[];
  /** The open store that an identifier is of, where the stores of a provider share one MAPIUID. */
  readonly storeOf?: (entryId: EntryId) => IMsgStore | undefined;
  readonly onLogoff: () => Promise<void>;
}

/** The logon object of a store: the store object by another interface, for the subsystem. spec: imslogoniunknown */
export class MSLogonObject extends RefCounted implements IMSLogon {
  readonly iid = 'IMSLogon';
  readonly #options: MSLogonOptions;
  #loggedOff = false;

  constructor(options: MSLogonOptions) {
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
    return (entryId === null ? undefined : this.#options.storeOf?.(entryId)) ?? this.#options.store;
  }
}

/** Columns of the status row of a store. @param display PR_PROVIDER_DISPLAY */
export function storeStatusColumns(display: string, storeEntryId: EntryId): readonly PropValue[] {
  return [
    prop(PR_RESOURCE_TYPE, MAPI_STORE_PROVIDER),
    prop(PR_PROVIDER_DISPLAY, display),
    prop(PR_STATUS_CODE, STATUS_AVAILABLE),
    prop(PR_ENTRYID, storeEntryId),
  ];
}
