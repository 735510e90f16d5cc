import type { FileStat } from '@nodemapi/base';
import { MemoryFiles } from './memory-files.testing.ts';

/** Files in memory that take their time: each work is done after a while, and its answer comes after another one. */
export class SlowFiles extends MemoryFiles {
  readonly #wait: () => Promise<void>;

  constructor(wait: () => Promise<void>) {
    super();
    this.#wait = wait;
  }

  override readFile(path: string): Promise<Uint8Array> {
    return this.#slowly(() => super.readFile(path));
  }

  override writeFileAtomic(...args: Parameters<MemoryFiles['writeFileAtomic']>): Promise<void> {
    return this.#slowly(() => super.writeFileAtomic(...args));
  }

  override list(path: string): Promise<readonly string[]> {
    return this.#slowly(() => super.list(path));
  }

  override stat(path: string): Promise<FileStat> {
    return this.#slowly(() => super.stat(path));
  }

  override remove(path: string): Promise<void> {
    return this.#slowly(() => super.remove(path));
  }

  async #slowly<T>(work: () => Promise<T>): Promise<T> {
    await this.#wait();
    const done = await work();
    await this.#wait();
    return done;
  }
}
