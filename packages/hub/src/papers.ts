/**
 * Small files at the meeting place, for who comes when those who know something are gone or sleep: what processes have, and
 * what they answered. A name is `<what it is called>.<kind>`.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What nobody has taken away goes after so long. */
const ageMsMax = 24 * 60 * 60_000;
/** The longest one, in bytes; none of ours is longer. */
const bytesMax = 8 * 1024 * 1024;

/** `here`: what a process has; `answer`: what one answered to a question. */
export type PaperKind = 'here' | 'answer';

export interface Paper {
  readonly name: string;
  readonly text: string;
}

export interface Papers {
  /** Puts one there, in place of one of its name. It is there when this returns, though the process exits at once. */
  put(kind: PaperKind, name: string, text: string): void;
  /** All of a kind whose names begin so. */
  read(kind: PaperKind, prefix?: string): Promise<readonly Paper[]>;
  /** Takes one away, if it is there. */
  remove(kind: PaperKind, name: string): Promise<void>;
  /** Removes answers that are older than a day, and what was being written by who was killed. @param nowMs since 1970 */
  sweep(nowMs: number): Promise<void>;
  /** Takes one away before it returns. */
  removeNow(kind: PaperKind, name: string): void;
}

export class FilePapers implements Papers {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  put(kind: PaperKind, name: string, text: string): void {
    const path = this.#path(kind, name);
    writeFileSync(`${path}.part`, text, { mode: 0o600 });
    renameSync(`${path}.part`, path);
  }

  async read(kind: PaperKind, prefix = ''): Promise<readonly Paper[]> {
    const found: Paper[] = [];
    for (const name of await this.#names(kind)) {
      if (!name.startsWith(prefix)) continue;
      const text = await this.#text(this.#path(kind, name));
      if (text !== undefined) found.push({ name, text });
    }
    return found;
  }

  async remove(kind: PaperKind, name: string): Promise<void> {
    await rm(this.#path(kind, name), { force: true });
  }

  removeNow(kind: PaperKind, name: string): void {
    rmSync(this.#path(kind, name), { force: true });
  }

  async sweep(nowMs: number): Promise<void> {
    for (const file of await readdir(this.#directory)) {
      if (!/^[0-9a-f-]{1,64}\.(?:answer|(?:here|answer)\.part)$/.test(file)) continue;
      const path = join(this.#directory, file);
      const writtenMs = await writtenAt(path);
      if (writtenMs !== undefined && nowMs - writtenMs > ageMsMax) await rm(path, { force: true });
    }
  }

  #path(kind: PaperKind, name: string): string {
    return join(this.#directory, `${name}.${kind}`);
  }

  async #names(kind: PaperKind): Promise<readonly string[]> {
    const all = await readdir(this.#directory);
    return all.flatMap((file) => {
      const [, name] = /^([0-9a-f-]{1,64})\.(?:here|answer)$/.exec(file) ?? [];
      return name === undefined || !file.endsWith(`.${kind}`) ? [] : [name];
    });
  }

  /** Undefined where it has been taken away, or is none of ours. */
  async #text(path: string): Promise<string | undefined> {
    return unlessGone(async () => ((await stat(path)).size > bytesMax ? undefined : await readFile(path, 'utf8')));
  }
}

/** When a file was written; undefined if somebody has just taken it away. */
export function writtenAt(path: string): Promise<number | undefined> {
  return unlessGone(async () => (await stat(path)).mtimeMs);
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Papers in memory. */
export class LocalPapers implements Papers {
  readonly #papers = new Map<string, string>();

  put(kind: PaperKind, name: string, text: string): void {
    this.#papers.set(`${name}.${kind}`, text);
  }

  async read(kind: PaperKind, prefix = ''): Promise<readonly Paper[]> {
    return [...this.#papers].flatMap(([file, text]) =>
      file.startsWith(prefix) && file.endsWith(`.${kind}`) ? [{ name: file.slice(0, -kind.length - 1), text }] : [],
    );
  }

  async remove(kind: PaperKind, name: string): Promise<void> {
    this.removeNow(kind, name);
  }

  removeNow(kind: PaperKind, name: string): void {
    this.#papers.delete(`${name}.${kind}`);
  }

  async sweep(): Promise<void> {}
}
