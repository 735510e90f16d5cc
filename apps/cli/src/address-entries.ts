/** The entries of the address book as commands read them. */
import {
  type AdrEntry,
  type EntryId,
  fromHex,
  type IABContainer,
  type IAddrBook,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  prop,
  propOf,
  queryAllRows,
  type Restriction,
  toHex,
} from 'nodemapi';

export interface Entry {
  readonly entryId: string;
  readonly displayName: string;
  readonly addrType: string;
  readonly address: string;
  readonly container: string;
}

/** A container by its identifier, with its name; the caller releases it. */
export async function openContainer(
  addressBook: IAddrBook,
  entryId: EntryId,
): Promise<{ readonly container: IABContainer; readonly name: string }> {
  const container = await addressBook.openEntry(entryId, { iid: 'IABContainer', bestAccess: true });
  const { values } = await container.getProps([PR_DISPLAY_NAME]);
  return { container, name: values[0] ?? '' };
}

/** The entries of every container of the search path that satisfy the restriction. */
export async function readEntries(
  addressBook: IAddrBook,
  restriction: Restriction | undefined,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const row of await addressBook.getSearchPath()) {
    const entryId = propOf(row, PR_ENTRYID);
    if (entryId === undefined) continue;
    const { container, name } = await openContainer(addressBook, entryId);
    await using opened = container;
    await using table = await opened.getContentsTable();
    const tags = [PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS];
    const rows = await queryAllRows(table, { tags, ...(restriction === undefined ? {} : { restriction }) });
    for (const entry of rows) {
      entries.push({
        entryId: toHex(propOf(entry, PR_ENTRYID) ?? new Uint8Array()),
        displayName: propOf(entry, PR_DISPLAY_NAME) ?? '',
        addrType: propOf(entry, PR_ADDRTYPE) ?? '',
        address: propOf(entry, PR_EMAIL_ADDRESS) ?? '',
        container: name,
      });
    }
  }
  return entries;
}

/** An entry as a row of an address list. */
export function adrEntryOf(entry: Entry): AdrEntry {
  return [
    prop(PR_ENTRYID, fromHex(entry.entryId)),
    prop(PR_DISPLAY_NAME, entry.displayName),
    prop(PR_ADDRTYPE, entry.addrType),
    prop(PR_EMAIL_ADDRESS, entry.address),
  ];
}
