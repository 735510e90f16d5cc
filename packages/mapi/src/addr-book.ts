/** MAPI: IAddrBook. spec: iaddrbookimapiprop */
import type { AdrParm } from './adr-parm.ts';
import type { OpensEntries } from './container.ts';
import type { EntryId } from './entry-id.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { AdviseConnection, AdviseSource, IMAPIAdviseSink } from './notification.ts';
import type { PropTag } from './prop-tag.ts';
import type { RowSet } from './prop-value.ts';
import type { AdrList } from './recipient.ts';
import type { UserInterface } from './user-interface.ts';

/** What became of a list of names. */
export interface ResolveNameResult {
  /** As many entries as were given; the resolved ones have PR_ENTRYID and the properties asked for. */
  readonly list: AdrList;
  /** MAPI_E_NOT_FOUND or MAPI_E_AMBIGUOUS_RECIP if not everything was resolved. */
  readonly error?: 'MAPI_E_NOT_FOUND' | 'MAPI_E_AMBIGUOUS_RECIP';
  /** Per entry: MAPI_UNRESOLVED, MAPI_AMBIGUOUS, MAPI_RESOLVED. */
  readonly flags: readonly ResolveFlag[];
}

/** MAPI_UNRESOLVED, MAPI_AMBIGUOUS, MAPI_RESOLVED: the state of one name. */
export type ResolveFlag = 'unresolved' | 'ambiguous' | 'resolved';

/** Options of a one-off address, by flag. spec: iaddrbook-createoneoff */
export interface CreateOneOffOptions {
  /** MAPI_SEND_NO_RICH_INFO */
  readonly noRichInfo?: boolean;
}

/** Options of `details`, by flag. spec: iaddrbook-details */
export interface DetailsOptions {
  /** DIALOG_MODAL: the call answers when the dialog is done, which is the default */
  readonly modal?: boolean;
  /** DIALOG_SDI: the call answers at once, and the dialog goes on by itself */
  readonly sdi?: boolean;
  /** AB_TELL_DETAILS_CHANGE: the answer says whether the entry was changed */
  readonly tellChange?: boolean;
  /** LPFNDISMISS of a dialog that goes on by itself: told at its end, or why it had none */
  readonly onDismiss?: (result: { readonly changed: boolean } | { readonly error: unknown }) => void;
}

/** What became of an entry that was shown. */
export interface DetailsResult {
  /** S_OK and S_FALSE, if `tellChange` asked for them. */
  readonly changed?: boolean;
}

export interface IAddrBook extends IMAPIProp, OpensEntries, AdviseSource {
  readonly iid: 'IAddrBook';
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection>;
  createOneOff(
    displayName: string | null,
    addrType: string,
    emailAddress: string,
    options?: CreateOneOffOptions,
  ): Promise<EntryId>;
  newEntry(container: EntryId | null, template: EntryId | null, ui?: UserInterface): Promise<EntryId>;
  /**
   * Resolves the display names of a recipient list. Unlike MAPI's, this call does not fail when some names stay open:
   * it answers the list with what was resolved, and the code in `error`.
   *
   * @see spec: iaddrbook-resolvename
   */
  resolveName(list: AdrList, options?: { readonly dialog?: boolean }, ui?: UserInterface): Promise<ResolveNameResult>;
  /**
   * Lets the user make or change a list of recipients; `list` is left as it is, the answer is another one.
   *
   * @throws MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT without a user interface
   */
  address(ui?: UserInterface, parm?: AdrParm, list?: AdrList | null): Promise<AdrList>;
  /**
   * Shows an entry to the user, to be changed where it can be.
   *
   * @throws MAPI_E_INVALID_PARAMETER for `modal` with `sdi`; MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT without a user interface
   */
  details(entryId: EntryId, ui?: UserInterface, options?: DetailsOptions): Promise<DetailsResult>;
  recipOptions(recipient: AdrList, ui?: UserInterface): Promise<void>;
  queryDefaultRecipOpt(addrType: string): Promise<never>;
  /** The personal address book; an empty identifier if there is none. */
  getPAB(): Promise<EntryId>;
  setPAB(entryId: EntryId): Promise<void>;
  getDefaultDir(): Promise<EntryId>;
  setDefaultDir(entryId: EntryId): Promise<void>;
  /** Containers in which names are looked up, in order; PR_ENTRYID is the first property of each row. */
  getSearchPath(): Promise<RowSet>;
  /** @throws MAPI_E_MISSING_REQUIRED_COLUMN unless PR_ENTRYID is the first property of each row */
  setSearchPath(path: RowSet): Promise<void>;
  prepareRecips(list: AdrList, tags: readonly PropTag[]): Promise<AdrList>;
}
