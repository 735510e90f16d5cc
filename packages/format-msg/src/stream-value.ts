/** Values that have streams of their own. [MS-OXMSG] 2.1.3, 2.1.4 */
import { type Guid, guidFromBytes, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import { type CompoundStorage, type CompoundStream, streamBytes } from '@nodemapi/format-cfb';
import {
  MV_FLAG,
  PR_HTML,
  type PropTag,
  PT_ACTIONS,
  PT_BINARY,
  PT_CLSID,
  PT_SRESTRICTION,
  PT_STRING8,
  PT_SVREID,
  PT_UNICODE,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import type { Report } from './diagnostic.ts';
import { partName } from './element-names.ts';
import { FIXED } from './fixed-value.ts';
import type { MsgProp } from './msg-object.ts';
import type { CodePages } from './prop-reader.ts';
import { ansiText, htmlBytes, utf16Bytes, utf16Text } from './text.ts';

/** Where values are read. */
export interface ValuePlace {
  readonly storage: CompoundStorage;
  /** The streams of values by tag. */
  readonly streams: ReadonlyMap<number, CompoundStream>;
  readonly path: string;
  readonly codePages: CodePages;
  readonly report: Report;
}

const NOTHING = new Uint8Array(0);

const STREAM_TYPES: ReadonlySet<number> = new Set([
  PT_UNICODE,
  PT_STRING8,
  PT_BINARY,
  PT_CLSID,
  PT_SVREID,
  PT_SRESTRICTION,
  PT_ACTIONS,
]);

export function isStreamType(type: number): boolean {
  return STREAM_TYPES.has(type);
}

/** A property whose value was in the property stream. */
export class FixedProp implements MsgProp {
  readonly tag: PropTag;
  readonly size = 0;
  readonly #value: unknown;

  constructor(tag: PropTag, value: unknown) {
    this.tag = tag;
    this.#value = value;
  }

  read(): Promise<unknown> {
    return Promise.resolve(this.#value);
  }

  async open(): Promise<RandomAccess> {
    return memoryRandomAccess(NOTHING);
  }
}

/** A string, binary or GUID. */
export class StreamProp implements MsgProp {
  readonly tag: PropTag;
  readonly #stored: number;
  readonly #place: ValuePlace;
  readonly #stream: CompoundStream | undefined;

  /** @param stored the tag in the file @param tag the one it is shown under */
  constructor(stored: number, tag: PropTag, place: ValuePlace) {
    this.tag = tag;
    this.#stored = stored;
    this.#place = place;
    this.#stream = place.streams.get(stored);
  }

  get size(): number {
    return propType(this.tag) === PT_CLSID ? 0 : (this.#stream?.size ?? 0);
  }

  async read(): Promise<unknown> {
    const stream = this.#stream;
    const bytes = stream === undefined ? NOTHING : (stream.view ?? (await streamBytes(stream)));
    if (this.#isHtmlText()) return htmlBytes(utf16Text(bytes), this.#place.codePages.html);
    return decoded(propType(this.#stored), bytes, this.#stored, this.#place, this.tag);
  }

  async open(): Promise<RandomAccess> {
    const stream = this.#stream;
    if (stream === undefined) return memoryRandomAccess(NOTHING);
    const type = propType(this.#stored);
    const isAsStored = !this.#isHtmlText() && (type !== PT_STRING8 || propType(this.tag) !== PT_UNICODE);
    if (isAsStored) return type === PT_UNICODE ? withoutEnd(stream.open(), stream.size) : stream.open();
    const value = await this.read();
    return memoryRandomAccess(typeof value === 'string' ? utf16Bytes(value) : (value as Uint8Array));
  }

  #isHtmlText(): boolean {
    return this.tag === PR_HTML && propType(this.#stored) === PT_UNICODE;
  }
}

/** UTF-16 without the zeros that end it. */
async function withoutEnd(stream: RandomAccess, size: number): Promise<RandomAccess> {
  let end = size & ~1;
  while (end > 0) {
    const [low, high] = await stream.read(end - 2, 2);
    if (low !== 0 || high !== 0) break;
    end -= 2;
  }
  return end === size ? stream : { size: async () => end, read: (offset, length) => stream.read(offset, length) };
}

function decoded(type: number, bytes: Uint8Array, tag: number, place: ValuePlace, shown?: PropTag): unknown {
  switch (type) {
    case PT_UNICODE:
      return utf16Text(bytes);
    case PT_STRING8: {
      if (shown === PR_HTML) return new Uint8Array(bytes); // HTML names its code page itself
      const { text, lossy } = ansiText(bytes, place.codePages.ansi);
      if (lossy) {
        const what = `0x${propId(tag).toString(16)} is not in code page ${place.codePages.ansi}`;
        place.report('undecodableText', place.path, false, what);
      }
      return text;
    }
    case PT_CLSID:
      return clsidOf(bytes, tag, place);
    default:
      return new Uint8Array(bytes); // not a part of the file that somebody could change
  }
}

const NO_GUID: Guid = '00000000-0000-0000-0000-000000000000';

function clsidOf(bytes: Uint8Array, tag: number, { path, report }: ValuePlace): Guid {
  if (bytes.length >= 16) return guidFromBytes(bytes);
  report('badProperty', path, true, `a GUID of ${bytes.length} bytes in 0x${propId(tag).toString(16)}`);
  return NO_GUID;
}

/** A property of several values, which are listed in one stream. */
export function listProp(stored: number, place: ValuePlace): MsgProp {
  const type = propType(stored) & ~MV_FLAG;
  const shown = type === PT_STRING8 ? stored + (PT_UNICODE - PT_STRING8) : stored;
  const read = async (): Promise<readonly unknown[]> => {
    const stream = place.streams.get(stored);
    if (stream === undefined) return [];
    const list = await streamBytes(stream);
    const fixed = FIXED.get(type);
    if (fixed !== undefined) return fixedList(list, fixed);
    if (type === PT_CLSID) return chunks(list, 16).map((bytes) => guidFromBytes(bytes));
    const count = Math.floor(list.length / (type === PT_UNICODE || type === PT_STRING8 ? 4 : 8));
    const values: unknown[] = [];
    for (let index = 0; index < count; index++) values.push(await part(stored, type, index, place));
    return values;
  };
  const none = memoryRandomAccess(new Uint8Array(0));
  return { tag: tagFromNumber(shown), size: 0, read, open: async () => none };
}

function fixedList(
  list: Uint8Array,
  codec: { readonly size: number; read(view: DataView, at: number): unknown },
): unknown[] {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  return Array.from({ length: Math.floor(list.length / codec.size) }, (_, index) =>
    codec.read(view, index * codec.size),
  );
}

function chunks(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const count = Math.floor(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

async function part(stored: number, type: number, index: number, place: ValuePlace): Promise<unknown> {
  const name = partName(stored, index);
  const stream = place.storage.stream(name);
  // An empty value has no stream with some writers.
  if (stream === undefined) return decoded(type, new Uint8Array(0), stored, place);
  return decoded(type, await streamBytes(stream), stored, place);
}
