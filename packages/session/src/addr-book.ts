import { bytesEqual, MapiError } from '@nodemapi/base';
import { noSupport, PropBag, PropObject } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  type AdrParm,
  type AdviseConnection,
  assertInterface,
  type CreateOneOffOptions,
  type DetailsOptions,
  type DetailsResult,
  decodeOneOff,
  type EntryId,
  errorTag,
  HRESULTS,
  type IABContainer,
  type IABLogon,
  type IAddrBook,
  type IMAPIAdviseSink,
  type IMAPITable,
  type InterfaceMap,
  type InterfaceName,
  MAPI_ADDRBOOK,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_TRANSMITABLE_DISPLAY_NAME,
  type PropTag,
  prop,
  propById,
  propError,
  propId,
  propOf,
  type ResolveNameResult,
  type Row,
  type RowSet,
  searchKeyOf,
  type UserInterface,
} from '@nodemapi/mapi';
import { AddressBookRoot, containerRows } from './ab-root.ts';
import { AddressBookSettings } from './ab-settings.ts';
import type { OpenAddressBook } from './address-books.ts';
import { type AddressDialogs, address, details, newEntry } from './address-dialogs.ts';
import { AdviseRouter } from './advise-router.ts';
import { openOneOffTable } from './one-off-table.ts';
import { makeOneOff, OneOffUser, oneOffProps } from './one-off-user.ts';
import { askAmbiguous, beginResolution, hasUnresolved, resolutionResult, resolveIn } from './resolve-names.ts';
import type { SessionParts } from './session-context.ts';

/** What an address book needs of its session. */
export interface AddrBookSource {
  readonly parts: SessionParts;
  list(): readonly OpenAddressBook[];
  /** Registers for critical errors of the address book as a whole. */
  adviseSession(mask: number, sink: IMAPIAdviseSink): AdviseConnection;
}

/** IAddrBook: the containers of every provider under one root. Not transacted. spec: mapi-address-book */
export class AddrBook extends PropObject implements IAddrBook {
  readonly iid = 'IAddrBook';
  readonly #source: AddrBookSource;
  readonly #settings: AddressBookSettings;
  readonly #router = new AdviseRouter('IAddrBook');
  readonly #dialogs: AddressDialogs;

  constructor(source: AddrBookSource) {
    const values = [prop(PR_OBJECT_TYPE, MAPI_ADDRBOOK), prop(PR_DISPLAY_NAME, 'Address book')];
    super(new PropBag(values, { namedProperties: false }), { writable: false });
    this.#source = source;
    const { environment, profileName } = source.parts;
    this.#dialogs = { book: this, oneOffTable: () => this.openOneOffTable(), log: environment.log };
    const containers = (): Promise<readonly Row[]> => this.#containers({ convenientDepth: true });
    this.#settings = new AddressBookSettings(environment.admin.profiles, profileName, containers);
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<OpenedEntry> {
    this.assertOpen();
    if (entryId === null || entryId.length === 0) {
      assertInterface('IABContainer', options.iid);
      return this.#root();
    }
    const oneOff = decodeOneOff(entryId);
    if (oneOff !== undefined) {
      assertInterface('IMailUser', options.iid);
      return new OneOffUser(entryId, oneOff);
    }
    const { logon, ref } = this.#ownerOf(entryId);
    return this.#source.parts.environment.targets.setComponent(
      await logon.openEntry(entryId, options),
      ref.displayName,
    );
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.assertOpen();
    const [left, right] = [decodeOneOff(a), decodeOneOff(b)];
    if (left !== undefined && right !== undefined) {
      return bytesEqual(searchKeyOf(left.addrType, left.emailAddress), searchKeyOf(right.addrType, right.emailAddress));
    }
    const owner = this.#ownerOf(a);
    if (this.#ownerOf(b).logon !== owner.logon) {
      throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the identifiers are of two providers');
    }
    return owner.logon.compareEntryIDs(a, b);
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.assertOpen();
    if (entryId === null) return this.#router.adopt(this.#source.adviseSession(mask, sink));
    return this.#router.adopt(await this.#ownerOf(entryId).logon.advise(entryId, mask, sink));
  }

  unadvise(connection: number | AdviseConnection): Promise<void> {
    return this.#router.unadvise(connection);
  }

  async createOneOff(
    displayName: string | null,
    addrType: string,
    emailAddress: string,
    options: CreateOneOffOptions = {},
  ): Promise<EntryId> {
    this.assertOpen();
    return makeOneOff(displayName, addrType, emailAddress, options.noRichInfo === true);
  }

