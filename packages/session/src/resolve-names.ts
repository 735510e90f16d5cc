/** Finding the recipients behind display names. spec: iaddrbook-resolvename, resolving-a-recipient-name */
import { MapiError } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  decodeOneOff,
  type IABContainer,
  isInternetShaped,
  isPropError,
  PR_ANR,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  parseOneOffText,
  propId,
  propOf,
  type ResolveFlag,
  type ResolveNameResult,
  type Row,
  resProperty,
  type UserInterface,
} from '@nodemapi/mapi';
import { makeOneOff, oneOffProps } from './one-off-user.ts';

/** Candidates that are shown to a user. */
const candidatesMax = 50;

interface Resolution {
  readonly list: AdrEntry[];
  readonly flags: ResolveFlag[];
}

/** The entries of a list as they are before anything is looked up: those with an identifier, and empty ones, are done. */
export function beginResolution(list: AdrList): Resolution {
  const flags = list.map((entry): ResolveFlag => (isDone(entry) ? 'resolved' : 'unresolved'));
  const resolution = { list: [...list], flags };
  for (const [index, entry] of list.entries()) {
    const oneOff = flags[index] === 'unresolved' ? asOneOff(propOf(entry, PR_DISPLAY_NAME) ?? '') : undefined;
    if (oneOff !== undefined) settle(resolution, index, oneOff);
  }
  return resolution;
}

export function hasUnresolved(resolution: Resolution): boolean {
  return resolution.flags.includes('unresolved');
}

/** Looks the open names up in one container: by its own method, or by a PR_ANR restriction on its contents. */
export async function resolveIn(resolution: Resolution, container: IABContainer): Promise<void> {
  try {
    const found = await container.resolveNames(null, resolution.list, resolution.flags);
    for (const [index, flag] of found.flags.entries()) {
      if (resolution.flags[index] !== 'unresolved') continue;
      resolution.flags[index] = flag;
      if (flag === 'resolved') resolution.list[index] = found.list[index] ?? resolution.list[index] ?? [];
    }
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error;
    await resolveByRestriction(resolution, container);
  }
}

/** Lets a user choose among the candidates of ambiguous names. @throws MAPI_E_USER_CANCEL */
export async function askAmbiguous(
  resolution: Resolution,
  containers: readonly IABContainer[],
  ui: UserInterface,
): Promise<void> {
  for (const [index, flag] of resolution.flags.entries()) {
    if (flag !== 'ambiguous') continue;
    const name = propOf(resolution.list[index] ?? [], PR_DISPLAY_NAME) ?? '';
    const found: Row[] = [];
    for (const container of containers) found.push(...(await matches(container, name, candidatesMax)));
    if (found.length === 0) continue;
    const chosen = await ui.choose(
      name,
      found.map((row) => propOf(row, PR_DISPLAY_NAME) ?? ''),
    );
    settle(resolution, index, found[chosen] ?? []);
  }
}

/** The answer of ResolveName. */
export function resolutionResult({ list, flags }: Resolution): ResolveNameResult {
  if (flags.includes('ambiguous')) return { list, flags, error: 'MAPI_E_AMBIGUOUS_RECIP' };
  return flags.includes('unresolved') ? { list, flags, error: 'MAPI_E_NOT_FOUND' } : { list, flags };
}

async function resolveByRestriction(resolution: Resolution, container: IABContainer): Promise<void> {
  for (const [index, flag] of resolution.flags.entries()) {
    const name = propOf(resolution.list[index] ?? [], PR_DISPLAY_NAME) ?? '';
    if (flag !== 'unresolved' || name === '') continue;
    const [first, second] = await matches(container, name, 2);
    if (second !== undefined) resolution.flags[index] = 'ambiguous';
    else if (first !== undefined) settle(resolution, index, first);
  }
}

async function matches(container: IABContainer, name: string, max: number): Promise<readonly Row[]> {
  await using table = await container.getContentsTable();
  return await queryAllRows(table, { restriction: resProperty('EQ', PR_ANR, name), max });
}

/** Adds what was found; what the caller had stays, but for the name, which is now the entry's. */
function settle(resolution: Resolution, index: number, found: Row): void {
  const values = found.filter((value) => !isPropError(value));
  const ids = new Set(values.map((value) => propId(value.tag)));
  const kept = (resolution.list[index] ?? []).filter((value) => !ids.has(propId(value.tag)));
  resolution.list[index] = [...values, ...kept];
  resolution.flags[index] = 'resolved';
}

function isDone(entry: AdrEntry): boolean {
  return entry.length === 0 || propOf(entry, PR_ENTRYID) !== undefined;
}

/** `X@Y.Z` and `Name[TYPE:address]` need no address book. */
function asOneOff(name: string): Row | undefined {
  const written = parseOneOffText(name);
  const address =
    written ?? (isInternetShaped(name) ? { displayName: name, addrType: 'SMTP', emailAddress: name } : undefined);
  if (address === undefined) return undefined;
  const entryId = makeOneOff(address.displayName, address.addrType, address.emailAddress, false);
  const oneOff = decodeOneOff(entryId);
  return oneOff === undefined ? undefined : oneOffProps(entryId, oneOff);
}
