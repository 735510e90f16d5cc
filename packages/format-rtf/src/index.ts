/** RTF without MAPI: compression, and the HTML or text that travels inside. */
export { compressRtf } from './compress-rtf.ts';
export {
  type CompressedRtfHeader,
  type DecompressedRtf,
  type DecompressOptions,
  decompressRtf,
  readCompressedRtfHeader,
} from './decompress-rtf.ts';
export type { RtfDiagnostic } from './diagnostic.ts';
export { encapsulateHtml } from './encapsulate-html.ts';
export { encapsulateText } from './encapsulate-text.ts';
export { rtfCrc } from './rtf-crc.ts';
export { type RtfBody, type RtfReadOptions, readRtf, rtfToText } from './rtf-reader.ts';
