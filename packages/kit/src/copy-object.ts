/**
 * Copying between any two objects, by the contract alone, so that it works from one provider to another.
 *
 * - `copyTo` takes everything but what is excluded, by identifier, and but what names the object or is computed from it
 *   (entry identifier, access, sizes, counts); `copyProps` takes what is named.
 * - Subobjects follow: recipients and attachments of messages, messages and folders of folders.
 * - A move takes away from the source what was copied, and nothing else.
 * - A property that cannot be copied is a problem in the answer and stops nothing. A destination that is to be saved
 *   is saved by the caller.
 *
 * spec: imapiprop-copyto, imapiprop-copyprops, imapisupport-docopyto
 */
import {
  baseType,
  type CopyOptions,
  type CopyResult,
  HRESULTS,
  type IMAPIFolder,
  type IMAPIProp,
  type IMessage,
  isPropError,
  MapiError,
  type MapiErrorCode,
  PR_NULL,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  propId,
} from '@nodemapi/mapi';
import { isComputedByNature } from './computed-props.ts';
import { copyFolderContents } from './copy-folder.ts';
import { assertNotAllExcluded, isExcludedPart } from './copy-interfaces.ts';
import { copyEmbeddedMessage, copyMessageParts, type PartProblem } from './copy-message.ts';
import { copyStream } from './memory-stream.ts';
import { translateTags } from './named-property-translation.ts';
import { setPropList } from './prop-access.ts';

/** Messages within messages are followed to this depth. */
export const COPY_DEPTH_MAX = 32;
/** Properties read at a time. */
const PROPS_PER_CALL = 100;

/** Whether a property or subobject of the source is to be copied. */
export type CopySelection = (tag: PropTag) => boolean;

/**
 * @throws MAPI_E_INVALID_PARAMETER without an object, for an empty list or PR_NULL in it; MAPI_E_NO_ACCESS if both objects
 *   are one; MAPI_E_INTERFACE_NOT_SUPPORTED for an object without properties, or if IMAPIProp is excluded
 */
export function copyTo(
  source: IMAPIProp,
  exclude: readonly PropTag[] | undefined,
  destination: IMAPIProp,
  options: CopyOptions = {},
): Promise<CopyResult> {
  return copyToAt(1, source, exclude, destination, options);
}

/**
 * @throws MAPI_E_INVALID_PARAMETER without an object, for an empty list or PR_NULL in it; MAPI_E_NO_ACCESS if both objects
 *   are one; MAPI_E_INTERFACE_NOT_SUPPORTED for an object without properties, or if IMAPIProp is excluded
 */
export async function copyProps(
  source: IMAPIProp,
  include: readonly PropTag[],
  destination: IMAPIProp,
  options: CopyOptions = {},
): Promise<CopyResult> {
  checkCall(source, include, destination, options);
  const ids = new Set(include.map(propId));
  return copySelected(1, source, (tag) => ids.has(propId(tag)), destination, options);
}

async function copyToAt(
  depth: number,
  source: IMAPIProp,
  exclude: readonly PropTag[] | undefined,
  destination: IMAPIProp,
  options: CopyOptions,
): Promise<CopyResult> {
  checkCall(source, exclude, destination, options);
  if (depth > COPY_DEPTH_MAX)
    throw new MapiError('MAPI_E_TOO_COMPLEX', `messages ${COPY_DEPTH_MAX} deep in each other`);
  const ids = new Set((exclude ?? []).map(propId));
  const selected = (tag: PropTag): boolean => !ids.has(propId(tag)) && !isComputedByNature(tag);
  return copySelected(depth, source, selected, destination, options);
}

function checkCall(
  source: IMAPIProp,
  tags: readonly PropTag[] | undefined,
  destination: IMAPIProp,
  { excludeInterfaces = [] }: CopyOptions,
): void {
  for (const object of [source, destination]) assertProps(object);
  assertNotAllExcluded(excludeInterfaces);
  if (tags?.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an empty list of properties');
  if (tags?.some((tag) => propId(tag) === propId(PR_NULL))) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'PR_NULL in a list of properties');
  }
  if (source === destination) throw new MapiError('MAPI_E_NO_ACCESS', 'source and destination are one object');
}

/** The compiler keeps neither nothing nor something else out: objects of providers come from anywhere. */
function assertProps(object: IMAPIProp | null | undefined): void {
  if (object === null || object === undefined)
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a copy without an object');
  if (typeof object.setProps === 'function' && typeof object.getProps === 'function') return;
  throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `an ${object.iid} has no properties`);
}

