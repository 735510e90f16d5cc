import type { AppendFile, FileSystem, ModeOption, OpenFile, VolatileFile, WriteOptions } from './file-system.ts';
import { MapiError, type MapiErrorCode } from './mapi-error.ts';
import { type Random, seededRandom } from './random.ts';

export interface FaultPlan {
  /** Which changing operation fails, counted from 0; one that is never reached fails nothing. */
  readonly failAt: number;
  readonly error: 'ENOSPC' | 'EIO';
  /** Every operation after the failing one fails too, as if the machine had died. */
  readonly crash?: boolean;
  /** Decides how much of the failing operation still happened; 0 if absent. */
  readonly seed?: number;
}

const CODES: Readonly<Record<FaultPlan['error'], MapiErrorCode>> = {
  ENOSPC: 'MAPI_E_NOT_ENOUGH_DISK',
  EIO: 'MAPI_E_DISK_ERROR',
};

/**
 * A file system on which one changing operation fails.
 *
 * - The failing `write` of an AppendFile leaves a prefix of its bytes, whose length the seed decides.
 * - A failing atomic operation has happened or has not, as the seed decides; its caller sees the error either way.
 * - A failing `sync` promises nothing; a failing `lock` leaves no lock; locks held at a crash stay.
 * - Reading fails only after a crash.
 */
export class FaultyFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  readonly #plan: FaultPlan;
  readonly #random: Random;
  #operations = 0;

  constructor(inner: FileSystem, plan: FaultPlan) {
    this.#inner = inner;
    this.#plan = plan;
    this.#random = seededRandom(plan.seed ?? 0);
  }

  /** Changing operations so far, the failing one included. */
  get operations(): number {
    return this.#operations;
  }

  /** Whether the planned operation has been reached: a test that counts `failAt` up stops at the first that has not. */
  get fired(): boolean {
    return this.#operations > this.#plan.failAt;
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#reading('readFile', path, () => this.#inner.readFile(path));
  }

  writeFileAtomic(path: string, bytes: Uint8Array, options?: ModeOption): Promise<void> {
    return this.#changing('writeFileAtomic', path, () => this.#inner.writeFileAtomic(path, bytes, options));
  }

  mkdir(path: string, options?: WriteOptions): Promise<void> {
    return this.#changing('mkdir', path, () => this.#inner.mkdir(path, options));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#reading('list', path, () => this.#inner.list(path));
  }

  stat(path: string): ReturnType<FileSystem['stat']> {
    return this.#reading('stat', path, () => this.#inner.stat(path));
  }

  exists(path: string): Promise<boolean> {
    return this.#reading('exists', path, () => this.#inner.exists(path));
  }

  remove(path: string): Promise<void> {
    return this.#changing('remove', path, () => this.#inner.remove(path));
  }

  removeTree(path: string): Promise<void> {
    return this.#changing('removeTree', path, () => this.#inner.removeTree(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#changing('rename', from, () => this.#inner.rename(from, to));
  }

  truncate(path: string): Promise<void> {
    return this.#changing('truncate', path, () => this.#inner.truncate(path));
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#changing('chmod', path, () => this.#inner.chmod(path, mode));
  }

  chown(path: string, uid: number, gid: number): Promise<void> {
    return this.#changing('chown', path, () => this.#inner.chown(path, uid, gid));
  }

  async copyAttributes(from: string, to: string): Promise<boolean> {
    let isDone = false;
    await this.#changing('copyAttributes', to, async () => {
      isDone = await this.#inner.copyAttributes(from, to);
    });
    return isDone;
  }

  openRead(path: string): Promise<OpenFile> {
    return this.#reading('openRead', path, () => this.#openRead(path));
  }

  async openAppend(path: string, options?: ModeOption): Promise<AppendFile> {
    if (this.#fails('openAppend', path)) throw this.#fault('openAppend', path);
    const file = await this.#inner.openAppend(path, options);
    return {
      write: (bytes) => this.#append(file, path, bytes),
      sync: () => this.#changing('sync', path, () => file.sync()),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](), // a dead process closes its files too
    };
  }

  async createVolatile(path: string): Promise<VolatileFile> {
    if (this.#fails('createVolatile', path)) throw this.#fault('createVolatile', path);
    const file = await this.#inner.createVolatile(path);
    return {
      writeAt: (offset, bytes) => {
        if (this.#fails('writeAt', path)) throw this.#fault('writeAt', path);
        file.writeAt(offset, bytes);
      },
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  }

  async lock(path: string, content: Uint8Array): Promise<AsyncDisposable> {
    if (this.#fails('lock', path)) throw this.#fault('lock', path);
    const lock = await this.#inner.lock(path, content);
    return {
      [Symbol.asyncDispose]: async () => {
        if (!this.#dead) await lock[Symbol.asyncDispose](); // a machine that died leaves its locks behind
      },
    };
  }

  async #openRead(path: string): Promise<OpenFile> {
    const file = await this.#inner.openRead(path);
    return {
      size: () => this.#reading('size', path, () => file.size()),
      read: (offset, length) => this.#reading('read', path, () => file.read(offset, length)),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  }

  async #append(file: AppendFile, path: string, bytes: Uint8Array): Promise<void> {
    if (!this.#fails('write', path)) return file.write(bytes);
    await file.write(bytes.subarray(0, Math.floor(this.#random.float() * bytes.length)));
    throw this.#fault('write', path);
  }

  async #changing(operation: string, path: string, run: () => Promise<void>): Promise<void> {
    if (!this.#fails(operation, path)) return run();
    if (this.#random.float() < 0.5) await run();
    throw this.#fault(operation, path);
  }

  async #reading<T>(operation: string, path: string, run: () => Promise<T>): Promise<T> {
    this.#assertAlive(operation, path);
    return run();
  }

  get #dead(): boolean {
    return this.#plan.crash === true && this.fired;
  }

  /** Counts a changing operation and tells whether it is the one that fails. */
  #fails(operation: string, path: string): boolean {
    this.#assertAlive(operation, path);
    return this.#operations++ === this.#plan.failAt;
  }

  #assertAlive(operation: string, path: string): void {
    if (this.#dead) throw this.#fault(operation, path);
  }

  #fault(operation: string, path: string): MapiError {
    const cause = Object.assign(new Error(`${this.#plan.error}: injected fault`), { code: this.#plan.error });
    return new MapiError(CODES[this.#plan.error], `${operation} of ${path}: injected fault`, { cause });
  }
}
