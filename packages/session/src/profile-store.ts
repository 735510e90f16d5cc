/**
 * The profiles of a MAPI home, on disk.
 *
 * ```
 * <home>/profiles.json              the default
 * <home>/profiles/<name>.json       one profile, its name encoded
 * <home>/profiles/<name>.use/<pid>-<n>   one user of the profile: a subsystem with sessions on it
 * ```
 * - A change reads the file, edits and replaces it under a lock, so that processes do not overwrite each other.
 * - A profile in use is marked and goes, or gets its new name, when its last user leaves.
 */
import { join } from 'node:path';
import {
  type Clock,
  Emitter,
  type FileSystem,
  type Log,
  MapiError,
  Mutex,
  type Random,
  utf8Decode,
  utf8Encode,
} from '@nodemapi/base';
import type { FileLocks } from './file-locks.ts';
import type { Processes } from './processes.ts';
import { decodeProfile, encodeProfile, newUidText, type PendingChange, type Profile } from './profile.ts';
import { isCutFileName, profileFileName, profileNameOf } from './profile-name.ts';
import { ProfileUsers } from './profile-users.ts';
import type { SecretStore } from './secret-store.ts';

export interface ProfileStoreConfig {
  readonly home: string;
  readonly files: FileSystem;
  readonly random: Random;
  readonly log: Log;
  readonly clock: Clock;
  readonly locks: FileLocks;
  readonly processes: Processes;
  readonly secrets: SecretStore;
  /** Called for a profile that was marked, before it goes. Never rejects. */
  readonly onRemoving: (name: string) => Promise<void>;
}

interface Cached {
  readonly stamp: string;
  readonly profile: Profile;
}

export class ProfileStore {
  /** Emits the name of a profile that this process has changed. */
  readonly changed = new Emitter<string>();
  readonly #config: ProfileStoreConfig;
  readonly #cache = new Map<string, Cached>();
  readonly #users: ProfileUsers;
  readonly #mutex = new Mutex();

  constructor(config: ProfileStoreConfig) {
    this.#config = config;
    this.#users = new ProfileUsers(config, newUidText(config.random).slice(0, 8));
  }

