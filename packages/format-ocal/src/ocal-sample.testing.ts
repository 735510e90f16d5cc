/** Structures composed from the layouts of [MS-OXOCAL], for tests. */

const u16 = (value: number): string => Buffer.from(Uint16Array.of(value).buffer).toString('hex');
const u32 = (...values: number[]): string =>
  values.map((value) => Buffer.from(Uint32Array.of(value).buffer).toString('hex')).join('');
const ansi = (text: string): string => u16(text.length + 1) + u16(text.length) + Buffer.from(text).toString('hex');
const wide = (text: string): string => u16(text.length) + Buffer.from(text, 'utf16le').toString('hex');

/** Monday, Thursday and Friday, twelve times, the third event changed. */
const pattern = [
  u16(0x3004) + u16(0x3004) + u16(0x200b) + u16(1) + u16(0),
  u32(0x21c0, 1, 0, 0x32, 0x2022, 12, 0),
  u32(1, 0x0cbc_9aa0, 1, 0x0cbc_9aa0, 0x0cbc_7480, 0x0cbd_ad20),
].join('');

/** PidLidAppointmentRecur with every field that an exception can have. */
export const SAMPLE_HEX = [
  pattern,
  u32(0x3006, 0x3009, 600, 630) + u16(1),
  u32(0x0cbc_9d34, 0x0cbc_9d52, 0x0cbc_9cf8) + u16(0x3ff),
  ansi('Changed') + u32(1, 15, 1) + ansi('Room'),
  u32(2, 1, 0, 5),
  `${u32(4)}aabbccdd`,
  `${u32(6, 7)}eeff${u32(1)}11`,
  u32(0x0cbc_9d34, 0x0cbc_9d52, 0x0cbc_9cf8),
  wide('Changed €') + wide('Room 5'),
  `${u32(1)}22`,
  `${u32(2)}3344`,
].join('');

const change = (month: number, nth: number): string =>
  u16(0) + u16(month) + u16(0) + u16(nth) + u16(2) + u32(0) + u16(0);
const eastern = u32(300, 0, -60 >>> 0);

/** New York, since 2007. */
export const ZONE_HEX = {
  struct: eastern + u16(0) + change(11, 1) + u16(0) + change(3, 2),
  definition: [
    `0201${u16(12)}${u16(2)}${u16(3)}${Buffer.from('EST', 'utf16le').toString('hex')}${u16(2)}`,
    `02013e00${u16(0)}${u16(2006)}${'00'.repeat(14)}${eastern}${change(10, 5)}${change(4, 1)}`,
    `02013e00${u16(2)}${u16(2007)}${'00'.repeat(14)}${eastern}${change(11, 1)}${change(3, 2)}`,
  ].join(''),
};
