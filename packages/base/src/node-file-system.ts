import { constants, lstatSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { copyAttributes } from './copy-attributes.ts';
import { Descriptor } from './descriptor.ts';
import type {
  AppendFile,
  FileStat,
  FileSystem,
  ModeOption,
  OpenFile,
  VolatileFile,
  WriteOptions,
} from './file-system.ts';
import { fileTimeFromMs } from './file-time.ts';
import { newGuid } from './guid.ts';
import { MapiError } from './mapi-error.ts';
import { systemRandom } from './random.ts';
import { checkRange } from './random-access.ts';

const OWNER_FILE = 0o600;
const OWNER_DIRECTORY = 0o700;

/** The files of this computer. */
export const nodeFileSystem: FileSystem = {
  readFile: (path) => attempt(async () => plainBytes(await fs.readFile(path))),
  writeFileAtomic: (path, bytes, options) => attempt(() => replaceFile(path, bytes, options)),
  mkdir: (path, options) => attempt(() => makeDirectory(path, options)),
  list: (path) => attempt(async () => (await fs.readdir(path)).sort()),
  stat: (path) => attempt(() => statOf(path)),
  exists: (path) => attempt(() => exists(path)),
  remove: (path) => attempt(() => removeOne(path)),
  removeTree: (path) => attempt(() => fs.rm(path, { recursive: true, force: true })),
  rename: (from, to) => attempt(() => renameDurably(from, to)),
  truncate: (path) => attempt(() => truncate(path)),
  chmod: (path, mode) => attempt(() => fs.chmod(path, mode)),
  chown: (path, uid, gid) => attempt(() => fs.chown(path, uid, gid)),
  copyAttributes,
  openRead: (path) => attempt(() => openRead(path)),
  openAppend: (path, options) => attempt(() => openAppend(path, options)),
  createVolatile: (path) => attempt(() => createVolatile(path)),
  lock: (path, content) => attempt(() => lock(path, content)),
};

/** Node's errors leave as MapiErrors; their messages name the call and the path. */
async function attempt<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw MapiError.from(error, 'file-system');
  }
}

/**
 * Makes a directory and those above it. Node's own recursive form never ends where a file system answers ENOENT for a
 * directory whose parent is there, as /proc does.
 */
async function makeDirectory(path: string, options: WriteOptions = {}, mayMakeParent = true): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return; // as nearly always
  const { mode = OWNER_DIRECTORY, volatile = false } = options;
  try {
    await fs.mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayMakeParent && dirname(path) !== path) {
      await makeDirectory(dirname(path), options);
      return makeDirectory(path, options, false);
    }
    const isThere = await fs.stat(path).then(
      (found) => found.isDirectory(), // made by somebody else just now
      () => false, // the first error says more
    );
    if (!isThere) throw error;
  }
  if (!volatile) await syncNewDirectory(path);
}

/** What is synced inside of a directory is lost with it, if its own name is lost in a power cut. */
async function syncNewDirectory(path: string): Promise<void> {
  try {
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isCode(error, 'EACCES')) throw error; // a parent that may be written to and not be read cannot be synced
  }
}

function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** How often a file is written anew that somebody has removed before it got its name. */
const besideTriesMax = 3;

/**
 * Writes a file beside `path`, and has it put in its place. Who stands still for long in between finds it gone: another process
 * has taken it for one that was left by the dead.
 */
async function putBeside(
  path: string,
  { bytes, mode }: { readonly bytes: Uint8Array; readonly mode: number },
  put: (beside: string) => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const beside = `${path}.${newGuid(systemRandom)}.tmp`;
    await writeNew(beside, bytes, mode);
    try {
      return await put(beside);
    } catch (error) {
      const isTaken = isCode(error, 'ENOENT') && !(await exists(beside));
      await fs.rm(beside, { force: true });
      if (!isTaken || tries === besideTriesMax) throw error;
    }
  }
}

async function replaceFile(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
  const { mode = OWNER_FILE, volatile = false } = options;
  if (volatile) return replaceAtOnce(`${path}.${newGuid(systemRandom)}.tmp`, path, bytes, mode);
  await putBeside(path, { bytes, mode }, (beside) => fs.rename(beside, path));
  await syncDirectory(dirname(path));
}