  async newEntry(container: EntryId | null, template: EntryId | null, ui?: UserInterface): Promise<EntryId> {
    this.assertOpen();
    return newEntry(this.#dialogs, container, template, ui);
  }

  async resolveName(
    list: AdrList,
    options: { readonly dialog?: boolean } = {},
    ui?: UserInterface,
  ): Promise<ResolveNameResult> {
    this.assertOpen();
    const resolution = beginResolution(list);
    const path = hasUnresolved(resolution) ? await this.#settings.getSearchPath() : [];
    const containers: IABContainer[] = [];
    try {
      for (const row of path) {
        if (!hasUnresolved(resolution)) break;
        const container = await this.openEntry(propOf(row, PR_ENTRYID) ?? null, { iid: 'IABContainer' });
        containers.push(container);
        await resolveIn(resolution, container);
      }
      if (options.dialog === true && ui !== undefined) await askAmbiguous(resolution, containers, ui);
    } finally {
      for (const container of containers) await container.release();
    }
    return resolutionResult(resolution);
  }

  async address(ui?: UserInterface, parm: AdrParm = {}, list: AdrList | null = null): Promise<AdrList> {
    this.assertOpen();
    return address(this.#dialogs, ui, parm, list);
  }

  async details(entryId: EntryId, ui?: UserInterface, options: DetailsOptions = {}): Promise<DetailsResult> {
    this.assertOpen();
    return details(this.#dialogs, entryId, ui, options);
  }

  async recipOptions(): Promise<void> {
    noSupport('IAddrBook.recipOptions');
  }

  async queryDefaultRecipOpt(): Promise<never> {
    return noSupport('IAddrBook.queryDefaultRecipOpt');
  }

  async getPAB(): Promise<EntryId> {
    this.assertOpen();
    return this.#settings.getPAB();
  }

  async setPAB(entryId: EntryId): Promise<void> {
    this.assertOpen();
    return this.#settings.setPAB(entryId);
  }

  async getDefaultDir(): Promise<EntryId> {
    this.assertOpen();
    return this.#settings.getDefaultDir();
  }

  async setDefaultDir(entryId: EntryId): Promise<void> {
    this.assertOpen();
    return this.#settings.setDefaultDir(entryId);
  }

  async getSearchPath(): Promise<RowSet> {
    this.assertOpen();
    return this.#settings.getSearchPath();
  }

  async setSearchPath(path: RowSet): Promise<void> {
    this.assertOpen();
    return this.#settings.setSearchPath(path);
  }

  /** The templates of MAPI and of all address books, for IMAPISupport::GetOneOffTable. */
  openOneOffTable(): Promise<IMAPITable> {
    const { hub, environment } = this.#source.parts;
    const sources = this.#source.list().map(({ logon, ref }) => ({ logon, name: ref.displayName }));
    return openOneOffTable(sources, hub, environment.log);
  }

  /** Fills recipients up by their providers and puts the wanted properties first, in their order. */
  async prepareRecips(list: AdrList, tags: readonly PropTag[]): Promise<AdrList> {
    this.assertOpen();
    let filled: AdrList = list.map(fillOneOff);
    for (const { logon } of this.#source.list()) filled = await logon.prepareRecips(tags, filled);
    return filled.map((entry) => arranged(withTransmitableName(entry, tags), tags));
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#router.close();
  }

  #root(): AddressBookRoot {
    return new AddressBookRoot((options) => this.#containers(options), ((
      entryId: EntryId | null,
      options?: OpenEntryOptions,
    ) => this.openEntry(entryId, options)) as AddrBook['openEntry']);
  }

  #containers(options: { readonly convenientDepth?: boolean }): Promise<readonly Row[]> {
    const logons = this.#source.list().map((open) => open.logon);
    const { log } = this.#source.parts.environment;
    return containerRows(logons, options, (error) => log.warn('containers cannot be listed', { error }));
  }

  #ownerOf(entryId: EntryId): { readonly logon: IABLogon; readonly ref: OpenAddressBook['ref'] } {
    const slot = this.#source.parts.uids.find(entryId, (one) => one.ref.kind === 'addressBook');
    const open = this.#source.list().find((one) => one.logon === slot?.logon);
    if (open === undefined) throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'no open address book knows this identifier');
    return open;
  }
}

/** What a one-off identifier tells, behind what the entry has already. */
function fillOneOff(entry: AdrEntry): AdrEntry {
  const entryId = propOf(entry, PR_ENTRYID);
  const oneOff = entryId === undefined ? undefined : decodeOneOff(entryId);
  if (entryId === undefined || oneOff === undefined) return entry;
  return [...entry, ...oneOffProps(entryId, oneOff).filter(({ tag }) => propById(entry, propId(tag)) === undefined)];
}

/** A name that no address book vouches for travels in quotation marks. spec: pidtagtransmittabledisplayname-canonical-property */
function withTransmitableName(entry: AdrEntry, tags: readonly PropTag[]): AdrEntry {
  if (!tags.includes(PR_TRANSMITABLE_DISPLAY_NAME) || propOf(entry, PR_TRANSMITABLE_DISPLAY_NAME) !== undefined) {
    return entry;
  }
  const name = propOf(entry, PR_DISPLAY_NAME);
  if (name === undefined || propOf(entry, PR_ENTRYID) === undefined) return entry;
  const others = entry.filter(({ tag }) => propId(tag) !== propId(PR_TRANSMITABLE_DISPLAY_NAME));
  return [...others, prop(PR_TRANSMITABLE_DISPLAY_NAME, `'${name}'`)];
}

function arranged(entry: AdrEntry, tags: readonly PropTag[]): AdrEntry {
  if (entry.length === 0 || tags.length === 0) return entry;
  const wanted = tags.map((tag) => {
    const found = propById(entry, propId(tag));
    return found === undefined || found.tag === errorTag(tag) ? propError(tag, HRESULTS.MAPI_E_NOT_FOUND) : found;
  });
  const ids = new Set(tags.map(propId));
  return [...wanted, ...entry.filter(({ tag }) => !ids.has(propId(tag)))];
}
