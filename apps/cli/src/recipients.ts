/** The recipients that a command line names: mail addresses, and names of the address book. */
import {
  type AdrEntry,
  type IAddrBook,
  type IMAPISession,
  MapiError,
  PR_ANR,
  PR_DISPLAY_NAME,
  parseAddress,
  prop,
  type Recipient,
  resProperty,
  splitAddresses,
} from 'nodemapi';
import { adrEntryOf, readEntries } from './address-entries.ts';
import { type CommandOptions, listOption, UsageError } from './command.ts';

/** Candidates of an ambiguous name that are shown. */
const candidatesMax = 8;

/** The texts of `--to`, `--cc` and `--bcc`. */
export interface NamedRecipients {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
}

/** The same people as a draft takes them. */
export interface ResolvedRecipients {
  readonly to: readonly Recipient[];
  readonly cc: readonly Recipient[];
  readonly bcc: readonly Recipient[];
}

/** What the options name. @throws MAPI_E_INVALID_PARAMETER for a text with an @ that is no mail address */
export function namedRecipients(options: CommandOptions): NamedRecipients {
  const texts = (name: string): readonly string[] => listOption(options, name).flatMap(splitAddresses);
  const named = { to: texts('to'), cc: texts('cc'), bcc: texts('bcc') };
  for (const text of [...named.to, ...named.cc, ...named.bcc]) if (!isName(text)) parseAddress(text);
  return named;
}

/** What has no @ is a name; everything else is an address, and never looked up. */
function isName(text: string): boolean {
  return !text.includes('@');
}

/**
 * Looks the names up; the address book is opened only if there is one.
 *
 * @throws UsageError for a name that fits several entries; MAPI_E_NOT_FOUND for one that fits none
 */
export async function resolveRecipients(session: IMAPISession, named: NamedRecipients): Promise<ResolvedRecipients> {
  if (![...named.to, ...named.cc, ...named.bcc].some(isName)) return named;
  const { object } = await session.openAddressBook();
  await using addressBook = object;
  const resolved = async (texts: readonly string[]): Promise<readonly Recipient[]> => {
    const recipients: Recipient[] = [];
    for (const text of texts) recipients.push(isName(text) ? await resolveName(addressBook, unquoted(text)) : text);
    return recipients;
  };
  return { to: await resolved(named.to), cc: await resolved(named.cc), bcc: await resolved(named.bcc) };
}

/** A name with a comma is written in quotes. */
function unquoted(text: string): string {
  return /^".*"$/su.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : text;
}

async function resolveName(addressBook: IAddrBook, name: string): Promise<AdrEntry> {
  const { list, flags } = await addressBook.resolveName([[prop(PR_DISPLAY_NAME, name)]]);
  const [row] = list;
  if (flags[0] === 'resolved' && row !== undefined) return row;
  if (flags[0] !== 'ambiguous')
    throw new MapiError('MAPI_E_NOT_FOUND', `"${name}" is neither a mail address nor a name in the address book`);
  const entries = await readEntries(addressBook, resProperty('EQ', PR_ANR, name));
  const exact = entries.filter((entry) => entry.displayName.toLowerCase() === name.toLowerCase());
  const [only] = exact;
  if (only !== undefined && exact.length === 1) return adrEntryOf(only);
  const shown = entries.slice(0, candidatesMax).map((entry) => `${entry.displayName} <${entry.address}>`);
  const more = entries.length > shown.length ? ` and ${entries.length - shown.length} more` : '';
  throw new UsageError(
    `"${name}" fits ${entries.length} entries of the address book: ${shown.join(', ')}${more}; write the address of the one you mean`,
  );
}
