/** MIME without MAPI: reading, writing, and the syntax of headers. */
export * from './address-list.ts';
export { BodyTextDecoder, CHARSET_GUESS_BYTES_MAX, decodeUnlabelled, guessCharset, usableCharset } from './charset.ts';
export type { MimeDiagnostic } from './diagnostic.ts';
export { decodeWords, encodeWords } from './encoded-word.ts';
export { formatParameters, type HeaderParameters, parseParameters } from './header-parameters.ts';
export * from './header-writer.ts';
export * from './mail-date.ts';
export { mboxEntry, splitMbox } from './mbox.ts';
export * from './media-type.ts';
export * from './message-id.ts';
export * from './mime-headers.ts';
export type { MimePart } from './mime-part.ts';
export * from './mime-reader.ts';
export * from './mime-writer.ts';
export { type TransferDecoder, transferDecoder } from './transfer-decoder.ts';
export { EncodingChooser, encodeTransfer, LINE_BYTES_MAX, type TransferEncoding } from './transfer-encoder.ts';
export * from './uuencode.ts';
export * from './wrap-text.ts';
