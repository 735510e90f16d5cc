import { MapiError } from '@nodemapi/base';
import {
  type AdviseConnection,
  type EntryId,
  type IMAPIAdviseSink,
  type IMAPIStatus,
  type IMAPISupport,
  type IMSLogon,
  type IMsgStore,
  type InterfaceMap,
  type InterfaceName,
  MAPI_STORE_PROVIDER,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PROVIDER_DISPLAY,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  type PropValue,
  prop,
  STATUS_AVAILABLE,
  STATUS_SETTINGS_DIALOG,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';
import type { DisplayField } from './display-table.ts';
import { setPropList } from './prop-access.ts';
import { RefCounted } from './ref-counted.ts';
import { showSettings } from './settings-dialog.ts';
import { StatusEntry } from './status-entry.ts';

export interface MSLogonOptions {
  readonly store: IMsgStore;
  /** Not released here: that is for `onLogoff`. */
  readonly support: IMAPISupport;
  /** Looks whether the store can be used. @throws what is wrong with it */
  readonly validate: () => Promise<void>;
  /** The fields of the settings dialog. */
  readonly settings: readonly DisplayField[];
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
  readonly #status: StatusEntry;
  #loggedOff = false;

  constructor(options: MSLogonOptions) {
    super();
    this.#options = options;
    const { support, status, settings } = options;
    this.#status = new StatusEntry({
      logon: () => this,
      support,
      columns: () => status,
      methods: {
        validateState: () => this.#validate(),
        settingsDialog: async (ui, how) => void (await showSettings(support, settings, ui, how)),
      },
    });
  }

  async logoff(): Promise<void> {
    if (this.#loggedOff) return;
    this.#loggedOff = true;
    await this.#status.close();
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
    return this.#status.open();
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.logoff();
  }

  async #validate(): Promise<void> {
    if (this.#loggedOff) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the store was logged off');
    await this.#options.validate();
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
    prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE | STATUS_SETTINGS_DIALOG),
    prop(PR_ENTRYID, storeEntryId),
  ];
}

/** Gives the profile section of a store the name that the store was given: the two are the same. */
export async function nameSection(support: IMAPISupport, name: string): Promise<void> {
  await using section = await support.openProfileSection(null, { modify: true });
  const [problem] = await setPropList(section, [prop(PR_DISPLAY_NAME, name)]);
  if (problem !== undefined) throw new MapiError(problem.code, 'the name of the store cannot be kept in the profile');
  await section.saveChanges();
}
