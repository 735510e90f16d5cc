/**
 * Writes a tree of parts as a message, in constant memory: bodies and lists of parts are read when their turn comes.
 */
import { utf8Encode } from '@nodemapi/base';
import { foldedHeader, parameterHeader } from './header-writer.ts';
import { encodeTransfer, type TransferEncoding } from './transfer-encoder.ts';

/** A part with a body. Header lines come from the functions of `header-writer`. */
export interface MimeLeaf {
  readonly kind: 'leaf';
  /** Without Content-Transfer-Encoding, which the writer adds. */
  readonly headers: readonly string[];
  readonly encoding: TransferEncoding;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A part with parts. */
export interface MimeContainer {
  readonly kind: 'multipart';
  /** Without Content-Type, which the writer adds. */
  readonly headers: readonly string[];
  /** Such as 'mixed'. */
  readonly subtype: string;
  readonly parameters?: readonly (readonly [string, string])[];
  /** Must occur in no part; at most 70 characters of RFC 2046's. */
  readonly boundary: string;
  readonly parts: Iterable<MimeTree> | AsyncIterable<MimeTree>;
}

/** A part that was kept byte for byte: its own headers, an empty line, its body. */
export interface MimeEntity {
  readonly kind: 'entity';
  /** Header lines written before the entity's own. */
  readonly headers: readonly string[];
  readonly bytes: AsyncIterable<Uint8Array>;
}

export type MimeTree = MimeLeaf | MimeContainer | MimeEntity;

/** Writes `tree`; the first headers are the message's. Ends without a line break of its own, except after multiparts. */
export async function* writeMime(tree: MimeTree): AsyncGenerator<Uint8Array, void, undefined> {
  if (tree.kind === 'entity') {
    if (tree.headers.length > 0) yield utf8Encode(tree.headers.join(''));
    yield* tree.bytes;
    return;
  }
  if (tree.kind === 'leaf') {
    const encoding = foldedHeader('Content-Transfer-Encoding', tree.encoding);
    yield utf8Encode(`${tree.headers.join('')}${encoding}\r\n`);
    yield* encodeTransfer(tree.body, tree.encoding);
    return;
  }
  const parameters = [...(tree.parameters ?? []), ['boundary', tree.boundary] as const];
  yield utf8Encode(
    `${tree.headers.join('')}${parameterHeader('Content-Type', `multipart/${tree.subtype}`, parameters)}`,
  );
  for await (const part of tree.parts) {
    yield utf8Encode(`\r\n--${tree.boundary}\r\n`);
    yield* writeMime(part);
  }
  yield utf8Encode(`\r\n--${tree.boundary}--\r\n`);
}
