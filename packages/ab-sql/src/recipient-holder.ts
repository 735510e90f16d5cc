/** What the container of the book and its lists do with entries. spec: iabcontainerimapicontainer */
import { ProgressSteps, setPropList } from '@nodemapi/kit';
import {
  type AdrList,
  type CheckDuplicates,
  type Done,
  decodeOneOff,
  type EntryId,
  type IDistList,
  type IMAPIProgress,
  type IMailUser,
  MapiError,
  type PropTag,
  type ResolveFlag,
} from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';
import { completeProps, type EntryKind, stampedProps } from './book-entry.ts';
import { isOfThisProvider, parseBookEntryId } from './book-entry-id.ts';
import type { NewEntry } from './entry-object.ts';
import { checkEntryIds, readCopy, readMember, readTemplate } from './foreign-entry.ts';
import type { NewMember } from './member-rows.ts';
import { type ResolvedNames, resolveNames } from './name-resolution.ts';
import { kindOfTemplate } from './templates.ts';

const PARTIAL: Done = { warning: 'MAPI_W_PARTIAL_COMPLETION' };

/** Makes the object of a new entry, unsaved. */
export type MakeEntry = (kind: EntryKind, how: NewEntry) => IMailUser | IDistList;

/**
 * Makes an entry by a template of this book, or by one of another address book: then it has the properties of that one, and
 * is bound by its provider, if the template says that it has to be (PR_TEMPLATEID).
 *
 * @throws MAPI_E_UNKNOWN_ENTRYID if `template` is nobody's; what the other provider throws: nothing is made then
 */
export async function createEntry(
  context: BookContext,
  make: MakeEntry,
  template: EntryId,
  check: CheckDuplicates | undefined,
  list?: number,
): Promise<IMailUser | IDistList> {
  const how = { ...(check === undefined ? {} : { check }), ...(list === undefined ? {} : { list }) };
  const isForeign = !isOfThisProvider(template) && decodeOneOff(template) === undefined;
  if (!isForeign) return make(kindOfTemplate(context.book.uid, template), how);
  const { kind, props, templateId } = await readTemplate(context, template);
  const entry = make(kind, how);
  try {
    if (props.length > 0) await setPropList(entry, props);
    if (templateId === undefined) return entry;
    const bound = await context.support.openTemplateID(templateId, entry, { fillEntry: true });
    return bound as IMailUser | IDistList; // what is bound is the entry, by the same interface
  } catch (error) {
    await entry.release();
    throw error;
  }
}

/**
 * Copies entries into the book; duplicates are passed over, or replaced if that is asked for.
 *
 * @throws MAPI_E_INVALID_ENTRYID if an identifier is of no known form; nothing is copied then
 */
export async function copyIntoBook(
  context: BookContext,
  entryIds: readonly EntryId[],
  check: CheckDuplicates,
  progress?: IMAPIProgress,
): Promise<Done> {
  checkEntryIds(entryIds);
  const steps = new ProgressSteps(progress, entryIds.length);
  let failed = 0;
  for (const [index, entryId] of entryIds.entries()) {
    if (!(await unlessItsFault(copyOne(context, entryId, check)))) failed++;
    steps.done(index + 1);
  }
  return failed > 0 ? PARTIAL : {};
}

/** Makes entries members of a list; members of it already are passed over. */
export async function copyIntoList(
  context: BookContext,
  list: number,
  entryIds: readonly EntryId[],
  progress?: IMAPIProgress,
): Promise<Done> {
  checkEntryIds(entryIds);
  const steps = new ProgressSteps(progress, entryIds.length);
  const members: NewMember[] = [];
  let failed = 0;
  for (const [index, entryId] of entryIds.entries()) {
    const member = await memberOrFailure(context, entryId);
    if (member === undefined) failed++;
    else members.push(member);
    steps.done(index + 1);
  }
  const { refused } = await context.book.addMembers(list, members);
  return failed + refused > 0 ? PARTIAL : {};
}

export async function deleteFromBook(context: BookContext, entryIds: readonly EntryId[]): Promise<Done> {
  checkEntryIds(entryIds);
  const wanted = entryIds.map((entryId) => numberOf(context, entryId));
  const numbers = wanted.filter((number) => number !== undefined);
  const deleted = new Set(await context.book.delete(numbers));
  return wanted.every((number) => number !== undefined && deleted.has(number)) ? {} : PARTIAL;
}

export async function deleteFromList(context: BookContext, list: number, entryIds: readonly EntryId[]): Promise<Done> {
  checkEntryIds(entryIds);
  const members = entryIds.map((entryId) => {
    const entry = numberOf(context, entryId);
    return entry === undefined ? { entryId } : { entry };
  });
  const removed = await context.book.removeMembers(list, members);
  return removed === members.length ? {} : PARTIAL;
}

/** See `resolveNames`; among the members of `list` if one is given. */
export function resolveIn(
  context: BookContext,
  list: number | undefined,
  tags: readonly PropTag[] | null,
  recipients: AdrList,
  flags: readonly ResolveFlag[],
): ResolvedNames {
  return resolveNames(context.book, list, tags, recipients, flags);
}

/** Copies one entry; true also for a duplicate that was passed over. */
async function copyOne(context: BookContext, entryId: EntryId, check: CheckDuplicates): Promise<true> {
  const copy = await readCopy(context, entryId);
  const members: NewMember[] = [];
  for (const member of copy.members) {
    const found = await memberOrFailure(context, member);
    if (found !== undefined) members.push(found);
  }
  const props = stampedProps(completeProps(copy.kind, copy.props), undefined, context.clock.now());
  try {
    await context.book.save({ kind: copy.kind, props, check, members });
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_COLLISION')) throw error; // a duplicate is not copied, and that is no failure
  }
  return true;
}

/** Number of the entry behind an identifier; undefined if it names no entry of this book. */
function numberOf(context: BookContext, entryId: EntryId): number | undefined {
  if (!isOfThisProvider(entryId)) return undefined;
  const found = parseBookEntryId(context.book.uid, entryId);
  return found?.kind === 'mailUser' || found?.kind === 'distList' ? found.number : undefined;
}

async function memberOrFailure(context: BookContext, entryId: EntryId): Promise<NewMember | undefined> {
  const entry = numberOf(context, entryId);
  if (entry !== undefined) return { entry };
  const props = await unlessItsFault(readMember(context, entryId));
  return props === undefined ? undefined : { entryId, props };
}

/** Codes by which an entry of somebody else may fail; everything else concerns this book and ends the call. */
const OTHERS_FAILURES: ReadonlySet<string> = new Set([
  'MAPI_E_NOT_FOUND',
  'MAPI_E_UNKNOWN_ENTRYID',
  'MAPI_E_INVALID_ENTRYID',
  'MAPI_E_NO_ACCESS',
  'MAPI_E_NO_SUPPORT',
  'MAPI_E_OBJECT_DELETED',
  'MAPI_E_MISSING_REQUIRED_COLUMN',
  'MAPI_E_NETWORK_ERROR',
  'MAPI_E_TOO_BIG',
]);

/** The answer of `action`; undefined if it failed by the fault of a single entry. @throws everything else */
async function unlessItsFault<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (MapiError.is(error) && OTHERS_FAILURES.has(error.code)) return undefined;
    throw error;
  }
}