  /** Names of the profiles that are there and not about to go. */
  async names(): Promise<readonly string[]> {
    const { files } = this.#config;
    if (!(await files.exists(this.#directory))) return [];
    const names: string[] = [];
    for (const file of await files.list(this.#directory)) {
      const name = file.endsWith('.json') ? await this.#nameOf(file.slice(0, -'.json'.length)) : undefined;
      if (name !== undefined && !(await this.#isGoing(name))) names.push(name);
    }
    return names;
  }

  /** The names that are shown: those of "app" profiles only where they are asked for. */
  async listed(appProfiles: boolean): Promise<readonly string[]> {
    const names = await this.names();
    if (appProfiles) return names;
    const apps = await Promise.all(names.map((name) => this.#isApp(name)));
    return names.filter((_, index) => apps[index] !== true);
  }

  exists(name: string): Promise<boolean> {
    return this.#config.files.exists(this.#path(name));
  }

  /** Not to be changed by the caller. @throws MAPI_E_NOT_FOUND, MAPI_E_CORRUPT_DATA, MAPI_E_VERSION */
  async read(name: string): Promise<Profile> {
    const path = this.#path(name);
    const { files } = this.#config;
    const { size, modified } = await files.stat(path).catch((error: unknown) => {
      throw MapiError.is(error, 'MAPI_E_NOT_FOUND') ? noProfile(name, error) : error;
    });
    const stamp = `${size} ${modified}`;
    const cached = this.#cache.get(name);
    if (cached?.stamp === stamp) return cached.profile;
    const profile = decodeProfile(utf8Decode(await files.readFile(path)), path);
    this.#cache.set(name, { stamp, profile });
    return profile;
  }

  /** @throws MAPI_E_NO_ACCESS if the name is taken */
  create(profile: Profile): Promise<void> {
    return this.#locked(profile.name, async () => {
      if (await this.exists(profile.name)) throw taken(profile.name);
      await this.#write(profile);
    });
  }

  /** Changes a profile; what `edit` throws leaves it as it was. */
  update<T>(name: string, edit: (profile: Profile) => T | Promise<T>): Promise<T> {
    return this.#locked(name, async () => {
      const path = this.#path(name);
      if (!(await this.exists(name))) throw noProfile(name);
      const before = utf8Decode(await this.#config.files.readFile(path));
      const profile = decodeProfile(before, path);
      const result = await edit(profile);
      if (encodeProfile(profile) !== before) await this.#write(profile);
      return result;
    });
  }

  /** Gives the profile another name now. @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS */
  async rename(name: string, newName: string): Promise<void> {
    const profile = await this.read(name);
    await this.create({ ...profile, name: newName, pending: null });
    const wasDefault = (await this.defaultName()) === name;
    await this.#removeFile(name);
    if (wasDefault) await this.setDefaultName(newName);
  }

  /** Removes the profile with its secrets now. */
  async remove(name: string): Promise<void> {
    const { searchKey } = await this.read(name);
    if ((await this.defaultName()) === name) await this.setDefaultName(null);
    await this.#removeFile(name);
    await this.#config.secrets.deletePrefix(`${searchKey}/`);
  }

  /** Marks the profile for the time when nobody uses it, which may be now: its last user may just have left. */
  async putOff(name: string, pending: PendingChange): Promise<void> {
    await this.update(name, (profile) => {
      profile.pending = pending;
    });
    await this.#doPending(name);
  }

  /** The default profile; undefined if there is none, or if it is gone. */
  async defaultName(): Promise<string | undefined> {
    const { files } = this.#config;
    if (!(await files.exists(this.#defaultPath))) return undefined;
    const name = defaultOf(utf8Decode(await files.readFile(this.#defaultPath)), this.#defaultPath);
    return name !== null && (await this.exists(name)) && !(await this.#isGoing(name)) ? name : undefined;
  }

  async setDefaultName(name: string | null): Promise<void> {
    await this.#config.files.mkdir(this.#config.home);
    const text = JSON.stringify({ version: 1, default: name });
    await this.#config.files.writeFileAtomic(this.#defaultPath, utf8Encode(text));
  }

  /** Whether a session of any process works on the profile. */
  isInUse(name: string): Promise<boolean> {
    return this.#users.any(this.#useDirectory(name));
  }

  /** Whether a session of another process works on the profile. */
  isInUseElsewhere(name: string): Promise<boolean> {
    return this.#users.anyElsewhere(this.#useDirectory(name));
  }

  /** Says that a session uses the profile, until the answer is disposed; then what was put off is done. */
  async use(name: string): Promise<AsyncDisposable> {
    await this.#mutex.run(() => this.#users.enter(this.#useDirectory(name)));
    let left = false;
    return {
      [Symbol.asyncDispose]: async () => {
        if (left) return;
        left = true;
        if (await this.#mutex.run(() => this.#users.leave(this.#useDirectory(name)))) await this.#doPending(name);
      },
    };
  }

  /** The last user does what was put off; of several processes that leave at a time one does it. */
  async #doPending(name: string): Promise<void> {
    if ((await this.#pendingOf(name)) === null) return;
    await using _turn = await this.#config.locks.acquire(`${this.#path(name)}.pending.lock`);
    const pending = await this.#pendingOf(name);
    if (pending === null || (await this.isInUse(name))) return;
    if (pending?.kind === 'delete') {
      await this.#config.onRemoving(name);
      await this.remove(name);
    }
    if (pending?.kind === 'rename') await this.rename(name, pending.to);
  }

  /** null, too, for a profile that is gone. */
  async #pendingOf(name: string): Promise<PendingChange | null> {
    try {
      return (await this.read(name)).pending;
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return null;
      throw error;
    }
  }

  async #nameOf(fileName: string): Promise<string | undefined> {
    if (!isCutFileName(fileName)) return profileNameOf(fileName);
    const path = join(this.#directory, `${fileName}.json`);
    try {
      const { name } = decodeProfile(utf8Decode(await this.#config.files.readFile(path)), path);
      return profileFileName(name) === fileName ? name : undefined;
    } catch (error) {
      this.#config.log.warn('profile cannot be read', { file: path, error });
      return undefined; // without its content nobody knows its name
    }
  }

  async #isGoing(name: string): Promise<boolean> {
    try {
      return (await this.read(name)).pending?.kind === 'delete';
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return true;
      this.#config.log.warn('profile cannot be read', { name, error });
      return false; // it is listed, and opening it names the fault
    }
  }

  /** A profile that cannot be read is listed: opening it names the fault. */
  async #isApp(name: string): Promise<boolean> {
    try {
      return (await this.read(name)).app;
    } catch (error) {
      this.#config.log.debug('profile cannot be read', { name, error });
      return false;
    }
  }

  async #removeFile(name: string): Promise<void> {
    this.#cache.delete(name);
    await this.#config.files.remove(this.#path(name));
    await this.#config.files.removeTree(this.#useDirectory(name));
    this.changed.emit(name);
  }

  #locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(async () => {
      await this.#config.files.mkdir(this.#directory);
      await using _lock = await this.#config.locks.acquire(`${this.#path(name)}.lock`);
      return await work();
    });
  }

  async #write(profile: Profile): Promise<void> {
    const path = this.#path(profile.name);
    this.#cache.delete(profile.name);
    await this.#config.files.writeFileAtomic(path, utf8Encode(encodeProfile(profile)));
    this.#cache.delete(profile.name); // who has read meanwhile may have kept what was there before under the same time
    this.changed.emit(profile.name);
  }

  /** What to say of a profile that is not there: with the home, for a service or a container has another one than its user. */
  missing(name: string): string {
    return `there is no profile ${JSON.stringify(name)} in the MAPI home ${this.#config.home}`;
  }

  get #directory(): string {
    return join(this.#config.home, 'profiles');
  }

  get #defaultPath(): string {
    return join(this.#config.home, 'profiles.json');
  }

  #path(name: string): string {
    return join(this.#directory, `${profileFileName(name)}.json`);
  }

  #useDirectory(name: string): string {
    return join(this.#directory, `${profileFileName(name)}.use`);
  }
}

function defaultOf(text: string, path: string): string | null {
  try {
    const { default: name } = JSON.parse(text) as { readonly default: string | null };
    return name;
  } catch (cause) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', `${path} cannot be read`, { cause });
  }
}

function noProfile(name: string, cause?: unknown): MapiError {
  return new MapiError('MAPI_E_NOT_FOUND', `there is no profile ${JSON.stringify(name)}`, { cause });
}

/** PROF-5, AMB-39. */
function taken(name: string): MapiError {
  return new MapiError('MAPI_E_NO_ACCESS', `there is a profile ${JSON.stringify(name)} already`);
}
