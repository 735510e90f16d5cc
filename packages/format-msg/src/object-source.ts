/** Reads the properties of an object of MAPI for a file: small ones at once, large ones when they are written. */
import { AsyncStack, checkRange, MapiError, type MapiErrorCode, type RandomAccess } from '@nodemapi/base';
import {
  baseType,
  HRESULTS,
  type IMAPIProp,
  isPropError,
  type MapiNameId,
  NAMED_ID_MIN,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  STREAM_CHUNK_BYTES,
  tagFromNumber,
} from '@nodemapi/mapi';
import { isOfMessage } from './file-values.ts';
import type { NameWriter } from './names.ts';
import { utf16Text } from './text.ts';
import { type TextForm, type WrittenValue, writeLarge, writeValue } from './value-writer.ts';

/** What could not be written; everything else was. */
export interface MsgWriteProblem {
  readonly code: MapiErrorCode;
  /** What and where, for a person. */
  readonly detail: string;
}

/** Opens an object again, from the message down; what it opens on the way belongs to `owned`. */
export type Opener<T> = (owned: AsyncStack) => Promise<T>;

export interface WriteContext {
  readonly names: NameWriter;
  readonly form: TextForm;
  readonly problems: MsgWriteProblem[];
}

/** Properties read at a time. */
const propsPerCall = 100;

/** Every property that belongs into a file, laid down. @param path for problems */
export async function writeProps(
  object: IMAPIProp,
  open: Opener<IMAPIProp>,
  context: WriteContext,
  path: string,
): Promise<readonly WrittenValue[]> {
  const tags = (await object.getPropList()).filter(isOfMessage);
  const places = await fileTags(tags, (named) => object.getNamesFromIDs(named), context, path);
  const written: WrittenValue[] = [];
  for (let first = 0; first < tags.length; first += propsPerCall) {
    const part = tags.slice(first, first + propsPerCall);
    const { props } = await object.getProps(part);
    for (const [offset, tag] of part.entries()) {
      const place = places.get(tag);
      const value = props[offset];
      if (place === undefined || value === undefined) continue;
      await attempt(context, `${path}0x${tag.toString(16)}`, async () => {
        const found = await writeProp(object, open, { tag, place, value }, context.form);
        if (found !== undefined) written.push(found);
      });
    }
  }
  return written;
}

/** Lays the values of a row down. */
export async function writeRow(
  row: readonly PropValue[],
  message: IMAPIProp,
  context: WriteContext,
  path: string,
): Promise<readonly WrittenValue[]> {
  const places = await fileTags(
    row.map(({ tag }) => tag),
    (named) => message.getNamesFromIDs(named),
    context,
    path,
  );
  const written: WrittenValue[] = [];
  for (const { tag, value } of row) {
    const place = places.get(tag);
    if (place === undefined) continue;
    await attempt(context, `${path}0x${tag.toString(16)}`, async () => {
      written.push(writeValue(place, value, context.form));
    });
  }
  return written;
}

/** The tags under which properties lie in the file: named ones have other identifiers there. */
async function fileTags(
  tags: readonly PropTag[],
  getNames: (tags: readonly PropTag[]) => Promise<readonly (MapiNameId | undefined)[]>,
  { names, problems }: WriteContext,
  path: string,
): Promise<ReadonlyMap<PropTag, PropTag>> {
  const places = new Map(tags.map((tag) => [tag, tag]));
  const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
  if (named.length === 0) return places;
  const found = await getNames(named);
  for (const [index, tag] of named.entries()) {
    const name = found[index];
    const id = name === undefined ? undefined : names.idOf(name);
    places.delete(tag);
    if (id !== undefined) places.set(tag, tagFromNumber(id * 0x1_0000 + propType(tag)));
    else problems.push({ code: 'MAPI_E_UNEXPECTED_ID', detail: `${path}0x${tag.toString(16)} has no name` });
  }
  return places;
}

interface PropPlace {
  readonly tag: PropTag;
  /** The tag in the file. */
  readonly place: PropTag;
  readonly value: PropValue;
}

async function writeProp(
  object: IMAPIProp,
  open: Opener<IMAPIProp>,
  { tag, place, value }: PropPlace,
  form: TextForm,
): Promise<WrittenValue | undefined> {
  if (!isPropError(value)) return writeValue(place, value.value, form);
  if (value.value === HRESULTS.MAPI_E_NOT_FOUND) return undefined;
  if (value.value !== HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) {
    throw new MapiError('MAPI_E_CALL_FAILED', `the property could not be read: 0x${value.value.toString(16)}`);
  }
  const isText = baseType(tag) === PT_UNICODE || baseType(tag) === PT_STRING8;
  const opened = tagFromNumber(tag - propType(tag) + (isText ? PT_UNICODE : PT_BINARY));
  const chunks = (): AsyncGenerator<Uint8Array> => streamOf(open, opened);
  if (isText && form !== 'unicode') return writeValue(place, utf16Text(await whole(chunks())), form);
  await using stream = await object.openProperty(opened, 'IStream');
  const { size } = await stream.stat();
  return writeLarge(tagFromNumber(place - propType(place) + (isText ? PT_UNICODE : propType(place))), size, chunks);
}

async function* streamOf(open: Opener<IMAPIProp>, tag: PropTag): AsyncGenerator<Uint8Array> {
  await using owned = new AsyncStack();
  const stream = owned.use(await (await open(owned)).openProperty(tag, 'IStream'));
  for (;;) {
    const chunk = await stream.read(STREAM_CHUNK_BYTES);
    if (chunk.length === 0) return;
    yield chunk;
  }
}

/** The bytes of a property of `size`, which is opened again for each read. */
export function reopeningAccess(open: Opener<IMAPIProp>, tag: PropTag, size: number): RandomAccess {
  return {
    size: async () => size,
    read: async (offset, length) => {
      checkRange('attachment', offset, length, size);
      await using owned = new AsyncStack();
      const stream = owned.use(await (await open(owned)).openProperty(tag, 'IStream'));
      await stream.seek(offset);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const part = await stream.read(Math.min(STREAM_CHUNK_BYTES, length - done));
        if (part.length === 0) throw new MapiError('MAPI_E_CORRUPT_DATA', `the attachment ended at ${offset + done}`);
        bytes.set(part, done);
        done += part.length;
      }
      return bytes;
    },
  };
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

/** Does `work`; what it throws becomes a problem, so that the rest is written. */
export async function attempt(context: WriteContext, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    context.problems.push({ code: error.code, detail: `${what}: ${error.detail}` });
  }
}
