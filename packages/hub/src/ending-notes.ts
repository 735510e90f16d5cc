/**
 * Shared logoffs on the disk, for processes that sleep while everybody who knows of one goes, and for all while there is no
 * hub that could tell them: an empty file each,
 * `<hash of the session>-<ending>.note`, until the session has ended.
 */
import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndingOf } from './endpoint.ts';
import { writtenAt } from './papers.ts';

/** Notes of sessions whose end nobody has seen go after so long. */
const ageMsMax = 24 * 60 * 60_000;

export class EndingNotes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async keep(session: string, ending: string): Promise<void> {
    await writeFile(join(this.#directory, `${hashOf(session)}-${ending}.note`), '', { mode: 0o600 });
  }

  async kept(session: string): Promise<readonly string[]> {
    const hash = hashOf(session);
    return (await this.#notes()).filter((note) => note.hash === hash).map((note) => note.ending);
  }

  async all(): Promise<readonly EndingOf[]> {
    return (await this.#notes()).map((note) => (session) => (hashOf(session) === note.hash ? note.ending : undefined));
  }

  async forget(session: string): Promise<void> {
    const hash = hashOf(session);
    for (const note of await this.#notes()) if (note.hash === hash) await rm(note.path, { force: true });
  }

  /** Removes what is old. @param nowMs since 1970 */
  async sweep(nowMs: number): Promise<void> {
    for (const { path } of await this.#notes()) {
      const writtenMs = await writtenAt(path);
      if (writtenMs !== undefined && nowMs - writtenMs > ageMsMax) await rm(path, { force: true });
    }
  }

  watch(onNote: (endingOf: EndingOf | undefined) => void, onError: (error: unknown) => void): Disposable {
    try {
      const watcher = watch(this.#directory, { persistent: false }, (_event, name) => {
        const note = name === null ? undefined : noteOf(name);
        if (note !== undefined) onNote((session) => (hashOf(session) === note.hash ? note.ending : undefined));
        else if (name === null) onNote(undefined);
      });
      watcher.on('error', onError);
      return { [Symbol.dispose]: () => watcher.close() };
    } catch (error) {
      onError(error); // the system gives out so many watches and no more
      return { [Symbol.dispose]: () => {} };
    }
  }

  async #notes(): Promise<readonly { readonly path: string; readonly hash: string; readonly ending: string }[]> {
    const names = await readdir(this.#directory);
    return names.flatMap((name) => {
      const note = noteOf(name);
      return note === undefined ? [] : [{ path: join(this.#directory, name), ...note }];
    });
  }
}

function noteOf(name: string): { readonly hash: string; readonly ending: string } | undefined {
  const [, hash, ending] = /^([0-9a-f]{16})-([0-9a-f]{16})\.note$/.exec(name) ?? [];
  return hash === undefined || ending === undefined ? undefined : { hash, ending };
}

/** A name of another process never becomes a path. */
function hashOf(session: string): string {
  return createHash('sha256').update(session).digest('hex').slice(0, 16);
}
