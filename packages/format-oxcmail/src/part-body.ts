/** The body of one part, taken from the events of the whole message. */
import type { MimeEvent, MimePart } from '@nodemapi/format-mime';
import type { OxcmailDiagnostic } from './diagnostic.ts';

/** What a part has, piece by piece. */
export interface BodyPieces {
  pieces(): AsyncIterable<Uint8Array>;
}

export class PartBody implements BodyPieces {
  readonly #part: MimePart;
  readonly #events: AsyncIterator<MimeEvent>;
  readonly #diagnostics: OxcmailDiagnostic[];
  #ended = false;

  constructor(part: MimePart, events: AsyncIterator<MimeEvent>, diagnostics: OxcmailDiagnostic[]) {
    this.#part = part;
    this.#events = events;
    this.#diagnostics = diagnostics;
  }

  /** The body piece by piece, to its end; goes on where an earlier call stopped. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    while (!this.#ended) {
      const step = await this.#events.next();
      if (step.done === true) {
        this.#ended = true;
      } else if (step.value.kind === 'diagnostic') {
        this.#diagnostics.push(step.value.diagnostic);
      } else if (step.value.kind === 'end' && step.value.part === this.#part) {
        this.#ended = true;
      } else if (step.value.kind === 'body') {
        yield step.value.bytes;
      }
    }
  }

  /** Reads to the end what nobody wanted. */
  async drain(): Promise<void> {
    for await (const _ of this.pieces());
  }
}
