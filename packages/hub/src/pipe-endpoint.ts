/**
 * The meeting place on Windows: one named pipe per hub. The system takes a pipe away with its process, and refuses a
 * second one of its name.
 */
import { readdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { type Log, MapiError } from '@nodemapi/base';
import type { Channel } from './channel.ts';
import { EndingNotes } from './ending-notes.ts';
import type { HubEndpoint, HubListener, HubNumber } from './endpoint.ts';
import { FilePapers } from './papers.ts';
import { SocketChannel } from './socket-channel.ts';

const PIPES = '\\\\.\\pipe\\';

export class PipeEndpoint implements HubEndpoint {
  readonly notes: EndingNotes;
  readonly papers: FilePapers;
  readonly #name: string;
  readonly #log: Log;

  /**
   * @param name of this home and user; the number of the hub follows it
   * @param directory for notes
   */
  constructor(name: string, directory: string, log: Log) {
    this.notes = new EndingNotes(directory);
    this.papers = new FilePapers(directory);
    this.#name = name;
    this.#log = log;
  }

  async current(): Promise<HubNumber> {
    let number = 0;
    for (const name of await readdir(PIPES)) {
      const digits = name.startsWith(`${this.#name}-`) ? name.slice(this.#name.length + 1) : '';
      if (/^\d{1,15}$/.test(digits)) number = Math.max(number, Number(digits));
    }
    return { number, ended: number === 0 };
  }

  connect(number: number): Promise<Channel | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ path: this.#path(number) });
      socket.once('connect', () => resolve(new SocketChannel(socket, this.#log)));
      socket.once('error', () => resolve(undefined));
    });
  }

  claim(number: number, accept: (channel: Channel) => void): Promise<HubListener | undefined> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => accept(new SocketChannel(socket, this.#log)));
      server.unref();
      server.once('error', (error) => {
        if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
        else reject(new MapiError('MAPI_E_NO_ACCESS', `hub ${number} cannot be made`, { cause: error }));
      });
      server.listen({ path: this.#path(number) }, () => resolve({ close: async () => void server.close() }));
    });
  }

  #path(number: number): string {
    return `${PIPES}${this.#name}-${number}`;
  }
}
