import { CallSite, directoryPrefixes } from '@nodemapi/base';

/** Where something was opened: kept as the stack was, or already in words. */
export type Opener = CallSite | string;

/** The opener where openers are not kept. */
const NOT_KEPT = 'unknown';

/** The opener in words: `file:line:column`, or `unknown`. */
export function openerText(opener: Opener): string {
  return typeof opener === 'string' ? opener : opener.place;
}

export interface OpenersOptions {
  /** Whether to keep the line that opens an object; it costs a few microseconds each time. */
  readonly captureOpeners: boolean;
  /** Directories whose code does not count as an opener. */
  readonly internalDirectories: readonly string[];
}

/** Tells who opens things, or does not where that is switched off. */
export class Openers {
  readonly #keeps: boolean;
  readonly #internal: readonly string[];

  constructor({ captureOpeners, internalDirectories }: OpenersOptions) {
    this.#keeps = captureOpeners;
    this.#internal = directoryPrefixes(internalDirectories);
  }

  /** @param skip calls between the client and this one: 0 is whoever called the function that asks */
  caller(skip: number): Opener {
    return this.#keeps ? new CallSite(skip + 2, this.#internal) : NOT_KEPT;
  }
}
