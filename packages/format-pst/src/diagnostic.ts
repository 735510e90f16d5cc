import { MapiError } from '@nodemapi/base';
import { diagnosticsMax } from './limits.ts';

export type PstProblem =
  | 'badHeader'
  | 'truncatedFile'
  | 'badPage'
  | 'badBlock'
  | 'badNode'
  | 'badHeap'
  | 'badTable'
  | 'badValue'
  | 'badNamedProperty'
  | 'badFolder'
  | 'badMessage'
  | 'badRecipients'
  | 'badAttachment'
  | 'cycle'
  | 'unknownCodePage'
  | 'tooMany';

/** What was wrong with a file that was read all the same. */
export interface PstDiagnostic {
  readonly code: PstProblem;
  /** What and where, for a person. */
  readonly message: string;
  /** Byte in the file, where it is known. */
  readonly offset?: number;
}

/** Collects diagnostics; of the same text at the same place it keeps one, and beyond `diagnosticsMax` only the count. */
export class Diagnostics {
  readonly #found: PstDiagnostic[] = [];
  readonly #seen = new Set<string>();
  #dropped = 0;

  get length(): number {
    return this.#found.length;
  }

  add(code: PstProblem, message: string, offset?: number): void {
    const key = `${code} ${offset} ${message}`;
    if (this.#seen.has(key)) return;
    if (this.#found.length >= diagnosticsMax) {
      this.#dropped += 1;
      return;
    }
    this.#seen.add(key);
    this.#found.push(offset === undefined ? { code, message } : { code, message, offset });
  }

  /** Records damage and goes on; whatever is not damage is thrown again. */
  caught(code: PstProblem, what: string, error: unknown): void {
    if (!isDamage(error)) throw error;
    this.add(code, `${what}: ${error.detail}`, error instanceof PstDamage ? error.offset : undefined);
  }

  /** Everything so far; a last entry says how many more there were. */
  list(): readonly PstDiagnostic[] {
    if (this.#dropped === 0) return [...this.#found];
    return [...this.#found, { code: 'tooMany', message: `${this.#dropped} further problems are not listed` }];
  }
}

/** MAPI_E_CORRUPT_DATA that knows where in the file it was found. */
export class PstDamage extends MapiError {
  readonly offset: number | undefined;

  constructor(detail: string, offset?: number) {
    super('MAPI_E_CORRUPT_DATA', offset === undefined ? detail : `${detail} (at ${offset})`);
    this.offset = offset;
  }
}

/** Whether an error says something about the file, not about the machine or the code. */
export function isDamage(error: unknown): error is MapiError {
  return MapiError.is(error, 'MAPI_E_CORRUPT_DATA') || MapiError.is(error, 'MAPI_E_TOO_COMPLEX');
}
