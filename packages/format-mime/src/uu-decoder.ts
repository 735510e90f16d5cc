/** Takes the encoding of uuencode off a body that arrives in pieces. */
import { concatBytes } from '@nodemapi/base';
import type { TransferDecoder } from './transfer-decoder.ts';
import { uudecodeLine, uuencodedName } from './uuencode.ts';

/** A line of a file has 61 characters; of a longer one the beginning tells that it is none. */
const lineCharsMax = 1000;

/** What stands before `begin` and behind `end` is no part of the body. */
export class UuDecoder implements TransferDecoder {
  damaged = false;
  #state: 'before' | 'within' | 'behind' = 'before';
  #line = '';

  write(bytes: Uint8Array): Uint8Array {
    const lines = (this.#line + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')).split(
      '\n',
    );
    this.#line = (lines.pop() ?? '').slice(0, lineCharsMax);
    return concatBytes(lines.map((line) => this.#take(line)));
  }

  end(): Uint8Array {
    const last = this.#take(this.#line);
    if (this.#state !== 'behind') this.damaged = true;
    return last;
  }

  #take(text: string): Uint8Array {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (this.#state === 'before' && uuencodedName(line) !== undefined) this.#state = 'within';
    else if (this.#state === 'within' && line === 'end') this.#state = 'behind';
    else if (this.#state === 'within') {
      const bytes = uudecodeLine(line);
      if (bytes === undefined && line !== '') this.damaged = true;
      return bytes ?? NOTHING;
    }
    return NOTHING;
  }
}

const NOTHING = new Uint8Array(0);
