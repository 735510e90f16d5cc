/**
 * How far an mbox has been received, in a file of the MAPI home: an mbox has no room for it that others would respect.
 *
 * Until the file has been rewritten by somebody, everything before `offset` was received. That it was not is told by the
 * beginning of the last message received, which must still be where it was.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type FileSystem, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';

export interface MboxProgress {
  /** For people. */
  readonly path: string;
  /** Changes whenever the file begins anew, so that the same text in it is another message. */
  readonly generation: string;
  readonly offset: number;
  /** Up to here messages may have been received although they are where they had not been. */
  readonly rescanTo: number;
  /** The last message received: where it begins, and the SHA-256 of its first bytes. */
  readonly guard?: { readonly start: number; readonly bytes: number; readonly hash: string };
}

const GUARD_BYTES = 4096;

export class MboxProgressFile {
  readonly #files: FileSystem;
  readonly #mbox: string;
  readonly #folder: string;
  readonly #path: string;

  constructor(files: FileSystem, mbox: string, folder: string) {
    this.#files = files;
    this.#mbox = mbox;
    this.#folder = folder;
    this.#path = join(folder, `${sha256(utf8Encode(mbox)).slice(0, 32)}.json`);
  }

  /** undefined: nothing is known, or what is there cannot be read and counts as nothing. */
  async read(): Promise<MboxProgress | undefined> {
    let text: string;
    try {
      text = utf8Decode(await this.#files.readFile(this.#path));
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
      throw error;
    }
    return parsed(text);
  }

  async write(progress: Omit<MboxProgress, 'path'>): Promise<void> {
    await this.#files.mkdir(this.#folder);
    const text = JSON.stringify({ path: this.#mbox, ...progress });
    await this.#files.writeFileAtomic(this.#path, utf8Encode(`${text}\n`));
  }

  /** What recognises a message that lies from `start` to `end`. */
  async guardOf(start: number, end: number): Promise<NonNullable<MboxProgress['guard']>> {
    const bytes = Math.min(GUARD_BYTES, end - start);
    return { start, bytes, hash: await this.#hashAt(start, bytes) };
  }

  /** Whether the file is still the one whose beginning was received. */
  async holds({ offset, guard }: MboxProgress, size: number): Promise<boolean> {
    if (size < offset) return false;
    return guard === undefined || (await this.#hashAt(guard.start, guard.bytes)) === guard.hash;
  }

  async #hashAt(start: number, bytes: number): Promise<string> {
    await using file = await this.#files.openRead(this.#mbox);
    return sha256(await file.read(start, bytes));
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function parsed(text: string): MboxProgress | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { path, generation, offset, rescanTo, guard } = value as Partial<Record<keyof MboxProgress, unknown>>;
  if (typeof path !== 'string' || typeof generation !== 'string' || !isCount(offset) || !isCount(rescanTo))
    return undefined;
  const known = { path, generation, offset, rescanTo };
  return isGuard(guard) ? { ...known, guard } : guard === undefined ? known : undefined;
}

function isGuard(value: unknown): value is NonNullable<MboxProgress['guard']> {
  if (typeof value !== 'object' || value === null) return false;
  const { start, bytes, hash } = value as Record<string, unknown>;
  return isCount(start) && isCount(bytes) && bytes <= GUARD_BYTES && typeof hash === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
