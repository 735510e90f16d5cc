/**
 * A maildir that is looked at before anything is taken.
 *
 * - Everything in `new` and `cur` lies there, but for what has the flag T (trashed).
 * - What was downloaded is in `cur` with the flag S, and still lies there; only what is to be deleted goes.
 */
import { join } from 'node:path';
import { type FileStat, fileTimeToMs, MapiError } from '@nodemapi/base';
import { type MailSourcePorts, readPieces, type WaitingMail } from './mail-source.ts';
import { type MaildirName, parseMaildirName, withFlags } from './maildir-name.ts';
import { type Lying, type LyingMail, type RemoteSource, readHeader, removeEach } from './remote-source.ts';

const FOLDERS = ['new', 'cur'] as const;

interface Place {
  readonly path: string;
  readonly name: MaildirName;
}

export class RemoteMaildir implements RemoteSource {
  readonly #path: string;
  readonly #ports: MailSourcePorts;
  /** Where each message lay when the folders were looked at last. */
  #places: ReadonlyMap<string, Place> = new Map();

  constructor(path: string, ports: MailSourcePorts) {
    this.#path = path;
    this.#ports = ports;
  }

  async list(max: number, signal: AbortSignal): Promise<Lying> {
    const places = await this.#look();
    // A unique name begins with the time of the delivery.
    const sorted = [...places.values()].sort((a, b) => byTime(a.name.unique, b.name.unique));
    const mails: LyingMail[] = [];
    for (const place of sorted.slice(-max)) {
      signal.throwIfAborted();
      const mail = await this.#lying(place);
      if (mail !== undefined) mails.push(mail);
    }
    return { mails, total: mails.length + Math.max(0, sorted.length - max) };
  }

  async open(key: string): Promise<WaitingMail | undefined> {
    const place = await this.#find(key);
    return place === undefined ? undefined : this.#mail(place);
  }

  async remove(keys: ReadonlySet<string>): Promise<ReadonlyMap<string, MapiError>> {
    await this.#look();
    return removeEach(keys, async (key) => {
      const place = this.#places.get(key);
      if (place !== undefined) await this.#unlessGone(place.path, this.#ports.files.remove(place.path));
    });
  }

  /** @throws MAPI_E_NOT_FOUND if there is no maildir */
  async #look(): Promise<ReadonlyMap<string, Place>> {
    const places = new Map<string, Place>();
    let isThere = false;
    for (const folder of FOLDERS) {
      for (const fileName of (await this.#list(folder)) ?? []) {
        const name = parseMaildirName(fileName);
        if (name === undefined || name.flags.includes('T')) continue;
        places.set(name.unique, { path: join(this.#path, folder, fileName), name });
      }
      isThere ||= await this.#ports.files.exists(join(this.#path, folder));
    }
    if (!isThere) throw new MapiError('MAPI_E_NOT_FOUND', `there is no maildir ${this.#path}`);
    this.#places = places;
    return places;
  }

  async #list(folder: string): Promise<readonly string[] | undefined> {
    try {
      return await this.#ports.files.list(join(this.#path, folder));
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
      return undefined;
    }
  }

  /** undefined for what is gone, and for what is no file. */
  async #lying({ path, name }: Place): Promise<LyingMail | undefined> {
    const { files } = this.#ports;
    try {
      const stat = await files.stat(path);
      if (stat.kind !== 'file') return undefined;
      const header = await readHeader(files, path, stat.size);
      const arrivedMs = fileTimeToMs(stat.modified);
      return { key: name.unique, size: stat.size, arrivedMs, seen: name.flags.includes('S'), header };
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** Another program may have moved it since. */
  async #find(key: string): Promise<Place | undefined> {
    const known = this.#places.get(key);
    if (known !== undefined && (await this.#stat(known.path))?.kind === 'file') return known;
    const place = (await this.#look()).get(key);
    return place !== undefined && (await this.#stat(place.path))?.kind === 'file' ? place : undefined;
  }

  async #stat(path: string): Promise<FileStat | undefined> {
    try {
      return await this.#ports.files.stat(path);
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  #mail({ path, name }: Place): WaitingMail {
    const { files, log } = this.#ports;
    const keepAs = async (flags: string): Promise<void> => {
      const kept = join(this.#path, 'cur', withFlags(name, flags));
      if (kept !== path) await this.#unlessGone(path, files.rename(path, kept));
    };
    return {
      name: name.fileName,
      sources: [`maildir:${this.#path}:${name.unique}`],
      read: () => readPieces(files, path),
      finish: async () => {
        try {
          await keepAs('S');
        } catch (error) {
          log.warn('a downloaded message could not be marked as seen', { mail: name.fileName, error });
        }
      },
      setAside: () => keepAs('FS'),
      postpone: () => {},
      [Symbol.asyncDispose]: async () => {},
    };
  }

  /** Another program may be faster. */
  async #unlessGone(path: string, change: Promise<void>): Promise<void> {
    try {
      await change;
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND') || (await this.#ports.files.exists(path))) throw error;
    }
  }
}

/** Names begin with seconds since 1970; those of programs that do not keep to that are sorted as texts. */
function byTime(a: string, b: string): number {
  const seconds = Number.parseInt(a, 10) - Number.parseInt(b, 10);
  return seconds || (a < b ? -1 : 1);
}
