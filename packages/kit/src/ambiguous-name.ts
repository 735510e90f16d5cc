import {
  PR_ACCOUNT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_GIVEN_NAME,
  PR_NICKNAME,
  PR_SMTP_ADDRESS,
  PR_SURNAME,
} from '@nodemapi/mapi';
import { type PropSource, presentOf } from './compare.ts';
import { foldText } from './match-content.ts';

/** Where PR_ANR looks. */
const ANR_TAGS = [
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_SMTP_ADDRESS,
  PR_ACCOUNT,
  PR_GIVEN_NAME,
  PR_SURNAME,
  PR_NICKNAME,
];

/**
 * Ambiguous name resolution: every word of `search` begins some word of the entry's names and addresses.
 *
 * Without regard to case and diacritics; `Bill L` matches `Billy Larson` and `Sam Bill Lee`. An empty search matches
 * nothing.
 *
 * spec: address-book-restrictions, searching-the-address-book
 */
export function matchAnr(search: string, source: PropSource): boolean {
  const texts = ANR_TAGS.map((tag) => presentOf(source, tag)?.value).filter((value) => typeof value === 'string');
  return matchAnrTexts(search, texts);
}

/** `matchAnr` over texts that are already at hand. */
export function matchAnrTexts(search: string, texts: readonly string[]): boolean {
  const wanted = loose(search)
    .split(/[\s,;]+/u)
    .filter((word) => word !== '');
  if (wanted.length === 0) return false;
  const words = texts.map(loose).flatMap((text) => [text, ...text.split(/[\s,;]+/u), ...text.split(/[^\p{L}\p{N}]+/u)]);
  return wanted.every((word) => words.some((candidate) => candidate.startsWith(word)));
}

function loose(text: string): string {
  return foldText(text, { loose: true }).trim();
}
