/** Small helpers of the tests: bytes in pieces, and events as values. */
import { concatBytes, utf8Decode, utf8Encode } from '@nodemapi/base';
import { type MimeEvent, type MimeReadOptions, parseMime } from './mime-reader.ts';

/** `bytes` in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece.slice());
  return concatBytes(pieces);
}

/** Latin-1 text as bytes; `\n` becomes CRLF. */
export function mail(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1'));
}

/** One part with its whole body, as tests compare it. */
export interface SeenPart {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

export interface SeenMessage {
  readonly parts: readonly SeenPart[];
  readonly diagnostics: readonly string[];
  readonly events: readonly MimeEvent[];
}

/** Reads a whole message; bodies as UTF-8 text, containers without one. */
export async function read(source: Uint8Array | string, options?: MimeReadOptions, size = 4096): Promise<SeenMessage> {
  const bytes = typeof source === 'string' ? utf8Encode(source.replaceAll(/\r?\n/g, '\r\n')) : source;
  const bodies = new Map<string, Uint8Array[]>();
  const parts: { path: string; type: string }[] = [];
  const diagnostics: string[] = [];
  const events: MimeEvent[] = [];
  for await (const event of parseMime(inPieces(bytes, size), options)) {
    events.push(event);
    if (event.kind === 'start') parts.push({ path: event.part.path, type: event.part.contentType });
    if (event.kind === 'body')
      bodies.set(event.part.path, [...(bodies.get(event.part.path) ?? []), event.bytes.slice()]);
    if (event.kind === 'diagnostic') diagnostics.push(event.diagnostic.code);
  }
  const body = (path: string): string => utf8Decode(concatBytes(bodies.get(path) ?? []));
  return { parts: parts.map((part) => ({ ...part, body: body(part.path) })), diagnostics, events };
}
