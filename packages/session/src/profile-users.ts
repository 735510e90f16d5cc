/**
 * Which processes have sessions on a profile: a file each in the profile's `.use` directory, `<pid>-<n>`, with the mark of the
 * process in it. Files of processes that died are taken away by whoever looks.
 */
import { join } from 'node:path';
import { type Clock, type FileSystem, fileTimeToMs, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import type { NamedProcess, Processes } from './processes.ts';

/** So long a process counts of which nobody can tell whether it lives, as in another container. */
const unseenMsMax = 24 * 60 * 60_000;

export interface ProfileUsersConfig {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly processes: Processes;
}

export class ProfileUsers {
  readonly #config: ProfileUsersConfig;
  /** Sessions of this subsystem, by directory. */
  readonly #own = new Map<string, number>();
  readonly #fileName: string;

  /** @param id tells this subsystem from others of the process */
  constructor(config: ProfileUsersConfig, id: string) {
    this.#config = config;
    this.#fileName = `${config.processes.pid}-${id}`;
  }

  /** Whether a session of any process works on the profile. @param directory its `.use` directory */
  async any(directory: string): Promise<boolean> {
    for (const file of await this.#names(directory)) {
      const path = join(directory, file);
      if (file === this.#fileName || (await this.#mayUse(path, file))) return true;
      await this.#removeIfThere(path); // its process died; others may see that at the same time
    }
    return false;
  }

  /** Whether a session of another process works on the profile. */
  async anyElsewhere(directory: string): Promise<boolean> {
    const { pid, mark } = this.#config.processes;
    for (const file of await this.#names(directory)) {
      const user = await this.#user(join(directory, file), file);
      const isOurs = user?.pid === pid && (user.mark ?? mark) === mark;
      if (!isOurs && (await this.#mayUse(join(directory, file), file))) return true;
    }
    return false;
  }

  /** A session of this subsystem begins. */
  async enter(directory: string): Promise<void> {
    const sessions = this.#own.get(directory) ?? 0;
    if (sessions === 0) {
      const { files, processes } = this.#config;
      await files.mkdir(directory, { volatile: true });
      const mark = utf8Encode(processes.mark ?? '');
      await files.writeFileAtomic(join(directory, this.#fileName), mark, { volatile: true });
    }
    this.#own.set(directory, sessions + 1);
  }

  /** A session of this subsystem has ended; true if it was the last one. */
  async leave(directory: string): Promise<boolean> {
    const sessions = (this.#own.get(directory) ?? 0) - 1;
    if (sessions > 0) {
      this.#own.set(directory, sessions);
      return false;
    }
    this.#own.delete(directory);
    await this.#removeIfThere(join(directory, this.#fileName));
    return true;
  }

  async #mayUse(path: string, file: string): Promise<boolean> {
    const user = await this.#user(path, file);
    if (user === undefined) return false;
    const fate = this.#config.processes.fateOf(user.pid, user.mark);
    return fate === 'alive' || (fate === 'unknown' && !(await this.#isForgotten(path)));
  }

  /** Undefined if the file has gone, or is none of ours. */
  async #user(path: string, file: string): Promise<NamedProcess | undefined> {
    const [, pid] = /^(\d{1,15})-/.exec(file) ?? [];
    if (pid === undefined) return undefined;
    const mark = await unlessGone(async () => utf8Decode(await this.#config.files.readFile(path)));
    return mark === undefined ? undefined : { pid: Number(pid), mark: mark === '' ? undefined : mark };
  }

  async #isForgotten(path: string): Promise<boolean> {
    const { files, clock } = this.#config;
    const written = await unlessGone(async () => (await files.stat(path)).modified);
    return written === undefined || clock.nowMs() - fileTimeToMs(written) > unseenMsMax;
  }

  /** Dead ones among them. */
  async #names(directory: string): Promise<readonly string[]> {
    return (await unlessGone(() => this.#config.files.list(directory))) ?? [];
  }

  async #removeIfThere(path: string): Promise<void> {
    await unlessGone(() => this.#config.files.remove(path));
  }
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
    throw error;
  }
}
