import { Mutex } from '@nodemapi/base';
import type { MapiUid, ProviderHost } from '@nodemapi/mapi';
import { StoreFile } from './store-file.ts';

interface Entry {
  readonly file: StoreFile;
  references: number;
}

export interface StoreFileReference {
  readonly file: StoreFile;
  release(): Promise<void>;
}

/** The store files that a provider has open: one each, however many logons there are. */
export class StoreFiles {
  readonly #host: ProviderHost;
  readonly #turn = new Mutex();
  readonly #open = new Map<string, Entry>();

  constructor(host: ProviderHost) {
    this.#host = host;
  }

  /** An independent reference to the file at `path`; the last one to be released closes it. @param uid of one that is made */
  acquire(path: string, uid?: MapiUid): Promise<StoreFileReference> {
    return this.#turn.run(async () => {
      const entry = this.#open.get(path) ?? { file: await this.#load(path, uid), references: 0 };
      this.#open.set(path, entry);
      entry.references++;
      let released = false;
      return {
        file: entry.file,
        release: async () => {
          if (released) return;
          released = true;
          await this.#turn.run(() => this.#give(path, entry));
        },
      };
    });
  }

  /** Resolves when everything that was written until now is on the disk. */
  async settled(): Promise<void> {
    await this.#turn.run(() => Promise.all([...this.#open.values()].map(({ file }) => file.db.settled())));
  }

  /** Closes everything. */
  async close(): Promise<void> {
    await this.#turn.run(async () => {
      for (const { file } of this.#open.values()) await file[Symbol.asyncDispose]();
      this.#open.clear();
    });
  }

  #load(path: string, uid: MapiUid | undefined): Promise<StoreFile> {
    return StoreFile.open(this.#host, path, uid === undefined ? {} : { uid });
  }

  async #give(path: string, entry: Entry): Promise<void> {
    entry.references--;
    if (entry.references > 0) return;
    if (this.#open.get(path) === entry) this.#open.delete(path);
    await entry.file[Symbol.asyncDispose]();
  }
}
