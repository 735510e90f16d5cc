/**
 * The meeting place on POSIX systems: a directory of its owner alone with one socket file per hub.
 *
 * ```
 * <directory>/<number>.sock   a hub that runs, or that died
 * <directory>/<number>.end    one that ended when nobody else was there
 * <directory>/….note           shared logoffs (EndingNotes)
 * <directory>/….here           what a process has, for who comes while it is stopped (HerePaper)
 * <directory>/….answer         an answer, until who asked has taken it (keepAnswer)
 * ```
 * A socket is bound under a name of its own and linked to its number, which fails where the number is taken. The highest
 * number stays when its process is gone, so that numbers do not come again; the directory goes with the last process.
 */
import { randomUUID } from 'node:crypto';
import { link, lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type Log, MapiError } from '@nodemapi/base';
import type { Channel } from './channel.ts';
import { EndingNotes } from './ending-notes.ts';
import type { HubEndpoint, HubListener, HubNumber } from './endpoint.ts';
import { FilePapers } from './papers.ts';
import { SocketChannel } from './socket-channel.ts';

const OWNER_ONLY = 0o700;
/** Connections that may wait to be accepted: all processes of a home may come at once. */
const backlog = 511;

export class UnixEndpoint implements HubEndpoint {
  readonly notes: EndingNotes;
  readonly papers: FilePapers;
  readonly #directory: string;
  readonly #log: Log;
  #isSafe = false;

  constructor(directory: string, log: Log) {
    this.notes = new EndingNotes(directory);
    this.papers = new FilePapers(directory);
    this.#directory = directory;
    this.#log = log;
  }

  async current(): Promise<HubNumber> {
    await this.#prepare();
    let highest: HubNumber = { number: 0, ended: true };
    for (const name of await this.#names()) {
      const [, digits = '', kind] = /^(\d{1,15})\.(sock|end)$/.exec(name) ?? [];
      if (Number(digits) > highest.number) highest = { number: Number(digits), ended: kind === 'end' };
    }
    return highest;
  }

  connect(number: number): Promise<Channel | undefined> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path: this.#path(number) });
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        resolve(new SocketChannel(socket, this.#log));
      });
      socket.once('error', (error) => {
        if (GONE.includes(codeOf(error))) resolve(undefined);
        else reject(refused(`the hub cannot be reached at ${this.#path(number)}`, error));
      });
    });
  }

  async claim(number: number, accept: (channel: Channel) => void): Promise<HubListener | undefined> {
    await this.#prepare();
    const own = join(this.#directory, `${randomUUID().slice(0, 8)}.new`);
    const server = createServer((socket) => accept(new SocketChannel(socket, this.#log)));
    server.unref();
    if (!(await listening(server, own))) {
      this.#isSafe = false;
      return undefined;
    }
    try {
      await link(own, this.#path(number));
    } catch (error) {
      server.close();
      if (TAKEN.includes(codeOf(error))) return undefined;
      throw refused(`hub ${number} cannot be made in ${this.#directory}`, error);
    } finally {
      await rm(own, { force: true });
    }
    await this.#removeBelow(number);
    return { close: (ended) => this.#close(server, number, ended) };
  }

  /** Connections that are open have owners of their own. */
  async #close(server: Server, number: number, ended: boolean): Promise<void> {
    server.close();
    if (!ended) return;
    const end = join(this.#directory, `${number}.end`);
    try {
      await rename(this.#path(number), end);
      if ((await this.#names()).length > 1) return;
      await rm(end);
      this.#isSafe = false;
      await rmdir(this.#directory);
    } catch (error) {
      this.#log.debug('hub directory stays', { error }); // somebody has come meanwhile
    }
  }

  /** Removes hubs that have a successor, and what claims have left that did not get through. */
  async #removeBelow(number: number): Promise<void> {
    for (const name of await this.#names()) {
      const isOld = /^\d+\.(sock|end)$/.test(name) && Number.parseInt(name, 10) < number;
      if (isOld || name.endsWith('.new')) await rm(join(this.#directory, name), { force: true });
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#directory);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw refused(`${this.#directory} cannot be read`, error);
      this.#isSafe = false;
      return [];
    }
  }

  /** Whoever could write here could listen in the place of the hub. */
  async #prepare(): Promise<void> {
    if (this.#isSafe) return;
    try {
      await mkdir(this.#directory, { recursive: true, mode: OWNER_ONLY });
      const { uid, mode } = await lstat(this.#directory);
      const isPrivate = (mode & 0o170_077) === 0o040_000 && (process.getuid === undefined || uid === process.getuid());
      if (!isPrivate) throw new MapiError('MAPI_E_NO_ACCESS', `${this.#directory} is open to others`);
    } catch (error) {
      throw MapiError.is(error) ? error : refused(`${this.#directory} cannot be made`, error);
    }
    this.#isSafe = true;
  }

  #path(number: number): string {
    return join(this.#directory, `${number}.sock`);
  }
}

/** Nobody listens: no such file, or one that a dead process has left; or nobody accepts what waits there. */
const GONE: readonly string[] = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN'];
const GONE_DIRECTORY: readonly string[] = ['ENOENT', 'EACCES'];
/** The number is taken, or who won it has cleaned up. */
const TAKEN: readonly string[] = ['EEXIST', 'ENOENT'];

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function refused(detail: string, cause: unknown): MapiError {
  return new MapiError('MAPI_E_NO_ACCESS', `${detail} (${codeOf(cause)})`, { cause, component: 'hub' });
}

/** False if the directory is gone: the last one of others has just left. */
function listening(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (GONE_DIRECTORY.includes(codeOf(error))) resolve(false);
      else reject(refused(`${path} cannot be listened on`, error));
    });
    server.listen({ path, backlog }, () => {
      server.removeAllListeners('error');
      server.on('error', () => {}); // of single connections that could not be accepted: their processes try again
      resolve(true);
    });
  });
}
