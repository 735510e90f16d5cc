/** The table of the reflected polynomial 0xEDB88320, one entry per byte. [MS-OXRTFCP] 2.1.3.2 */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc >>> 0;
});

/** The CRC of compressed RTF: that of ZIP, begun with 0 and not inverted at the end; unsigned. [MS-OXRTFCP] 2.1.3.2 */
export function rtfCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < bytes.length; at++) crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc >>> 0;
}
