import { isAbsolute } from 'node:path';
import { MapiError } from '@nodemapi/mapi';

const WORDS_MAX = 100;

/**
 * The words of a command: a JSON array of strings, or words with spaces between them, in which nothing is quoted. The first one
 * is the program, by its absolute path: no search path decides what runs with the right to send mail.
 *
 * @throws MAPI_E_INVALID_PARAMETER
 */
export function parseTokenCommand(text: string): readonly string[] {
  const words = text.trimStart().startsWith('[') ? arrayOf(text) : text.split(/\s+/u).filter((word) => word !== '');
  const [program] = words;
  if (program === undefined || !isAbsolute(program)) throw invalid('it begins with the absolute path of a program');
  if (words.length > WORDS_MAX || words.some((word) => word.includes('\0')))
    throw invalid('it has too many words, or a NUL');
  return words;
}

function arrayOf(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('what begins with [ is a JSON array of strings', cause);
  }
  if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
  throw invalid('what begins with [ is a JSON array of strings');
}

function invalid(why: string, cause?: unknown): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', `the command for tokens cannot be used: ${why}`, { cause });
}
