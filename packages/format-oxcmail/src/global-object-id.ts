/** PidLidGlobalObjectId: the identifier of a meeting, in which the UID of a calendar stands. [MS-OXCICAL] 2.1.3.1.1.20.26 */
import { ByteWriter, fromHex, MapiError, toHex, utf8Decode, utf8Encode } from '@nodemapi/base';

const PREFIX = '040000008200e00074c5b7101a82e008';
/** What stands before a UID that is none of our kind: `vCal-Uid` and 1. */
const VCAL = Uint8Array.of(0x76, 0x43, 0x61, 0x6c, 0x2d, 0x55, 0x69, 0x64, 1, 0, 0, 0);
const HEADER_BYTES = 40;
/** Year, month and day of the one meeting of a series stand here; they are 0 for the series. */
const DATE_AT = 16;

/** The identifier of a UID; one that is such an identifier as hex is taken as that. */
export function globalObjectIdOf(uid: string): Uint8Array {
  if (uid.toLowerCase().startsWith(PREFIX) && /^(?:[0-9a-f]{2}){40,}$/i.test(uid)) return fromHex(uid);
  const data = utf8Encode(uid);
  return new ByteWriter()
    .bytes(fromHex(PREFIX))
    .bytes(new Uint8Array(20)) // no date, no time of creation, 8 bytes in reserve
    .u32(VCAL.length + data.length + 1)
    .bytes(VCAL)
    .bytes(data)
    .u8(0)
    .toBytes();
}

/** The same for the whole series: PidLidCleanGlobalObjectId. */
export function cleanGlobalObjectId(id: Uint8Array): Uint8Array {
  const clean = id.slice();
  clean.fill(0, DATE_AT, DATE_AT + 4);
  return clean;
}

/** The UID that an identifier stands for. */
export function uidOf(id: Uint8Array): string {
  const isVcal = VCAL.every((byte, at) => id[HEADER_BYTES + at] === byte);
  if (!isVcal) return toHex(id).toUpperCase();
  try {
    return utf8Decode(id.subarray(HEADER_BYTES + VCAL.length)).replace(/\0.*$/s, '');
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    return toHex(id).toUpperCase();
  }
}