async function copySelected(
  depth: number,
  source: IMAPIProp,
  selected: CopySelection,
  destination: IMAPIProp,
  options: CopyOptions,
): Promise<CopyResult> {
  const listed = (await source.getPropList()).filter((tag) => selected(tag));
  const plain = listed.filter((tag) => baseType(tag) !== PT_OBJECT);
  const { problems, copied } = await copyValues(source, plain, destination, options);
  const { excludeInterfaces = [] } = options;
  const inner = (from: IMAPIProp, to: IMAPIProp): Promise<CopyResult> =>
    copyToAt(depth + 1, from, undefined, to, { excludeInterfaces });
  const parts: CopySelection = (tag) => selected(tag) && !isExcludedPart(tag, excludeInterfaces);
  let warning: CopyResult['warning'];
  let lost: readonly PartProblem[] = [];
  if (isMessage(source) && isMessage(destination)) {
    lost = await copyMessageParts(source, destination, parts, options, inner);
  } else if (source.iid === 'IAttach' && destination.iid === 'IAttach') {
    lost = await copyEmbeddedMessage(source, destination, parts, inner);
  } else if (isFolder(source) && isFolder(destination)) {
    warning = await copyFolderContents(source, destination, parts, options, copyTo);
  }
  if (options.move === true && copied.length > 0) await source.deleteProps(copied);
  const indexOf = (tag: PropTag): number => listed.findIndex((each) => propId(each) === propId(tag));
  const all = [...problems, ...lost.map(({ tag, code }) => ({ index: indexOf(tag), tag, code }))];
  return warning === undefined ? { problems: all } : { problems: all, warning };
}

interface ValuesCopied {
  readonly problems: readonly PropProblem[];
  readonly copied: readonly PropTag[];
}

async function copyValues(
  source: IMAPIProp,
  tags: readonly PropTag[],
  destination: IMAPIProp,
  options: CopyOptions,
): Promise<ValuesCopied> {
  const translate = await translateTags(source, destination, tags);
  const taken = new Set(options.noReplace === true ? (await destination.getPropList()).map(propId) : []);
  const problems: PropProblem[] = [];
  const copied: PropTag[] = [];
  for (let first = 0; first < tags.length; first += PROPS_PER_CALL) {
    const part = tags.slice(first, first + PROPS_PER_CALL);
    const { props } = await source.getProps(part);
    const values: { index: number; from: PropTag; value: PropValue }[] = [];
    for (const [offset, entry] of props.entries()) {
      const from = part[offset] as PropTag;
      const index = first + offset;
      const to = translate(from);
      const report = (code: MapiErrorCode): void => void problems.push({ index, tag: from, code });
      if (to === undefined) report('MAPI_E_UNEXPECTED_ID');
      else if (taken.has(propId(to))) report('MAPI_E_COLLISION');
      else if (!isPropError(entry)) values.push({ index, from, value: { tag: to, value: entry.value } });
      else if (entry.value === HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) {
        const failed = await copyLargeValue(source, from, destination, to);
        if (failed === undefined) copied.push(from);
        else report(failed);
      } else if (entry.value !== HRESULTS.MAPI_E_NOT_FOUND) report('MAPI_E_CALL_FAILED');
    }
    if (values.length === 0) continue;
    const refused = await setPropList(
      destination,
      values.map(({ value }) => value),
    );
    const byIndex = new Map(refused.map((problem) => [problem.index, problem.code]));
    for (const [offset, { index, from }] of values.entries()) {
      const code = byIndex.get(offset);
      if (code === undefined) copied.push(from);
      else problems.push({ index, tag: from, code });
    }
  }
  return { problems, copied };
}

/** @returns why a damaged value was not copied; what it stood for in the destination stays as it was */
async function copyLargeValue(
  source: IMAPIProp,
  from: PropTag,
  destination: IMAPIProp,
  to: PropTag,
): Promise<MapiErrorCode | undefined> {
  try {
    await using input = await source.openProperty(from, 'IStream');
    await using output = await destination.openProperty(to, 'IStream', { modify: true, create: true });
    await copyStream(input, output);
    await output.commit();
    return undefined;
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    return error.code;
  }
}

function isMessage(object: IMAPIProp): object is IMessage {
  return object.iid === 'IMessage';
}

function isFolder(object: IMAPIProp): object is IMAPIFolder {
  return object.iid === 'IMAPIFolder';
}
