/** Messages with properties at random, and what is the same of two. */
import { type Random, toHex } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import {
  type IMAPIFolder,
  type IMAPIProp,
  type IMessage,
  isPropError,
  NAMED_ID_MIN,
  PROPERTY_TAGS,
  type PropTag,
  type PropValue,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { tagNames } from './prop-names.ts';

const WORDS = ['Tee', 'Käse', 'a, b; c', 'two  blanks', '<x@example.test>', 'ann@example.test', '日本', '', 'end '];
const GUIDS = ['00062008-0000-0000-c000-000000000046', '11111111-2222-3333-4444-555555555555'] as const;

/** What a random message is made of. */
export interface AnyMessageOptions {
  readonly messageClass?: string;
  /** The properties to choose from; all of the table if omitted. */
  readonly tags?: readonly PropTag[];
}

/** A saved message; what the store computes itself it has refused. */
export async function anyMessage(
  folder: IMAPIFolder,
  random: Random,
  { messageClass = 'IPM.Note', tags = TAGS }: AnyMessageOptions = {},
): Promise<IMessage> {
  const message = await folder.createMessage();
  const chosen = Array.from({ length: 40 }, () => pick(random, tags));
  await message.setProps([...chosen.map((tag) => anyValue(random, tag)), ...(await namedValues(message, random))]);
  await message.setProps([mapi.prop(mapi.PR_MESSAGE_CLASS, messageClass), mapi.prop(mapi.PR_BODY, 'The text.\r\n')]);
  await message.modifyRecipients(
    'add',
    Array.from({ length: random.uint32() % 4 }, () => anyRecipient(random)),
  );
  for (let count = random.uint32() % 3; count > 0; count--) await addAttachment(message, random, tags);
  await message.saveChanges({ keepOpenReadWrite: true });
  return message;
}

/** Properties by name, as people read them; those without a name are left away. */
export async function namedProps(object: IMAPIProp): Promise<ReadonlyMap<string, unknown>> {
  const tags = (await object.getPropList()).filter((tag) => propType(tag) !== mapi.PT_OBJECT);
  const names = await tagNames(object, tags);
  const { props } = tags.length === 0 ? { props: [] } : await object.getProps(tags);
  const found = new Map<string, unknown>();
  for (const [index, value] of props.entries()) {
    const tag = tags[index] as PropTag;
    const name = names.get(tag);
    if (name !== undefined && !isPropError(value)) found.set(name, plain(value.value));
  }
  return found;
}

/** A value that can be compared. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return JSON.stringify(value.map((each) => String(plain(each))));
  return typeof value === 'bigint' ? String(value) : value;
}

const TYPES: ReadonlySet<number> = new Set([
  mapi.PT_UNICODE,
  mapi.PT_LONG,
  mapi.PT_BOOLEAN,
  mapi.PT_BINARY,
  mapi.PT_SYSTIME,
  mapi.PT_DOUBLE,
  mapi.PT_MV_UNICODE,
]);
/** What decides what a message is: it is set apart. */
const SET_APART: ReadonlySet<number> = new Set(
  [
    mapi.PR_MESSAGE_CLASS,
    mapi.PR_BODY,
    mapi.PR_HTML,
    mapi.PR_RTF_COMPRESSED,
    mapi.PR_MESSAGE_FLAGS,
    mapi.PR_ATTACH_METHOD,
    mapi.PR_ATTACH_DATA_BIN,
    mapi.PR_INTERNET_CPID,
    mapi.PR_MESSAGE_CODEPAGE,
    mapi.PR_TRANSPORT_MESSAGE_HEADERS,
    mapi.PR_ATTACH_MIME_TAG,
  ].map((tag) => propId(tag)),
);
const TAGS: readonly PropTag[] = [...PROPERTY_TAGS.values()]
  .map((tag) => tagFromNumber(tag))
  .filter((tag) => TYPES.has(propType(tag)) && propId(tag) < NAMED_ID_MIN && !SET_APART.has(propId(tag)));

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.uint32() % from.length] as T;
}

function anyValue(random: Random, tag: PropTag): PropValue {
  switch (propType(tag)) {
    case mapi.PT_UNICODE:
      return { tag, value: pick(random, WORDS) };
    case mapi.PT_LONG:
      return { tag, value: random.uint32() % 5 };
    case mapi.PT_BOOLEAN:
      return { tag, value: random.uint32() % 2 === 0 };
    case mapi.PT_BINARY:
      return { tag, value: random.bytes(random.uint32() % 30) };
    case mapi.PT_SYSTIME:
      return { tag, value: 132_000_000_000_000_000n + BigInt(random.uint32()) * 10_000_000n };
    case mapi.PT_DOUBLE:
      return { tag, value: random.uint32() / 7 };
    default:
      return { tag, value: [pick(random, WORDS), 'x'] };
  }
}

async function namedValues(message: IMessage, random: Random): Promise<readonly PropValue[]> {
  const names = Array.from({ length: 5 }, () => ({ guid: pick(random, GUIDS), id: 0x8500 + (random.uint32() % 90) }));
  const ids = await message.getIDsFromNames(names, { create: true });
  return ids.flatMap((id) => (id === undefined ? [] : [anyValue(random, mapi.tag(propId(id), mapi.PT_UNICODE))]));
}

function anyRecipient(random: Random): readonly PropValue[] {
  return [
    mapi.prop(mapi.PR_RECIPIENT_TYPE, 1 + (random.uint32() % 3)),
    mapi.prop(mapi.PR_DISPLAY_NAME, pick(random, WORDS) || 'Ann'),
    mapi.prop(mapi.PR_ADDRTYPE, pick(random, ['SMTP', 'EX'])),
    mapi.prop(mapi.PR_EMAIL_ADDRESS, pick(random, ['ann@example.test', '/o=a/cn=ann'])),
    mapi.prop(mapi.PR_RECIPIENT_TRACKSTATUS, random.uint32() % 3),
  ];
}

async function addAttachment(message: IMessage, random: Random, tags: readonly PropTag[]): Promise<void> {
  const { attach } = await message.createAttach();
  await using opened = attach;
  const method = pick(random, [mapi.NO_ATTACHMENT, mapi.ATTACH_BY_VALUE, mapi.ATTACH_BY_REFERENCE, mapi.ATTACH_OLE]);
  const chosen = Array.from({ length: 8 }, () => pick(random, tags));
  await opened.setProps(chosen.map((tag) => anyValue(random, tag)));
  await opened.setProps([
    mapi.prop(mapi.PR_ATTACH_METHOD, method),
    mapi.prop(mapi.PR_ATTACH_LONG_FILENAME, `${pick(random, ['a', 'Käse'])}${random.uint32() % 9}.bin`),
  ]);
  const hasBytes = method === mapi.ATTACH_BY_VALUE || method === mapi.ATTACH_OLE;
  if (hasBytes) await opened.setProps([mapi.prop(mapi.PR_ATTACH_DATA_BIN, random.bytes(random.uint32() % 900))]);
  await opened.saveChanges();
}
