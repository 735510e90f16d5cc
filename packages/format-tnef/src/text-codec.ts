import { decodeCodePage, encodeCodePage, MapiError } from '@nodemapi/base';

/** Code page of a stream that names none: what Windows in the West has. */
export const USUAL_CODE_PAGE = 1252;

/** Decodes strings of a TNEF stream. */
export interface TextCodec {
  readonly codePage: number;
  /** Text up to the first zero. */
  ansi(bytes: Uint8Array): string;
  unicode(bytes: Uint8Array): string;
}

const UNICODE = 1200;
const asciiMax = 0x7f;

/** A codec for a code page; one that is unknown reads as windows-1252, and `report` is told so. */
export function textCodec(codePage: number, report: (detail: string) => void): TextCodec {
  let usable = codePage;
  try {
    decodeCodePage(new Uint8Array(0), codePage);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_UNKNOWN_CPID')) throw error;
    report(`code page ${codePage} is read as ${USUAL_CODE_PAGE}`);
    usable = USUAL_CODE_PAGE;
  }
  return {
    codePage: usable,
    ansi: (bytes) => {
      const text = untilZero(bytes);
      return isAscii(text) ? latin1(text) : decodeCodePage(text, usable).text;
    },
    unicode: (bytes) => utf16UntilZero(bytes),
  };
}

/** Text in a code page with its zero. */
export function ansiBytes(text: string, codePage: number): Uint8Array {
  return encodeCodePage(`${text}\0`, codePage).bytes;
}

/** Text in UTF-16LE with its zero. */
export function unicodeBytes(text: string): Uint8Array {
  return encodeCodePage(`${text}\0`, UNICODE).bytes;
}

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function utf16UntilZero(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length & ~1).toString('utf16le');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] ?? 0) > asciiMax) return false;
  return true;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
