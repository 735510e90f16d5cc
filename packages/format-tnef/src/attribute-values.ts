/** The values of attributes that stood before MAPI: dates, addresses, flags. spec: mapping-of-tnef-attributes-to-mapi-properties */
import { ByteReader, type FileTime, fileTimeFromMs, i16, MapiError, struct, u16, u32 } from '@nodemapi/base';
import { MSGFLAG_HASATTACH, MSGFLAG_READ, MSGFLAG_SUBMIT, MSGFLAG_UNMODIFIED, MSGFLAG_UNSENT } from '@nodemapi/mapi';
import type { TextCodec } from './text-codec.ts';
import type { RendData } from './tnef-message.ts';

/** A date and time without a zone, which is UTC here; fields as in SYSTEMTIME. spec: attdate-attributes */
export const DTR = struct('DTR', 14, {
  wYear: u16,
  wMonth: u16,
  wDay: u16,
  wHour: u16,
  wMinute: u16,
  wSecond: u16,
  wDayOfWeek: u16,
});

/** Of an attachment: kind, place, size. spec: attattachrenddata */
export const RENDDATA = struct('RENDDATA', 14, {
  atyp: u16,
  ulPosition: u32,
  dxWidth: i16,
  dyHeight: i16,
  dwFlags: u32,
});

/** In front of an address in attFrom: kind, bytes of all, of the name, of the address. spec: attfrom */
export const TRP = struct('TRP', 8, { trpid: u16, cbgrtrp: u16, cch: u16, cb: u16 });
export const TRPID_ONE_OFF = 4;

/** Bits of attMessageStatus and what they are in PR_MESSAGE_FLAGS; `fmsModified` is the opposite. spec: attmessagestatus */
export const FMS_MODIFIED = 0x01;
export const FMS_LOCAL = 0x02;
export const FMS_SUBMITTED = 0x04;
export const FMS_READ = 0x20;
export const FMS_HASATTACH = 0x80;

export interface TnefAddress {
  readonly name: string;
  readonly addrType: string;
  readonly address: string;
}

/** Undefined for a date that does not exist. */
export function readDtr(data: Uint8Array): FileTime | undefined {
  const { wYear, wMonth, wDay, wHour, wMinute, wSecond } = DTR.decode(data);
  const ms = Date.UTC(wYear, wMonth - 1, wDay, wHour, wMinute, wSecond);
  const exists = new Date(ms).getUTCDate() === wDay && wMonth >= 1 && wMonth <= 12 && wHour < 24 && wMinute < 60;
  return exists && wYear >= 1601 ? fileTimeFromMs(ms) : undefined;
}

export function readRendData(data: Uint8Array): RendData {
  const { atyp, ulPosition, dxWidth, dyHeight, dwFlags } = RENDDATA.decode(data);
  return { type: atyp, position: ulPosition, width: dxWidth, height: dyHeight, flags: dwFlags };
}

/** attFrom: a name and `TYPE:address` behind a TRP. */
export function readTriple(data: Uint8Array, codec: TextCodec): TnefAddress {
  const { cch, cb } = TRP.decode(data);
  const reader = new ByteReader(data, 'attFrom');
  reader.skip(TRP.size);
  const name = codec.ansi(reader.view(Math.min(cch, reader.remaining)));
  return { name, ...splitAddress(codec.ansi(reader.view(Math.min(cb, reader.remaining)))) };
}

/** attOwner, attSentFor: a name and `TYPE:address`, each behind its length. */
export function readOwner(data: Uint8Array, codec: TextCodec): TnefAddress {
  const reader = new ByteReader(data, 'attOwner');
  const name = codec.ansi(reader.view(reader.u16()));
  return { name, ...splitAddress(codec.ansi(reader.view(reader.u16()))) };
}

function splitAddress(text: string): { readonly addrType: string; readonly address: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { addrType: '', address: text };
  return { addrType: text.slice(0, colon), address: text.slice(colon + 1) };
}

/** PR_MESSAGE_FLAGS of attMessageStatus. */
export function readMessageStatus(data: Uint8Array): number {
  const status = byteOf(data, 'attMessageStatus');
  return (
    (status & FMS_MODIFIED ? 0 : MSGFLAG_UNMODIFIED) |
    (status & FMS_LOCAL ? MSGFLAG_UNSENT : 0) |
    (status & FMS_SUBMITTED ? MSGFLAG_SUBMIT : 0) |
    (status & FMS_READ ? MSGFLAG_READ : 0) |
    (status & FMS_HASATTACH ? MSGFLAG_HASATTACH : 0)
  );
}

/** PR_PRIORITY of attPriority: 1, 2, 3 are urgent, normal, nonurgent. */
export function readPriority(data: Uint8Array): number | undefined {
  const value = new ByteReader(data, 'attPriority').u16();
  return value >= 1 && value <= 3 ? 2 - value : undefined;
}

/** Hexadecimal text with a zero: the form of keys that had to be text. spec: attconversationid-and-attparentid */
export function readHexText(text: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text))
    throw new MapiError('MAPI_E_CORRUPT_DATA', 'a key is not written in hexadecimal');
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function byteOf(data: Uint8Array, name: string): number {
  return new ByteReader(data, name).u8();
}
