/**
 * Resolving names against the entries of the book or the members of a list.
 *
 * Who has the text as display name or address is meant by it. If nobody has, those are meant whose names or addresses
 * have, for each word of the text, a word that begins with it. One is the answer, several are ambiguous.
 *
 * spec: implementing-name-resolution, iabcontainer-resolvenames
 */
import { matchAnr, type PropSource, selectProp } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  isPropError,
  MapiError,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_SEARCH_KEY,
  PR_TRANSMITABLE_DISPLAY_NAME,
  type PropTag,
  type PropValue,
  prop,
  propById,
  propId,
  propOf,
  type ResolveFlag,
  type Row,
} from '@nodemapi/mapi';
import type { Book } from './book.ts';
import { allProps } from './book-entry.ts';
import { rowsOf } from './contents-tables.ts';
import { nameKey } from './name-key.ts';

/** What resolved recipients get if nothing else is asked for. */
const DEFAULT_TAGS: readonly PropTag[] = [
  PR_ENTRYID,
  PR_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_OBJECT_TYPE,
  PR_DISPLAY_TYPE,
  PR_SEARCH_KEY,
  PR_TRANSMITABLE_DISPLAY_NAME,
];

export interface ResolvedNames {
  readonly list: AdrList;
  readonly flags: readonly ResolveFlag[];
}

/**
 * Resolves the entries whose flag is 'unresolved', among the members of `among` if a list is given.
 *
 * @throws MAPI_E_INVALID_PARAMETER unless there is one flag for each entry
 */
export function resolveNames(
  book: Book,
  among: number | undefined,
  tags: readonly PropTag[] | null,
  recipients: AdrList,
  flags: readonly ResolveFlag[],
): ResolvedNames {
  if (flags.length !== recipients.length) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${flags.length} flags for ${recipients.length} recipients`);
  }
  const finder = new NameFinder(book, among);
  const list: AdrEntry[] = [...recipients];
  const answers = flags.map((flag, index): ResolveFlag => {
    const recipient = recipients[index] ?? [];
    if (flag !== 'unresolved' || recipient.length === 0) return flag;
    if (propOf(recipient, PR_ENTRYID) !== undefined) return 'resolved';
    const found = finder.find(propOf(recipient, PR_DISPLAY_NAME) ?? '');
    if (found.length !== 1) return found.length === 0 ? 'unresolved' : 'ambiguous';
    list[index] = resolved(recipient, found[0] ?? [], tags ?? DEFAULT_TAGS);
    return 'resolved';
  });
  return { list, flags: answers };
}

/** Finds who is meant by a text; reads the book once however many texts there are. */
class NameFinder {
  readonly #book: Book;
  readonly #among: number | undefined;
  #rows: readonly Row[] | undefined;

  constructor(book: Book, among: number | undefined) {
    this.#book = book;
    this.#among = among;
  }

  find(text: string): readonly Row[] {
    const key = nameKey(text);
    if (key === '') return [];
    const exact = this.#exact(text, key);
    if (exact.length > 0) return exact;
    return this.#all().filter((row) => matchAnr(text, sourceOf(row)));
  }

  #exact(text: string, key: string): readonly Row[] {
    const { uid } = this.#book;
    if (this.#among === undefined) return this.#book.named(text).map((entry) => allProps(uid, entry));
    const isKey = (value: string | undefined): boolean => value !== undefined && nameKey(value) === key;
    return this.#all().filter((row) => isKey(propOf(row, PR_DISPLAY_NAME)) || isKey(propOf(row, PR_EMAIL_ADDRESS)));
  }

  #all(): readonly Row[] {
    this.#rows ??= rowsOf(this.#book, this.#among);
    return this.#rows;
  }
}

/** The recipient with its identifier and the properties asked for; what it had besides stays behind them. */
function resolved(recipient: AdrEntry, row: Row, tags: readonly PropTag[]): AdrEntry {
  const source = sourceOf(row);
  const wanted = tags.some((tag) => propId(tag) === propId(PR_ENTRYID)) ? tags : [PR_ENTRYID, ...tags];
  const answers = wanted.map((tag) => {
    const own = selectProp(propById(recipient, propId(tag)), tag);
    const found = selectProp(source(tag), tag);
    return isPropError(found) && !isPropError(own) ? own : found;
  });
  const answered = new Set(wanted.map(propId));
  return [...answers, ...recipient.filter(({ tag }) => !answered.has(propId(tag)))];
}

/**
 * PrepareRecips: for recipients of this book, long-term identifiers and the properties asked for, these first and in
 * their order. What the list says wins over what the book says.
 *
 * @throws MAPI_E_NOT_FOUND if a recipient of this provider does not exist
 * @see spec: iablogon-preparerecips
 */
export function prepareRecipients(
  recipients: AdrList,
  tags: readonly PropTag[] | null,
  entryOf: (recipient: AdrEntry) => readonly PropValue[] | undefined,
): AdrList {
  if (tags === null || tags.length === 0) return recipients;
  return recipients.map((recipient) => {
    const stored = entryOf(recipient);
    return stored === undefined ? recipient : prepared(recipient, stored, tags);
  });
}

function prepared(recipient: AdrEntry, stored: readonly PropValue[], tags: readonly PropTag[]): AdrEntry {
  const entryId = propOf(stored, PR_ENTRYID);
  const own = recipient.map((value) =>
    value.tag === PR_ENTRYID ? prop(PR_ENTRYID, entryId ?? new Uint8Array()) : value,
  );
  const answers = tags.map((tag) => {
    const listed = selectProp(propById(own, propId(tag)), tag);
    return isPropError(listed) ? selectProp(propById(stored, propId(tag)), tag) : listed;
  });
  const answered = new Set(tags.map(propId));
  return [...answers, ...own.filter(({ tag }) => !answered.has(propId(tag)))];
}

function sourceOf(row: Row): PropSource {
  return (tag) => propById(row, propId(tag));
}
