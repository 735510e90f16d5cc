/** Reads a message, by the contract alone, into the plain values of a TNEF stream. */
import { decodeCodePage, type Guid, hresultName, MapiError } from '@nodemapi/base';
import { queryAllRows, recipientsOf } from '@nodemapi/kit';
import {
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  baseType,
  type IAttach,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  isPropError,
  isTransmittable,
  type MapiErrorCode,
  NAMED_ID_MIN,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  type PropTag,
  PT_OBJECT,
  PT_UNICODE,
  propId,
  propOf,
  type Row,
  STREAM_CHUNK_BYTES,
  type TnefProblem,
} from '@nodemapi/mapi';
import { ATTRIBUTES } from './tnef-attributes.ts';
import { IID_IStorage, type TnefAttachment, type TnefMessage, type TnefProp, tnefProp } from './tnef-message.ts';
import { readTnef } from './tnef-reader.ts';

export interface CollectOptions {
  readonly key: number;
  readonly codePage: number;
  /** Whether a property is taken; `attachNum` is undefined for the message itself. */
  wants(tag: PropTag, attachNum: number | undefined): boolean;
  /** Values in place of those of the object. */
  overrides(attachNum: number | undefined): readonly TnefProp[];
  /** Whether an attachment is taken at all. */
  wantsAttachment(attachNum: number): boolean;
  /** TNEF streams that stand for the messages in attachments. */
  readonly containedTnef: ReadonlyMap<number, Uint8Array>;
  /** Of whom; none if omitted. */
  readonly recipients?: IMAPITable | 'all';
}

const PROPS_PER_CALL = 100;
const UNICODE = 1200;
/** Messages in each other that are still encoded. */
const nestingDepthMax = 32;

/** Everything of an embedded message travels. */
function everything(key: number, codePage: number): CollectOptions {
  return {
    key,
    codePage,
    wants: (tag) => isTransmittable(tag),
    overrides: () => [],
    wantsAttachment: () => true,
    containedTnef: new Map(),
    recipients: 'all',
  };
}

/** Reads a message; `problems` gets what could not be read. */
export async function collectMessage(
  message: IMessage,
  options: CollectOptions,
  problems: TnefProblem[],
  depth = 0,
): Promise<TnefMessage> {
  if (depth > nestingDepthMax)
    throw new MapiError('MAPI_E_TOO_COMPLEX', `messages nest deeper than ${nestingDepthMax}`);
  const { key, codePage } = options;
  const props = await collectProps(message, undefined, options, problems);
  const rows = options.recipients === undefined ? undefined : await recipientRows(message, options.recipients);
  const recipients = rows?.map((row) => row.filter(({ tag }) => isTransmittable(tag) && propId(tag) < NAMED_ID_MIN));
  const attachments: TnefAttachment[] = [];
  for (const [index, attachNum] of (await attachNumsOf(message)).entries()) {
    if (!options.wantsAttachment(attachNum)) continue;
    await using attach = await message.openAttach(attachNum);
    attachments.push(await collectAttachment(attach, attachNum, key + index, options, problems, depth));
  }
  return { key, codePage, props, recipients, attachments };
}

/** The numbers of the attachments of a message, in the order of their table. */
export async function attachNumsOf(message: IMessage): Promise<readonly number[]> {
  await using table = await message.getAttachmentTable();
  const rows = await queryAllRows(table, { tags: [PR_ATTACH_NUM] });
  return rows.map((row) => propOf(row, PR_ATTACH_NUM)).filter((attachNum) => attachNum !== undefined);
}

async function recipientRows(message: IMessage, recipients: IMAPITable | 'all'): Promise<readonly Row[]> {
  if (recipients === 'all') return recipientsOf(message);
  // columns, order, restriction and position are the caller's
  const rows: Row[] = [];
  for (
    let part = await recipients.queryRows(PROPS_PER_CALL);
    part.length > 0;
    part = await recipients.queryRows(PROPS_PER_CALL)
  ) {
    rows.push(...part.map((row) => row.filter((entry) => !isPropError(entry))));
  }
  return rows;
}

