import { utf8Encode } from '@nodemapi/base';

/** Bytes of the ring that references of compressed RTF point into. [MS-OXRTFCP] 2.1.3.1 */
export const RING_BYTES = 4096;
/** Shortest and longest run of bytes that one reference stands for. */
export const REFERENCE_BYTES_MIN = 2;
export const REFERENCE_BYTES_MAX = 17;

/** `LZFu` and `MELA`, the two ways in which RTF is kept. [MS-OXRTFCP] 2.1.3.1.1 */
export const COMPRESSED = 0x7546_5a4c;
export const UNCOMPRESSED = 0x414c_454d;

/** What the ring holds before the first byte. [MS-OXRTFCP] 2.1.2.1 */
export const RING_START: Uint8Array = utf8Encode(
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor ' +
    'MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain' +
    '\\f0\\fs20\\b\\i\\u\\tab\\tx',
);
