/** Names of drop folders and of the files in them, the same for the same address and message at any time. */
import { createHash } from 'node:crypto';

/** Longer than that, names of folders are cut and made unique by a hash. */
const FOLDER_NAME_LENGTH_MAX = 120;
const HASH_LENGTH = 32;
const TIME_DIGITS = 20;

/**
 * The name of the folder for an address in lower case: everything but letters, digits and `@ . _ + -` is `%xx`, and so
 * is a dot at either end, which some file systems do not keep.
 */
export function folderName(address: string): string {
  const encoded = [...Buffer.from(address)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[a-z0-9@._+-]/u.test(char) ? char : hex(char)))
    .join('')
    .replaceAll(/^\.|\.$/gu, hex('.'));
  if (encoded.length <= FOLDER_NAME_LENGTH_MAX) return encoded;
  return `${encoded.slice(0, FOLDER_NAME_LENGTH_MAX - HASH_LENGTH)}%${hashOf([address])}`;
}

/** What makes one submission of a message: a copy that is submitted again is another one. */
export interface DropKey {
  readonly messageId: string;
  /** When the client submitted it; it stays the same over all attempts. */
  readonly submitTime: bigint;
  readonly address: string;
}

/** The name of a message in a drop folder. Names sort in the order of submission. */
export function dropName({ messageId, submitTime, address }: DropKey): string {
  const time = submitTime.toString().padStart(TIME_DIGITS, '0');
  return `${time}-${hashOf([messageId, time, address])}.eml`;
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, HASH_LENGTH);
}

function hex(char: string): string {
  return `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