async function collectAttachment(
  attach: IAttach,
  attachNum: number,
  component: number,
  options: CollectOptions,
  problems: TnefProblem[],
  depth: number,
): Promise<TnefAttachment> {
  const props = await collectProps(attach, attachNum, options, problems, component);
  const contained = options.containedTnef.get(attachNum);
  if (contained !== undefined) return { props, message: readTnef(contained) };
  const method = tnefProp(props, PR_ATTACH_METHOD) ?? (await attach.getProps([PR_ATTACH_METHOD])).values[0];
  if (method === ATTACH_OLE) return { props: props.map(asStorage) };
  if (method !== ATTACH_EMBEDDED_MSG || !options.wants(PR_ATTACH_DATA_OBJ, attachNum)) return { props };
  try {
    await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
    return {
      props,
      message: await collectMessage(inner, everything(component, options.codePage), problems, depth + 1),
    };
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    problems.push({ component, attribute: ATTRIBUTES.attAttachment, tag: PR_ATTACH_DATA_OBJ, code: error.code });
    return { props };
  }
}

/** The bytes of an OLE object are a storage. */
function asStorage(each: TnefProp): TnefProp {
  if (each.tag !== PR_ATTACH_DATA_BIN) return each;
  return { tag: PR_ATTACH_DATA_OBJ, value: { iid: IID_IStorage as Guid, bytes: each.value as Uint8Array } };
}

async function collectProps(
  object: IMAPIProp,
  attachNum: number | undefined,
  options: CollectOptions,
  problems: TnefProblem[],
  component = 0,
): Promise<readonly TnefProp[]> {
  const overrides = options.overrides(attachNum);
  const replaced = new Set(overrides.map(({ tag }) => propId(tag)));
  const isWanted = (tag: PropTag): boolean =>
    baseType(tag) !== PT_OBJECT && options.wants(tag, attachNum) && !replaced.has(propId(tag));
  const tags = (await object.getPropList()).filter(isWanted);
  const found: TnefProp[] = [];
  const attribute = attachNum === undefined ? ATTRIBUTES.attMAPIProps : ATTRIBUTES.attAttachment;
  for (let first = 0; first < tags.length; first += PROPS_PER_CALL) {
    const part = tags.slice(first, first + PROPS_PER_CALL);
    const { props } = await object.getProps(part);
    for (const [index, entry] of props.entries()) {
      const tag = part[index] as PropTag;
      const value = isPropError(entry) ? await readLarge(object, tag, hresultName(entry.value)) : entry;
      if ('code' in value) problems.push({ component, attribute, tag, code: value.code });
      else found.push({ tag, value: value.value });
    }
  }
  return withNames(object, [...found, ...overrides], (tag, code) => problems.push({ component, attribute, tag, code }));
}

/** A value that was too large for `getProps`, or why it cannot be had. */
async function readLarge(
  object: IMAPIProp,
  tag: PropTag,
  why: string,
): Promise<{ readonly value: unknown } | { readonly code: MapiErrorCode }> {
  if (why !== 'MAPI_E_NOT_ENOUGH_MEMORY') return { code: why as MapiErrorCode };
  try {
    await using stream = await object.openProperty(tag, 'IStream');
    const { size } = await stream.stat();
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const piece = await stream.read(Math.min(STREAM_CHUNK_BYTES, size - length));
      if (piece.length === 0) break;
      bytes.set(piece, length);
      length += piece.length;
    }
    const read = bytes.subarray(0, length);
    return { value: baseType(tag) === PT_UNICODE ? decodeCodePage(read, UNICODE).text : read };
  } catch (error) {
    if (MapiError.is(error)) return { code: error.code };
    throw error;
  }
}

/** Properties from 0x8000 on with their names; one without a name means nothing elsewhere. */
async function withNames(
  object: IMAPIProp,
  props: readonly TnefProp[],
  report: (tag: PropTag, code: MapiErrorCode) => void,
): Promise<readonly TnefProp[]> {
  const named = props.filter(({ tag, name }) => propId(tag) >= NAMED_ID_MIN && name === undefined);
  if (named.length === 0) return props;
  const names = await object.getNamesFromIDs(named.map(({ tag }) => tag));
  const nameOf = new Map(named.map(({ tag }, index) => [tag, names[index]]));
  return props.flatMap((each) => {
    if (!nameOf.has(each.tag)) return [each];
    const name = nameOf.get(each.tag);
    if (name !== undefined) return [{ ...each, name }];
    report(each.tag, 'MAPI_E_NOT_FOUND');
    return [];
  });
}
