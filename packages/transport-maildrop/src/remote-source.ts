/** A place of mail that is looked at before anything is taken: what lies there, by name. */
import { type FileSystem, MapiError } from '@nodemapi/base';
import { FileWindow } from './file-window.ts';
import type { WaitingMail } from './mail-source.ts';

/** A message that lies at its source, of which the header was read. */
export interface LyingMail {
  /** The same for as long as the message lies there, for every process. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it came, where the source knows that better than the header. */
  readonly arrivedMs?: number;
  /** Whether some mail program has shown it. */
  readonly seen: boolean;
  /** The header block, of which at most `HEADER_BYTES_MAX` are read. */
  readonly header: Uint8Array;
}

export interface Lying {
  /** Oldest first; of more than the limit the newest. */
  readonly mails: readonly LyingMail[];
  /** How many lie there. */
  readonly total: number;
}

export interface RemoteSource {
  /** @throws MAPI_E_NOT_FOUND if the source is not there; MAPI_E_BUSY while somebody has it; `signal.reason` */
  list(max: number, signal: AbortSignal): Promise<Lying>;
  /** For one reception, after which it still lies there; undefined if it is gone. The caller disposes of it. */
  open(key: string): Promise<WaitingMail | undefined>;
  /** Deletes messages; those that are gone already are none of its business. Answers what could not be deleted, and why. */
  remove(keys: ReadonlySet<string>): Promise<ReadonlyMap<string, MapiError>>;
}

/** More of a header is not looked at for a list. */
export const HEADER_BYTES_MAX = 65_536;

/** The header block of a message that is a file. */
export async function readHeader(files: FileSystem, path: string, size: number): Promise<Uint8Array> {
  await using window = await FileWindow.open(files, path, size);
  return await headerAt(window, 0, size);
}

/** The header block of a message that lies in a part of a file. */
export async function headerAt(window: FileWindow, start: number, end: number): Promise<Uint8Array> {
  const limit = Math.min(end, start + HEADER_BYTES_MAX);
  let block: Buffer = Buffer.alloc(0);
  for (let bytes = 4096; ; bytes *= 4) {
    const pieces: Uint8Array[] = [];
    for await (const piece of window.pieces(start, Math.min(limit, start + bytes))) pieces.push(piece);
    block = Buffer.concat(pieces);
    const empty = /\r?\n\r?\n/u.exec(block.toString('latin1'));
    if (empty !== null) return new Uint8Array(block.subarray(0, empty.index + empty[0].length));
    if (start + bytes >= limit) return new Uint8Array(block);
  }
}

/** Runs `remove` for each key and collects what fails. */
export async function removeEach(
  keys: Iterable<string>,
  remove: (key: string) => Promise<void>,
): Promise<ReadonlyMap<string, MapiError>> {
  const failed = new Map<string, MapiError>();
  for (const key of keys) {
    try {
      await remove(key);
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      failed.set(key, error);
    }
  }
  return failed;
}
