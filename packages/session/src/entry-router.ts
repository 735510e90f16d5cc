import { MapiError } from '@nodemapi/base';
import {
  assertInterface,
  decodeOneOff,
  type EntryId,
  type IABLogon,
  type IAddrBook,
  type IMAPIFolder,
  type IMAPIProp,
  type IMAPITable,
  type IMSLogon,
  type OpenEntryOptions,
  type OpenedEntry,
  supportsHeaders,
  type UserInterface,
  type WithWarning,
} from '@nodemapi/mapi';
import { AddrBook } from './addr-book.ts';
import { OneOffUser } from './one-off-user.ts';
import type { ProviderSlot } from './provider-slot.ts';
import type { SessionCore } from './session-core.ts';
import { openStatusObject } from './status-objects.ts';
import { headerFolderRowName, statusRowName } from './status-table.ts';

/** A logon that opens entries: transports have none. */
export interface EntryOwner {
  readonly slot: ProviderSlot;
  readonly logon: IABLogon | IMSLogon;
}

/** Finds the provider of an identifier by its MAPIUID. spec: accessing-objects-by-using-the-session */
export class EntryRouter {
  readonly #core: SessionCore;

  constructor(core: SessionCore) {
    this.#core = core;
  }

  /**
   * The logon that serves an identifier: shared ones, and those of `member` alone.
   *
   * @throws MAPI_E_UNKNOWN_ENTRYID if none does, typically because its provider is not open
   */
  ownerOf(member: object | undefined, entryId: EntryId): EntryOwner {
    const admits = (slot: ProviderSlot): boolean => slot.owner === undefined || slot.owner === member;
    const slot = this.#core.uids.find(entryId, admits);
    const logon = slot?.logon;
    if (slot === undefined || logon === undefined || logon.iid === 'IXPLogon') {
      throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'no open provider knows this identifier');
    }
    return { slot, logon };
  }

  /** @throws MAPI_E_UNKNOWN_ENTRYID, and what the provider throws */
  async openEntry(member: object | undefined, entryId: EntryId, options: OpenEntryOptions): Promise<OpenedEntry> {
    const statusRow = statusRowName(entryId);
    // The folder by its own identifier or, as QueryInterface of the status object has it, by that and the interface.
    const headers = headerFolderRowName(entryId) ?? (options.iid === 'IMAPIFolder' ? statusRow : undefined);
    if (headers !== undefined) {
      assertInterface('IMAPIFolder', options.iid);
      return this.#openHeaderFolder(headers);
    }
    if (statusRow !== undefined) {
      assertInterface('IMAPIStatus', options.iid);
      return openStatusObject(this.#core, statusRow);
    }
    const oneOff = decodeOneOff(entryId);
    if (oneOff !== undefined) {
      assertInterface('IMailUser', options.iid);
      return new OneOffUser(entryId, oneOff);
    }
    const { slot, logon } = this.ownerOf(member, entryId);
    const opened = await logon.openEntry(entryId, options);
    this.#core.environment.targets.setStore(opened, slot.store);
    return this.#core.environment.targets.setComponent(opened, slot.ref.displayName);
  }

  /** @throws MAPI_E_INTERFACE_NOT_SUPPORTED, MAPI_E_NO_SUPPORT if the row is of no transport with headers */
  async #openHeaderFolder(rowName: string): Promise<IMAPIFolder> {
    const { environment } = this.#core;
    const slot = this.#core.slotOfSection(rowName);
    const logon = slot?.logon;
    if (slot === undefined || logon?.iid !== 'IXPLogon' || !supportsHeaders(logon)) {
      throw new MapiError(
        'MAPI_E_INTERFACE_NOT_SUPPORTED',
        'the status object is of no transport with a header folder',
      );
    }
    return environment.targets.setComponent(await logon.openHeaderFolder(), slot.ref.displayName);
  }

  /** @throws MAPI_E_UNKNOWN_ENTRYID unless both identifiers are of one open provider */
  async compareEntryIDs(member: object | undefined, a: EntryId, b: EntryId): Promise<boolean> {
    if (decodeOneOff(a) !== undefined && decodeOneOff(b) !== undefined) {
      await using book = new AddrBook({ parts: this.#core, list: () => [], adviseSession: () => this.#refuse() });
      return await book.compareEntryIDs(a, b);
    }
    const { logon } = this.ownerOf(member, a);
    if (this.ownerOf(member, b).logon !== logon) {
      throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the identifiers are of two providers');
    }
    return logon.compareEntryIDs(a, b);
  }

  /** Always answers an address book; with a warning if a provider of it could not be logged on. */
  async openAddressBook(ui?: UserInterface): Promise<WithWarning<IAddrBook>> {
    const core = this.#core;
    const complete = await core.addressBooks.retry(ui);
    const object = this.#book();
    return complete ? { object } : { object, warning: 'MAPI_W_ERRORS_RETURNED' };
  }

  /** The templates of MAPI and of all address books that are open. */
  async openOneOffTable(): Promise<IMAPITable> {
    await using book = this.#book();
    return await book.openOneOffTable();
  }

  #book(): AddrBook {
    const core = this.#core;
    return new AddrBook({
      parts: core,
      list: () => core.addressBooks.list(),
      adviseSession: (mask, sink) => core.events.advise(mask, sink),
    });
  }

  /**
   * It is a provider that asks, and no membrane is between him and the provider of the template.
   *
   * @throws MAPI_E_UNKNOWN_ENTRYID if the provider of the template is not there
   */
  async openTemplateID(templateId: EntryId, data: IMAPIProp, options: object): Promise<IMAPIProp> {
    const { logon, slot } = this.ownerOf(undefined, templateId);
    if (logon.iid !== 'IABLogon') {
      throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the template is no address book entry');
    }
    try {
      return await logon.openTemplateID(templateId, data, options);
    } catch (error) {
      throw MapiError.from(error, slot.ref.displayName);
    }
  }

  #refuse(): never {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'no notifications here');
  }
}
