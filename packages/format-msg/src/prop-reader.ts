/** The properties of one storage of a .msg file. [MS-OXMSG] 2.1, 2.4 */
import { type CompoundStorage, type CompoundStream, streamBytes } from '@nodemapi/format-cfb';
import {
  isUsableId,
  MV_FLAG,
  PR_BODY_HTML,
  PR_HTML,
  PR_INTERNET_CPID,
  PR_MESSAGE_CODEPAGE,
  PR_MESSAGE_LOCALE_ID,
  type PropTag,
  PT_OBJECT,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { ansiCodePage } from './ansi-code-page.ts';
import type { Report } from './diagnostic.ts';
import { PROPERTY_STREAM, tagOfName, valueName } from './element-names.ts';
import { FIXED } from './fixed-value.ts';
import type { MsgProp } from './msg-object.ts';
import { ENTRY } from './property-stream.ts';
import { FixedProp, isStreamType, listProp, StreamProp, type ValuePlace } from './stream-value.ts';
import { CODE_PAGE_UTF8 } from './text.ts';

export interface CodePages {
  /** Of 8-bit strings. */
  readonly ansi: number;
  /** Of PR_HTML. */
  readonly html: number;
}

/** What is read of an entry of the property stream. */
interface Entry {
  readonly tag: number;
  /** Has the 8 bytes of the value at `at`. */
  readonly view: DataView;
  readonly at: number;
}

export interface ReadProps {
  readonly props: readonly MsgProp[];
  readonly codePages: CodePages;
}

/**
 * Lists the properties of `storage`.
 *
 * @param headerBytes what comes before the entries in the property stream
 * @param outer the code pages of the message around a recipient or attachment; a message has its own
 */
export async function readProps(
  storage: CompoundStorage,
  headerBytes: number,
  path: string,
  outer: CodePages | undefined,
  report: Report,
): Promise<ReadProps> {
  const stream = propertyStream(storage, headerBytes, path, report);
  const bytes = stream === undefined ? NOTHING : (stream.view ?? (await streamBytes(stream)));
  const entries = readEntries(bytes.subarray(headerBytes), path, report);
  const codePages = outer ?? codePagesOf(entries);
  const props = new Map<number, MsgProp>();
  const place: ValuePlace = { storage, streams: valueStreams(storage), path, codePages, report };
  const add = (prop: MsgProp | undefined): void => {
    if (prop === undefined) return;
    const id = propId(prop.tag);
    if (props.has(id)) report('badProperty', path, false, `property 0x${id.toString(16)} is there twice`);
    else props.set(id, prop);
  };
  for (const entry of entries) if (isUsableId(propId(entry.tag)) && isWanted(entry.tag)) add(listed(entry, place));
  for (const tag of place.streams.keys()) if (!props.has(propId(tag))) add(unlisted(tag, place));
  return { props: [...props.values()], codePages };
}

/** The streams of values by tag; the first of two that differ only in case. */
function valueStreams(storage: CompoundStorage): ReadonlyMap<number, CompoundStream> {
  const streams = new Map<number, CompoundStream>();
  for (const entry of storage.entries) {
    const tag = entry.kind === 'stream' ? tagOfName(entry.name) : undefined;
    if (tag !== undefined && entry.kind === 'stream' && !streams.has(tag)) streams.set(tag, entry);
  }
  return streams;
}

/** Objects are no values: who reads the attachment finds its storage. */
function isWanted(tag: number): boolean {
  return propType(tag) !== PT_OBJECT;
}

const NOTHING = new Uint8Array(0);

/** The stream of entries; undefined if there is none, or not all of its header. */
function propertyStream(
  storage: CompoundStorage,
  headerBytes: number,
  path: string,
  report: Report,
): CompoundStream | undefined {
  const stream = storage.stream(PROPERTY_STREAM);
  if (stream === undefined) report('noPropertyStream', path, true, 'there is no property stream');
  else if (stream.size >= headerBytes) return stream;
  else report('noPropertyStream', `${path}/${PROPERTY_STREAM}`, true, `${stream.size} bytes`);
  return undefined;
}

function readEntries(bytes: Uint8Array, path: string, report: Report): readonly Entry[] {
  const entries: Entry[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + ENTRY.size <= bytes.length; at += ENTRY.size) {
    entries.push({ tag: view.getUint32(at, true), view, at: at + 8 });
  }
  const left = bytes.length % ENTRY.size;
  if (left > 0) report('badProperty', `${path}/${PROPERTY_STREAM}`, false, `${left} bytes after the last property`);
  return entries;
}

function codePagesOf(entries: readonly Entry[]): CodePages {
  const numberOf = (tag: PropTag<number>): number | undefined => {
    const entry = entries.find((each) => each.tag === tag);
    const codec = FIXED.get(propType(tag));
    return entry === undefined || codec === undefined ? undefined : (codec.read(entry.view, entry.at) as number);
  };
  const internet = numberOf(PR_INTERNET_CPID);
  const ansi = ansiCodePage({
    message: numberOf(PR_MESSAGE_CODEPAGE),
    internet,
    locale: numberOf(PR_MESSAGE_LOCALE_ID),
  });
  return { ansi, html: internet ?? CODE_PAGE_UTF8 };
}

function listed(entry: Entry, place: ValuePlace): MsgProp | undefined {
  const { tag } = entry;
  const type = propType(tag);
  const fixed = FIXED.get(type);
  if (fixed !== undefined) {
    return new FixedProp(tagFromNumber(tag), fixed.read(entry.view, entry.at));
  }
  if (!isStreamType(type) && !isListType(type)) {
    place.report('unknownType', place.path, true, `property 0x${hex(tag)} has a type that is none`);
    return undefined;
  }
  const size = entry.view.getUint32(entry.at, true);
  if (!place.streams.has(tag) && !isEmptySize(type, size)) {
    place.report('missingValue', place.path, true, `there is no stream ${valueName(tag)} for ${size} bytes`);
    return undefined;
  }
  return valueProp(tag, place);
}

/** A stream that the property stream does not mention. */
function unlisted(tag: number, place: ValuePlace): MsgProp | undefined {
  const type = propType(tag);
  if (!isUsableId(propId(tag)) || (!isStreamType(type) && !isListType(type))) return undefined;
  place.report('unlistedValue', place.path, false, `${valueName(tag)} is not in the property stream`);
  return valueProp(tag, place);
}

function valueProp(tag: number, place: ValuePlace): MsgProp | undefined {
  const type = propType(tag);
  if (isListType(type)) {
    const isEmpty = (place.streams.get(tag)?.size ?? 0) === 0;
    if (isEmpty) place.report('badProperty', place.path, false, `the list 0x${hex(tag)} has no values`);
    return isEmpty ? undefined : listProp(tag, place);
  }
  const isHtmlText = propId(tag) === propId(PR_BODY_HTML) && (type === PT_UNICODE || type === PT_STRING8);
  return new StreamProp(tag, isHtmlText ? PR_HTML : textTag(tag), place);
}

/** Strings are Unicode. */
function textTag(tag: number): PropTag {
  return tagFromNumber(propType(tag) === PT_STRING8 ? tag + (PT_UNICODE - PT_STRING8) : tag);
}

function isListType(type: number): boolean {
  const single = type & ~MV_FLAG;
  return (type & MV_FLAG) !== 0 && (isStreamType(single) || (FIXED.get(single)?.size ?? 0) > 0);
}

/** What a value without bytes is written as: nothing, or the end of a text alone. */
function isEmptySize(type: number, size: number): boolean {
  return size <= (type === PT_UNICODE ? 2 : type === PT_STRING8 ? 1 : 0);
}

function hex(tag: number): string {
  return (tag >>> 0).toString(16).padStart(8, '0');
}
