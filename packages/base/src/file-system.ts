import type { FileTime } from './file-time.ts';
import type { RandomAccess } from './random-access.ts';

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** Whose it is, by number; 0 where files have no owners. */
  readonly uid: number;
  readonly gid: number;
  readonly modified: FileTime;
}

/** A file that is open for reading; the caller closes it. */
export interface OpenFile extends RandomAccess, AsyncDisposable {}

/** A file that is open for adding at its end; the caller closes it. */
export interface AppendFile extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when everything written is on the disk. */
  sync(): Promise<void>;
}

/** A file whose content has to outlive the process that writes it, and not the machine; the caller closes it. */
export interface VolatileFile extends AsyncDisposable {
  /** When it returns the system has the bytes, whatever happens to the process then. */
  writeAt(offset: number, bytes: Uint8Array): void;
}

export interface WriteOptions extends ModeOption {
  /** Need not survive the end of the machine: for what only says something about a process that runs. */
  readonly volatile?: boolean;
}

export interface ModeOption {
  /** Permission bits of what is created; by default only the owner may use it. */
  readonly mode?: number;
}

/**
 * Where files are kept, so that tests can let any write fail.
 *
 * Everything fails with a MapiError: MAPI_E_NOT_FOUND for what is not there, MAPI_E_NO_ACCESS, MAPI_E_NOT_ENOUGH_DISK,
 * MAPI_E_DISK_ERROR, MAPI_E_COLLISION for what is there already.
 */
export interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  /** Replaces the whole file or leaves the old one: after a crash one of the two is there, complete. */
  writeFileAtomic(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /** Makes a directory and those above it, durable on return; one that is there already is left as it is. */
  mkdir(path: string, options?: WriteOptions): Promise<void>;
  /** Names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
  stat(path: string): Promise<FileStat>;
  exists(path: string): Promise<boolean>;
  /** Removes a file or an empty directory. */
  remove(path: string): Promise<void>;
  /** Removes a directory with all it holds; none is no error. */
  removeTree(path: string): Promise<void>;
  /** Moves a file over whatever file has the new name; durable on return. */
  rename(from: string, to: string): Promise<void>;
  /** Empties a file, which stays the same file for those who have it open; durable on return. */
  truncate(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Gives a file to others. @throws MAPI_E_NO_ACCESS for who may not */
  chown(path: string, uid: number, gid: number): Promise<void>;
  /**
   * Gives a file the mode, the access list and the extended attributes of another one.
   *
   * @returns whether it was done; false where the system has no means
   * @throws MAPI_E_NO_ACCESS if it cannot be done to this file
   */
  copyAttributes(from: string, to: string): Promise<boolean>;
  openRead(path: string): Promise<OpenFile>;
  /** Opens a file for adding; creates it if need be. */
  openAppend(path: string, options?: ModeOption): Promise<AppendFile>;
  /** Creates a file that must not be there yet, for the owner only. */
  createVolatile(path: string): Promise<VolatileFile>;
  /**
   * Creates the lock file `path` with `content`; disposing removes it.
   *
   * @throws MAPI_E_BUSY if it exists already; whether its owner still lives is for the caller to find out
   */
  lock(path: string, content: Uint8Array): Promise<AsyncDisposable>;
}
