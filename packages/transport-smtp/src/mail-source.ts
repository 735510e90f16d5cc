import { Readable } from 'node:stream';
import { chunksOf } from './mail-body.ts';

export interface MailSourceEvents {
  /** The connection wants the body; what this throws keeps it back. */
  readonly onBegin: () => void;
  /** A piece was taken. */
  readonly onMoved: () => void;
  /** All pieces were taken. */
  readonly onEnd: () => void;
  /** The body threw after its first piece. */
  readonly onError: (error: unknown) => void;
}

/**
 * The body of one message as a stream for one connection: out of memory if it is a single piece, else each piece is made
 * when it is wanted. The first one is made here.
 *
 * @throws what the body throws in its first piece
 */
export async function mailSource(
  body: AsyncIterable<Uint8Array>,
  pieceBytes: number,
  events: MailSourceEvents,
): Promise<Readable> {
  const pieces = chunksOf(body, pieceBytes);
  const first = await pieces.next();
  const piece = first.done === true ? new Uint8Array(0) : first.value;
  if (piece.length < pieceBytes) return single(piece, events); // only the last one is shorter
  return Readable.from(several(piece, pieces, events), { objectMode: false, highWaterMark: pieceBytes });
}

function single(piece: Uint8Array, { onBegin, onEnd }: MailSourceEvents): Readable {
  return new Readable({
    read() {
      try {
        onBegin();
      } catch (error) {
        this.destroy(error as Error);
        return;
      }
      this.push(piece);
      onEnd();
      this.push(null);
    },
  });
}

async function* several(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
  { onBegin, onMoved, onEnd, onError }: MailSourceEvents,
): AsyncGenerator<Uint8Array> {
  onBegin();
  yield first;
  onMoved();
  try {
    for await (const piece of rest) {
      yield piece;
      onMoved();
    }
  } catch (error) {
    onError(error);
    throw error;
  }
  onEnd();
}