/** Without waiting for the disk there is nothing that would be worth the way by a thread. */
function replaceAtOnce(beside: string, path: string, bytes: Uint8Array, mode: number): void {
  try {
    writeFileSync(beside, bytes, { flag: 'wx', mode });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Creates a file that must not exist, with all of `bytes` on the disk. */
async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await fs.open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await fs.rm(path, { force: true }); // it is ours, and half of it is worse than none
    throw error;
  } finally {
    await file.close();
  }
}

async function renameDurably(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from));
}

async function truncate(path: string): Promise<void> {
  const file = await fs.open(path, 'r+');
  try {
    await file.truncate(0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename survive a power cut. Windows cannot open directories and does not need it. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await fs.open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Asked at once, not by way of a thread: it takes a few microseconds, and the way there and back a hundred. */
async function statOf(path: string): Promise<FileStat> {
  const stat = statSync(path);
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
  const { size, uid, gid, mtimeMs } = stat;
  return { kind, size, mode: stat.mode & 0o7777, uid, gid, modified: fileTimeFromMs(mtimeMs) };
}

async function exists(path: string): Promise<boolean> {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (isCode(error, 'ENOTDIR')) return false;
    throw error;
  }
}

async function removeOne(path: string): Promise<void> {
  const stat = lstatSync(path);
  await (stat.isDirectory() ? fs.rmdir(path) : fs.unlink(path));
}

/** Bytes that are read without looking first whether they are there. */
const uncheckedBytesMax = 1 << 20;

async function openRead(path: string): Promise<OpenFile> {
  const file = await Descriptor.open(path, 'r');
  return {
    size: () => attempt(() => file.size()),
    read: (offset, length) =>
      attempt(async () => {
        // a short read finds a wrong range as well; only what would take much memory asks for the size first
        checkRange(path, offset, length, length > uncheckedBytesMax ? await file.size() : Number.MAX_SAFE_INTEGER);
        const bytes = new Uint8Array(length);
        await fill(bytes, file, path, offset);
        return bytes;
      }),
    readInto: (offset, into) =>
      attempt(async () => {
        checkRange(path, offset, into.length, Number.MAX_SAFE_INTEGER);
        await fill(into, file, path, offset);
      }),
    [Symbol.asyncDispose]: () => attempt(() => file.close()),
  };
}

async function fill(bytes: Uint8Array, file: Descriptor, path: string, offset: number): Promise<void> {
  const { length } = bytes;
  let done = 0;
  while (done < length) {
    const bytesRead = await file.read(bytes, done, offset + done);
    if (bytesRead === 0) checkRange(path, offset, length, offset + done); // the file has become shorter
    done += bytesRead;
  }
}

async function openAppend(path: string, options?: ModeOption): Promise<AppendFile> {
  const created = !(await exists(path));
  const file = await Descriptor.open(path, 'a', options?.mode ?? OWNER_FILE);
  try {
    if (created) await syncDirectory(dirname(path));
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    write: (bytes) => attempt(() => file.write(bytes)),
    sync: () => attempt(() => file.sync()),
    [Symbol.asyncDispose]: () => attempt(() => file.close()),
  };
}

async function createVolatile(path: string): Promise<VolatileFile> {
  const file = await Descriptor.open(path, 'wx', OWNER_FILE);
  return {
    writeAt: (offset, bytes) => {
      try {
        file.writeNow(bytes, offset);
      } catch (error) {
        throw MapiError.from(error, 'file-system');
      }
    },
    [Symbol.asyncDispose]: () => attempt(() => file.close()),
  };
}

async function lock(path: string, content: Uint8Array): Promise<AsyncDisposable> {
  try {
    if (await exists(path)) throw new MapiError('MAPI_E_BUSY', `${path} is held`, { component: 'file-system' });
    await writeNewAtOnce(path, content);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    throw new MapiError('MAPI_E_BUSY', `${path} is held`, { cause: error, component: 'file-system' });
  }
  let held = true;
  return {
    [Symbol.asyncDispose]: async () => {
      if (!held) return; // the second time it may be somebody else's
      held = false;
      await attempt(() => fs.rm(path, { force: true }));
    },
  };
}

/** What a file system without hard links answers. */
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

/** Who is killed in the middle leaves no file without its content: nobody could tell whose lock that is. */
async function writeNewAtOnce(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await putBeside(path, { bytes, mode: OWNER_FILE }, async (beside) => {
      await fs.link(beside, path);
      await fs.rm(beside, { force: true });
    });
  } catch (error) {
    if (!NO_LINKS.some((code) => isCode(error, code))) throw error;
    await writeNew(path, bytes, OWNER_FILE);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
