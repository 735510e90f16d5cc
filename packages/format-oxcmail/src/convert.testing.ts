/** Small helpers of the tests: mail as text, messages as values. */
import assert from 'node:assert/strict';
import { utf8Decode, utf8Encode } from '@nodemapi/base';
import { type PropTag, propOf } from '@nodemapi/mapi';
import { type MapiToMimeOptions, mapiToMime } from './mapi-to-mime.ts';
import {
  type AttachState,
  MemoryMessage,
  type MessageState,
  memoryMessage,
  openObjects,
} from './memory-message.testing.ts';
import { type MimeToMapiOptions, mimeToMapi } from './mime-to-mapi.ts';

/** `bytes` in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** UTF-8 text as mail; `\n` becomes CRLF. */
export function mail(text: string): Uint8Array {
  return utf8Encode(text.replaceAll(/\r?\n/g, '\r\n'));
}

export interface Imported {
  readonly state: MessageState;
  readonly diagnostics: readonly string[];
  get<T>(tag: PropTag<T>): T | undefined;
}

/** Imports mail into a new message; every object opened on the way must be released. */
export async function imported(
  source: string | Uint8Array,
  options?: MimeToMapiOptions,
  size = 777,
): Promise<Imported> {
  const { message, state } = memoryMessage();
  const before = openObjects.count;
  const bytes = typeof source === 'string' ? mail(source) : source;
  const { diagnostics } = await mimeToMapi(inPieces(bytes, size), message, options).finally(() => {
    assert.equal(openObjects.count, before, 'an object was left open');
  });
  return { state, diagnostics: diagnostics.map(({ code }) => code), get: (tag) => propIn(state, tag) };
}

/** A message as MIME text of Latin-1 characters; every object opened on the way must be released. */
export async function exported(state: MessageState, options?: MapiToMimeOptions): Promise<string> {
  const message = new MemoryMessage(state);
  const before = openObjects.count;
  const pieces: Uint8Array[] = [];
  for await (const piece of mapiToMime(message as never, options)) pieces.push(piece.slice());
  assert.equal(openObjects.count, before, 'an object was left open');
  return Buffer.concat(pieces).toString('latin1');
}

export function propIn<T>(object: MessageState | AttachState, tag: PropTag<T>): T | undefined {
  return object.props.get(tag) as T | undefined;
}

/** One property of each recipient. */
export function recipientsOf<T>(state: MessageState, tag: PropTag<T>): readonly (T | undefined)[] {
  return state.recipients.map((row) => propOf(row, tag));
}

/** The first header of that name in MIME text, unfolded. */
export function headerOf(mime: string, name: string): string | undefined {
  const head = mime.slice(0, mime.indexOf('\r\n\r\n') + 2).replaceAll(/\r\n(?=[ \t])/g, '');
  return new RegExp(`^${name}: ?(.*)\r$`, 'im').exec(head)?.[1];
}

export function text(bytes: Uint8Array | undefined): string {
  return utf8Decode(bytes ?? new Uint8Array(0));
}
