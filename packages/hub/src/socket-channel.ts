import type { Socket } from 'node:net';
import { type Log, MapiError } from '@nodemapi/base';
import type { Channel, ChannelEvents } from './channel.ts';
import { encodeFrame, FrameReader } from './frame.ts';

/** Bytes that may wait for a reader; one that leaves more is cut off. */
const waitingBytesMax = 16 * 1024 * 1024;

/** A connection by a socket. */
export class SocketChannel implements Channel {
  readonly #socket: Socket;
  readonly #log: Log;
  readonly #reader = new FrameReader();

  constructor(socket: Socket, log: Log) {
    this.#socket = socket;
    this.#log = log;
    socket.unref();
    socket.on('error', (error) => log.debug('hub connection failed', { error }));
  }

  open(events: ChannelEvents): void {
    this.#socket.on('data', (chunk) => this.#read(chunk, events));
    this.#socket.on('drain', () => events.drained());
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('close', () => events.closed());
  }

  send(message: unknown): boolean {
    if (this.#socket.destroyed || this.#socket.writableEnded) return true;
    if (this.#socket.writableLength > waitingBytesMax) {
      this.#log.warn('hub connection does not read', { bytes: this.#socket.writableLength });
      this.#socket.destroy();
      return true;
    }
    return this.#socket.write(encodeFrame(message));
  }

  close(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array, events: ChannelEvents): void {
    try {
      for (const message of this.#reader.push(chunk)) {
        if (this.#socket.destroyed) return;
        events.message(message);
      }
    } catch (error) {
      this.#log.warn('hub connection says what is no message', { error: MapiError.from(error, 'hub') });
      this.#socket.destroy();
    }
  }
}
