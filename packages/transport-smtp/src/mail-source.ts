import { Readable, type Writable } from 'node:stream';
import { concatBytes, MapiError } from '@nodemapi/base';
import { DotStuffing } from './dot-stuffing.ts';
import { chunksOf } from './mail-body.ts';

export interface MailSourceEvents {
  /** The connection wants the body; false keeps it back. */
  readonly onBegin: () => boolean;
  /** So many bytes were taken. */
  readonly onMoved: (bytes: number) => void;
  /** All but the end was taken, and the end is next. */
  readonly onEnd: () => void;
  /** The body threw after its first piece: its end must never be written. */
  readonly onError: (error: unknown) => void;
}

/**
 * The body of one message for one connection: what is shorter than `pieceBytes` is held in memory, of anything else each
 * piece is made when it is wanted. The first piece is made here.
 *
 * @param target where the body goes, once the server has asked for it
 * @throws what the body throws in its first piece
 */
export async function mailSource(
  body: AsyncIterable<Uint8Array>,
  pieceBytes: number,
  target: () => Writable | undefined,
  events: MailSourceEvents,
): Promise<MailSource> {
  const pieces = chunksOf(body, pieceBytes);
  const first = await pieces.next();
  const piece = first.done === true ? new Uint8Array(0) : first.value;
  const rest = piece.length < pieceBytes ? undefined : pieces; // only the last one is shorter
  return new MailSource(piece, rest, target, events);
}

/**
 * Writes itself to the socket when the protocol library pipes it to its own stream: that one looks at each byte slowly
 * and writes the final dot on its own, which together is a third of what a small message costs.
 */
export class MailSource extends Readable {
  readonly #first: Uint8Array;
  readonly #rest: AsyncGenerator<Uint8Array> | undefined;
  readonly #target: () => Writable | undefined;
  readonly #events: MailSourceEvents;
  readonly #stuffing = new DotStuffing();

  constructor(
    first: Uint8Array,
    rest: AsyncGenerator<Uint8Array> | undefined,
    target: () => Writable | undefined,
    events: MailSourceEvents,
  ) {
    super();
    this.#first = first;
    this.#rest = rest;
    this.#target = target;
    this.#events = events;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    if (destination instanceof Readable) destination.unpipe(); // else it listens to the socket for ever
    const target = this.#target();
    if (target === undefined || !this.#events.onBegin()) return destination;
    if (this.#rest === undefined) this.#writeAtOnce(target);
    else void this.#writePieces(target, this.#rest);
    return destination;
  }

  /** Nobody reads it. */
  override _read(): void {}

  /** Lets the rest of the body go, of which nothing is wanted any more. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const end = this.#rest?.return(undefined) ?? Promise.resolve();
    end.then(
      () => done(error),
      (cause: unknown) => done(error ?? MapiError.from(cause, 'transport-smtp')),
    );
  }

  #writeAtOnce(target: Writable): void {
    const body = this.#stuffing.next(this.#first);
    this.#events.onEnd();
    target.write(concatBytes([body, this.#stuffing.end()]));
  }

  async #writePieces(target: Writable, rest: AsyncGenerator<Uint8Array>): Promise<void> {
    try {
      await this.#write(target, this.#first);
      for await (const piece of rest) {
        if (target.destroyed) return; // why is known to those who closed it
        await this.#write(target, piece);
      }
    } catch (error) {
      return this.#events.onError(error);
    }
    this.#events.onEnd();
    target.write(this.#stuffing.end());
  }

  async #write(target: Writable, piece: Uint8Array): Promise<void> {
    if (!target.write(this.#stuffing.next(piece)) && !target.destroyed) await drained(target);
    this.#events.onMoved(piece.length);
  }
}

/** Waits until `target` wants more, or never will. */
function drained(target: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done);
      target.off('close', done);
      resolve();
    };
    target.on('drain', done);
    target.on('close', done);
  });
}
