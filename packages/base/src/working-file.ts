/** Files that are read and written at any place: for streams over files, whose content is the user's. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Descriptor } from './descriptor.ts';
import { MapiError } from './mapi-error.ts';

/** How a file is opened: `create` makes it or empties it, `createNew` fails with MAPI_E_COLLISION if it is there. */
export type WorkingFileMode = 'read' | 'readWrite' | 'create' | 'createNew';

/** A file that is open; the caller closes it. */
export interface WorkingFile extends AsyncDisposable {
  size(): Promise<number>;
  /** At most `count` bytes; none at the end. */
  read(offset: number, count: number): Promise<Uint8Array>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Returns when everything written is on the disk. */
  sync(): Promise<void>;
}

/** Opens files that are read and written in place. Everything fails with a MapiError, as the FileSystem does. */
export interface WorkingFiles {
  open(path: string, mode: WorkingFileMode): Promise<WorkingFile>;
  remove(path: string): Promise<void>;
  /** A directory for files that nobody keeps. */
  temporaryDirectory(): string;
}

const FLAGS: Readonly<Record<WorkingFileMode, string>> = { read: 'r', readWrite: 'r+', create: 'w+', createNew: 'wx+' };
const OWNER_FILE = 0o600;

/** The files of the machine. */
export const nodeWorkingFiles: WorkingFiles = {
  open: (path, mode) => fileAttempt(() => open(path, mode)),
  remove: (path) => fileAttempt(() => fs.unlink(path)),
  temporaryDirectory: () => tmpdir(),
};

async function fileAttempt<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw MapiError.from(error, 'file-system');
  }
}

async function open(path: string, mode: WorkingFileMode): Promise<WorkingFile> {
  const file = await Descriptor.open(path, FLAGS[mode], OWNER_FILE);
  return {
    size: () => fileAttempt(() => file.size()),
    read: (offset, count) =>
      fileAttempt(async () => {
        const bytes = new Uint8Array(count);
        return bytes.subarray(0, await file.read(bytes, 0, offset));
      }),
    write: (offset, bytes) => fileAttempt(() => file.write(bytes, offset)),
    truncate: (size) => fileAttempt(() => file.truncate(size)),
    sync: () => fileAttempt(() => file.sync()),
    [Symbol.asyncDispose]: () => fileAttempt(() => file.close()),
  };
}
