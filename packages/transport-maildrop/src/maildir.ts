/**
 * A maildir as a source of mail: `tmp` is being written, `new` has come, `cur` was seen by some program.
 *
 * - Taken are all files in `new`, and those in `cur` without the flags S (seen) and T (trashed).
 * - After the delivery a message is in `cur` with the flag S, or deleted.
 * - One that cannot be read goes to `cur` with the flags F and S: any mail program shows it there.
 * - A file may vanish or be renamed at any time: somebody else has dealt with it.
 */
import { join } from 'node:path';
import { fileTimeToMs, MapiError } from '@nodemapi/base';
import { type MailSource, type MailSourcePorts, RETRY_MS, readPieces, type WaitingMail } from './mail-source.ts';
import { type MaildirName, parseMaildirName, withFlags } from './maildir-name.ts';

const FOLDERS = ['new', 'cur'] as const;
type Folder = (typeof FOLDERS)[number];

interface Found {
  readonly folder: Folder;
  readonly name: MaildirName;
}

const POSTPONED_MAX = 10_000;
/** A folder that has changed so short a time ago may change again without a new time. */
const SETTLED_MS = 3_000;

export class Maildir implements MailSource {
  readonly #path: string;
  readonly #after: 'keep' | 'delete';
  readonly #ports: MailSourcePorts;
  /** When a message that failed may be tried again, by its unique name. */
  readonly #retryAt = new Map<string, number>();
  /** What the last look has found and nobody has been given, the next one last: folders are large, and read as a whole. */
  #found: Found[] = [];
  /** When the folders had changed last, as they had nothing for us. */
  #quiet: string | undefined;

  constructor(path: string, after: 'keep' | 'delete', ports: MailSourcePorts) {
    this.#path = path;
    this.#after = after;
    this.#ports = ports;
  }

  /** @throws MAPI_E_NOT_FOUND if there is no maildir */
  async hasMail(): Promise<boolean> {
    await this.#assertThere();
    if ((await this.#first()) !== undefined) return true;
    const times = await this.#times();
    if (times !== undefined && times === this.#quiet) return this.#dueAgain();
    await this.#look();
    if ((await this.#first()) !== undefined) return true;
    this.#quiet = times;
    return false;
  }

  async next(): Promise<WaitingMail | undefined> {
    if ((await this.#first()) === undefined) await this.#look();
    const found = await this.#first();
    if (found === undefined) return undefined;
    this.#found.pop();
    return this.#mail(found.folder, found.name);
  }

  retryNow(): void {
    this.#retryAt.clear();
    this.#found = [];
    this.#quiet = undefined;
  }

  /** The first of what was found that is still there, and a message. */
  async #first(): Promise<Found | undefined> {
    for (let found = this.#found.at(-1); found !== undefined; found = this.#found.at(-1)) {
      const kind = await this.#kindOf(join(this.#path, found.folder, found.name.fileName));
      if (kind === 'file') return found;
      if (this.#found.at(-1) === found) this.#found.pop();
      if (kind !== undefined) this.#postpone(found.name); // a folder, or a pipe
    }
    return undefined;
  }

  async #look(): Promise<void> {
    const found: Found[] = [];
    for (const folder of FOLDERS) {
      for (const fileName of await this.#list(folder)) {
        const name = parseMaildirName(fileName);
        if (name === undefined || !this.#isDue(name)) continue;
        if (folder === 'new' || !/[ST]/u.test(name.flags)) found.push({ folder, name });
      }
    }
    this.#found = found.reverse();
  }

  async #assertThere(): Promise<void> {
    for (const folder of FOLDERS) if (await this.#ports.files.exists(join(this.#path, folder))) return;
    throw new MapiError('MAPI_E_NOT_FOUND', `there is no maildir ${this.#path}`);
  }

  /** The times of the folders; undefined while they may change without showing it. */
  async #times(): Promise<string | undefined> {
    const times: number[] = [];
    for (const folder of FOLDERS) {
      try {
        times.push(fileTimeToMs((await this.#ports.files.stat(join(this.#path, folder))).modified));
      } catch (error) {
        if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
        return undefined;
      }
    }
    return times.every((ms) => this.#ports.nowMs() - ms > SETTLED_MS) ? times.join() : undefined;
  }

  async #list(folder: Folder): Promise<readonly string[]> {
    try {
      return await this.#ports.files.list(join(this.#path, folder));
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
      return [];
    }
  }

  async #kindOf(path: string): Promise<string | undefined> {
    try {
      return (await this.#ports.files.stat(path)).kind;
    } catch (error) {
      if (MapiError.is(error)) return undefined;
      throw error;
    }
  }

  #mail(folder: Folder, name: MaildirName): WaitingMail {
    const { files, log } = this.#ports;
    const from = join(this.#path, folder, name.fileName);
    const keepAs = (flags: string): Promise<void> =>
      this.#unlessGone(from, files.rename(from, join(this.#path, 'cur', withFlags(name, flags))));
    return {
      name: name.fileName,
      sources: [`maildir:${this.#path}:${name.unique}`],
      read: () => readPieces(files, from),
      finish: async () => {
        try {
          await (this.#after === 'delete' ? this.#unlessGone(from, files.remove(from)) : keepAs('S'));
        } catch (error) {
          log.warn('a received message stays in its maildir', { mail: name.fileName, error });
          this.#postpone(name);
        }
      },
      setAside: () => keepAs('FS'),
      postpone: () => this.#postpone(name),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  /** Another program may be faster. */
  async #unlessGone(from: string, change: Promise<void>): Promise<void> {
    try {
      await change;
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND') || (await this.#ports.files.exists(from))) throw error;
    }
  }

  #postpone({ unique }: MaildirName): void {
    if (this.#retryAt.size >= POSTPONED_MAX) this.#retryAt.clear(); // most of them are gone by now
    this.#retryAt.set(unique, this.#ports.monotonicMs() + RETRY_MS);
  }

  #isDue({ unique }: MaildirName): boolean {
    const at = this.#retryAt.get(unique);
    if (at === undefined) return true;
    if (this.#ports.monotonicMs() < at) return false;
    this.#retryAt.delete(unique);
    return true;
  }

  /** Whether something that had failed is to be tried again. */
  #dueAgain(): boolean {
    const now = this.#ports.monotonicMs();
    return [...this.#retryAt.values()].some((at) => now >= at);
  }
}
