/**
 * A file of the machine that is open, by its number.
 *
 * - No number is used after it was closed, when it may be another file: closing waits for the calls that run.
 * - What is dropped without being closed is closed some time after. Node does so for its file handles, too, but with a
 *   warning, and from version 26 on with an error that ends the program; what a session left open is named by its end.
 */
import { close, fstat, fsync, ftruncate, open, read, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { MapiError } from './mapi-error.ts';

const calls = {
  close: promisify(close),
  fstat: promisify(fstat),
  fsync: promisify(fsync),
  ftruncate: promisify(ftruncate),
  open: promisify(open),
  read: promisify(read),
  write: promisify(write),
};

const dropped = new FinalizationRegistry<number>((number) => {
  close(number, () => undefined); // nobody is left who could be told
});

/** An open file; the caller closes it. Its calls fail with Node's errors. */
export class Descriptor {
  readonly #number: number;
  #running = 0;
  #closed: Promise<void> | undefined;
  #idle: () => void = () => undefined;

  private constructor(number: number) {
    this.#number = number;
    dropped.register(this, number, this);
  }

  /** @param mode permission bits of a file that is created */
  static async open(path: string, flags: string, mode?: number): Promise<Descriptor> {
    return new Descriptor(await calls.open(path, flags, mode));
  }

  /** Length in bytes. */
  size(): Promise<number> {
    return this.#run(async (number) => (await calls.fstat(number)).size);
  }

  /** Reads into `bytes` from their place `at` on; answers how many, 0 at the end of the file. */
  read(bytes: Uint8Array, at: number, offset: number): Promise<number> {
    return this.#run(async (number) => (await calls.read(number, bytes, at, bytes.length - at, offset)).bytesRead);
  }

  /** Writes all of `bytes`; without an offset at the end of what was written. */
  write(bytes: Uint8Array, offset?: number): Promise<void> {
    return this.#run(async (number) => {
      for (let done = 0; done < bytes.length; ) {
        const place = offset === undefined ? null : offset + done;
        done += (await calls.write(number, bytes, done, bytes.length - done, place)).bytesWritten;
      }
    });
  }

  /** Like `write` at an offset; when it returns the system has the bytes. */
  writeNow(bytes: Uint8Array, offset: number): void {
    this.#assertOpen();
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#number, bytes, done, bytes.length - done, offset + done);
    }
  }

  /** Cuts the file, or lengthens it by zeros. */
  truncate(size: number): Promise<void> {
    return this.#run((number) => calls.ftruncate(number, size));
  }

  /** Returns when everything written is on the disk. */
  sync(): Promise<void> {
    return this.#run((number) => calls.fsync(number));
  }

  /** Closes the file when the calls that run have ended; may be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    dropped.unregister(this);
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await calls.close(this.#number);
  }

  async #run<T>(call: (number: number) => Promise<T>): Promise<T> {
    this.#assertOpen();
    this.#running++;
    try {
      return await call(this.#number);
    } finally {
      if (--this.#running === 0) this.#idle();
    }
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the file is closed');
  }
}
