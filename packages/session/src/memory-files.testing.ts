import { dirname } from 'node:path';
import { type FileStat, type FileSystem, fileTimeFromMs, MapiError, memoryRandomAccess } from '@nodemapi/base';

/** Files in memory, so that thousands of logons take no disk. Directories are made as they are needed. */
export class MemoryFiles implements FileSystem {
  readonly files = new Map<string, { readonly bytes: Uint8Array; readonly mode: number; readonly written: number }>();
  readonly #directories = new Set<string>();
  #writes = 0;

  /** Files of their own with the same contents. */
  copy(): MemoryFiles {
    const copied = new MemoryFiles();
    for (const [path, file] of this.files) copied.files.set(path, file);
    for (const path of this.#directories) copied.#directories.add(path);
    return copied;
  }

  async readFile(path: string): Promise<Uint8Array> {
    return Uint8Array.from(this.#get(path).bytes);
  }

  async writeFileAtomic(path: string, bytes: Uint8Array, options?: { readonly mode?: number }): Promise<void> {
    this.files.set(path, { bytes: Uint8Array.from(bytes), mode: options?.mode ?? 0o600, written: ++this.#writes });
  }

  async mkdir(path: string): Promise<void> {
    for (let at = path; !this.#directories.has(at) && at !== dirname(at); at = dirname(at)) this.#directories.add(at);
  }

  async list(path: string): Promise<readonly string[]> {
    const all = [...this.files.keys(), ...this.#directories].filter((one) => dirname(one) === path);
    return all.map((one) => one.slice(path.length + 1)).sort();
  }

  async stat(path: string): Promise<FileStat> {
    const owner = { uid: 0, gid: 0 };
    if (this.#directories.has(path)) {
      return { kind: 'directory', size: 0, mode: 0o700, ...owner, modified: fileTimeFromMs(0) };
    }
    const { bytes, mode, written } = this.#get(path);
    return { kind: 'file', size: bytes.length, mode, ...owner, modified: fileTimeFromMs(written) };
  }

  async exists(path: string): Promise<boolean> {
    return this.files.has(path) || this.#directories.has(path);
  }

  async remove(path: string): Promise<void> {
    if (!this.files.delete(path) && !this.#directories.delete(path)) this.#get(path);
  }

  async removeTree(path: string): Promise<void> {
    for (const one of [...this.files.keys()]) if (one.startsWith(`${path}/`)) this.files.delete(one);
    this.#directories.delete(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.#get(from));
    this.files.delete(from);
  }

  async truncate(path: string): Promise<void> {
    this.files.set(path, { ...this.#get(path), bytes: new Uint8Array() });
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.files.set(path, { ...this.#get(path), mode });
  }

  async chown(): Promise<void> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'chown');
  }

  async copyAttributes(): Promise<boolean> {
    return false;
  }

  async openRead(path: string): ReturnType<FileSystem['openRead']> {
    const access = memoryRandomAccess(this.#get(path).bytes);
    return { size: () => access.size(), read: (o, l) => access.read(o, l), [Symbol.asyncDispose]: async () => {} };
  }

  async openAppend(): ReturnType<FileSystem['openAppend']> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'openAppend');
  }

  async createVolatile(): ReturnType<FileSystem['createVolatile']> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'createVolatile');
  }

  async lock(path: string, content: Uint8Array): Promise<AsyncDisposable> {
    if (this.files.has(path)) throw new MapiError('MAPI_E_BUSY', `${path} is held`);
    await this.writeFileAtomic(path, content);
    return { [Symbol.asyncDispose]: async () => void this.files.delete(path) };
  }

  #get(path: string): { readonly bytes: Uint8Array; readonly mode: number; readonly written: number } {
    const found = this.files.get(path);
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', path);
    return found;
  }
}
