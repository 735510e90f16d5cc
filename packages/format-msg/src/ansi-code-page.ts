/** Which code page the 8-bit strings of a message are in. [MS-OXMSG] 2.1.3, [MS-OXCMSG] 2.2.1.8 */
import { codePageToCharset } from '@nodemapi/base';
import { CODE_PAGE_UTF8 } from './text.ts';

/** What a message says of its strings. */
export interface CodePageFacts {
  /** PR_MESSAGE_CODEPAGE */
  readonly message?: number | undefined;
  /** PR_INTERNET_CPID */
  readonly internet?: number | undefined;
  /** PR_MESSAGE_LOCALE_ID */
  readonly locale?: number | undefined;
}

const WINDOWS_LATIN_1 = 1252;

/** The Windows code page for the characters of an internet code page that tells a script; others may be of any. */
const FAMILY: ReadonlyMap<number, number> = new Map([
  ...[932, 50220, 50221, 50222, 51932].map((page) => [page, 932] as const),
  ...[936, 51936, 52936, 54936, 20936].map((page) => [page, 936] as const),
  ...[949, 50225, 51949].map((page) => [page, 949] as const),
  ...[950, 20000, 51950].map((page) => [page, 950] as const),
  ...[874, 20838].map((page) => [page, 874] as const),
  ...[1250, 28592].map((page) => [page, 1250] as const),
  ...[1251, 866, 20866, 21866, 28595].map((page) => [page, 1251] as const),
  ...[1253, 28597].map((page) => [page, 1253] as const),
  ...[1254, 28593, 28599].map((page) => [page, 1254] as const),
  ...[1255, 28598, 38598].map((page) => [page, 1255] as const),
  ...[1256, 28596].map((page) => [page, 1256] as const),
  ...[1257, 28594].map((page) => [page, 1257] as const),
  [1258, 1258],
]);

/** The Windows code page of a language: the low ten bits of a locale. */
const LANGUAGES: ReadonlyMap<number, number> = new Map([
  ...[0x11].map((language) => [language, 932] as const),
  ...[0x12].map((language) => [language, 949] as const),
  ...[0x1e].map((language) => [language, 874] as const),
  ...[0x05, 0x0e, 0x15, 0x18, 0x1a, 0x1b, 0x1c, 0x24].map((language) => [language, 1250] as const),
  ...[0x02, 0x19, 0x22, 0x23, 0x2f, 0x3f, 0x40, 0x44].map((language) => [language, 1251] as const),
  ...[0x08].map((language) => [language, 1253] as const),
  ...[0x1f, 0x2c, 0x43].map((language) => [language, 1254] as const),
  ...[0x0d].map((language) => [language, 1255] as const),
  ...[0x01, 0x20, 0x29].map((language) => [language, 1256] as const),
  ...[0x25, 0x26, 0x27].map((language) => [language, 1257] as const),
  ...[0x2a].map((language) => [language, 1258] as const),
]);

/** Chinese is written in two ways, and some languages in Cyrillic too. */
const LOCALES: ReadonlyMap<number, number> = new Map([
  ...[0x0404, 0x0c04, 0x1404].map((locale) => [locale, 950] as const),
  ...[0x0804, 0x1004].map((locale) => [locale, 936] as const),
  ...[0x082c, 0x0843, 0x0c1a, 0x1c1a, 0x201a].map((locale) => [locale, 1251] as const),
]);

/**
 * What the message says itself comes first; then an internet code page that leaves no choice, the language of who made
 * it, UTF-8 where the text on the internet was that, and windows-1252.
 */
export function ansiCodePage({ message, internet, locale }: CodePageFacts): number {
  if (message !== undefined && message !== 1200 && message !== 1201 && codePageToCharset(message) !== undefined) {
    return message;
  }
  const family = internet === undefined ? undefined : FAMILY.get(internet);
  if (family !== undefined) return family;
  if (locale !== undefined && locale > 0) {
    return LOCALES.get(locale & 0xffff) ?? LANGUAGES.get(locale & 0x3ff) ?? WINDOWS_LATIN_1;
  }
  return internet === CODE_PAGE_UTF8 ? CODE_PAGE_UTF8 : WINDOWS_LATIN_1;
}
