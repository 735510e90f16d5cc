/** The properties of an object in a PST as the kit's read-only objects want them. */
import { encodeCodePage, MapiError, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import type { PstObject } from '@nodemapi/format-pst';
import type { SourceProp } from '@nodemapi/kit';
import {
  baseType,
  MV_FLAG,
  PR_BODY_HTML,
  PR_HTML,
  PR_INTERNET_CPID,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  PT_STRING8,
  PT_UNICODE,
  propType,
} from '@nodemapi/mapi';

const CODE_PAGE_UTF16 = 1200;
const CODE_PAGE_UTF8 = 65001;

/** Every property but the objects, whose values stay in the file. */
export async function sourceProps(object: PstObject): Promise<SourceProp[]> {
  const result: SourceProp[] = [];
  for (const tag of object.tags()) {
    if (baseType(tag) === PT_OBJECT) continue;
    if (tag === PR_BODY_HTML) result.push(...(await htmlProps(object)));
    else result.push(await sourceProp(object, tag));
  }
  return result;
}

async function sourceProp(object: PstObject, tag: PropTag): Promise<SourceProp> {
  const type = propType(tag);
  const hasStream = type === PT_UNICODE || type === PT_BINARY;
  const size = hasStream || (type & MV_FLAG) !== 0 ? await sizeOf(object, tag) : 0;
  return { tag, size, read: () => object.valueTold(tag), open: () => open(object, tag) };
}

/** A value whose size is damaged is never read whole; opening it as a stream says what is wrong. */
async function sizeOf(object: PstObject, tag: PropTag): Promise<number> {
  return (await object.sizeOrLost(tag)) ?? Number.MAX_SAFE_INTEGER;
}

/** What the file has in another form than the contract is decoded first. */
async function open(object: PstObject, tag: PropTag): Promise<RandomAccess> {
  const isOtherwise = tag === PR_SUBJECT || object.storedType(tag) === PT_STRING8;
  if (!isOtherwise) return object.access(tag);
  const text = String((await object.value(tag)) ?? '');
  return memoryRandomAccess(encodeCodePage(text, CODE_PAGE_UTF16).bytes);
}

/** Some writers keep HTML as a string; it becomes PR_HTML in the code page that the message names, or UTF-8. */
async function htmlProps(object: PstObject): Promise<readonly SourceProp[]> {
  const text = String((await object.value(PR_BODY_HTML)) ?? '');
  const codePage = (await object.value(PR_INTERNET_CPID)) ?? CODE_PAGE_UTF8;
  const encoded = encodedOrNot(text, codePage);
  if (encoded !== undefined) return [constantProp({ tag: PR_HTML, value: encoded })];
  return [
    constantProp({ tag: PR_HTML, value: encodeCodePage(text, CODE_PAGE_UTF8).bytes }),
    constantProp({ tag: PR_INTERNET_CPID, value: CODE_PAGE_UTF8 }),
  ];
}

function encodedOrNot(text: string, codePage: number): Uint8Array | undefined {
  try {
    const { bytes, lossy } = encodeCodePage(text, codePage);
    return lossy === true ? undefined : bytes;
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_UNKNOWN_CPID')) throw error;
    return undefined;
  }
}

/** A property that is not in the file. */
export function constantProp({ tag, value }: PropValue): SourceProp {
  const bytes =
    value instanceof Uint8Array
      ? value
      : typeof value === 'string'
        ? encodeCodePage(value, CODE_PAGE_UTF16).bytes
        : undefined;
  return {
    tag,
    size: bytes?.length ?? 0,
    read: async () => value,
    open: async () => {
      if (bytes === undefined) throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', 'the property has no stream');
      return memoryRandomAccess(bytes);
    },
  };
}
