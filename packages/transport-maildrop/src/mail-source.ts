/** Where mail is taken from: a maildir, or an mbox file. */
import { type FileSystem, type Log, MapiError, type OpenFile } from '@nodemapi/base';

export interface MailSource {
  /** Whether something waits that is to be tried now. */
  hasMail(): Promise<boolean>;
  /** The next message, for one reception; undefined if nothing waits. The caller disposes of it. */
  next(): Promise<WaitingMail | undefined>;
  /** What failed may be tried again at once. */
  retryNow(): void;
}

/** A message at its source. It stays there until `finish` or `setAside`; disposing lets others at the source again. */
export interface WaitingMail extends AsyncDisposable {
  /** For logs. */
  readonly name: string;
  /** As `StartMessageOptions.recognise` takes them. */
  readonly sources: readonly [string, ...string[]];
  read(): AsyncIterable<Uint8Array>;
  /** It is in a store now; never rejects, so that nothing looks like a failed delivery. */
  finish(): Promise<void>;
  /** It cannot be read and is not offered again; it is kept. */
  setAside(reason: string): Promise<void>;
  /** It is not offered for a while, so that it does not keep others waiting. */
  postpone(): void;
}

export interface MailSourcePorts {
  readonly files: FileSystem;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

/** How long a message that failed waits. */
export const RETRY_MS = 60_000;

/** Bytes of a file that are read at a time. */
export const CHUNK_BYTES = 65_536;

/**
 * Reads a part of a file in pieces, so that a message of any size takes little memory.
 *
 * @throws MAPI_E_BUSY if the file becomes shorter meanwhile, which is no fault of the message
 */
export async function* readPieces(
  files: FileSystem,
  path: string,
  start = 0,
  end?: number,
): AsyncGenerator<Uint8Array> {
  await using file = await files.openRead(path);
  const last = end ?? (await file.size());
  for (let offset = start; offset < last; offset += CHUNK_BYTES) {
    yield await readPiece(file, path, offset, Math.min(CHUNK_BYTES, last - offset));
  }
}

/** @throws MAPI_E_BUSY if the file ends before them */
export async function readPiece(file: OpenFile, path: string, offset: number, length: number): Promise<Uint8Array> {
  try {
    return await file.read(offset, length);
  } catch (cause) {
    if (!MapiError.is(cause, 'MAPI_E_CORRUPT_DATA')) throw cause;
    throw new MapiError('MAPI_E_BUSY', `${path} has become shorter while it was read`, { cause });
  }
}
