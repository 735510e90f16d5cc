/** `$MAPI_TRACE`: what a program prints on standard error, as words with commas between them. */

/** What can be traced: what programs left open, and where an error of the `mapi` command comes from. */
export const TRACE_WORDS = ['leaks', 'errors'] as const;

/** One of the words that `$MAPI_TRACE` may hold. */
export type TraceWord = (typeof TRACE_WORDS)[number];

const saidKey = Symbol.for('nodemapi.traceWordsSaid');
// Two copies of this package in one process say it once, so the global object knows that it was said.
const registry = globalThis as { [saidKey]?: boolean };

/** Whether a list such as `leaks,errors` has this word. */
export function isTraced(list: string | undefined, word: TraceWord): boolean {
  return wordsOf(list).includes(word);
}

/** What to say of words that nothing is traced by; undefined if there are none. */
export function unknownTraceWords(list: string | undefined): string | undefined {
  const unknown = wordsOf(list).filter((word) => !TRACE_WORDS.some((known) => known === word));
  if (unknown.length === 0) return undefined;
  const named = unknown.map((word) => JSON.stringify(word)).join(', ');
  return `mapi: MAPI_TRACE has no ${named}; it may hold ${TRACE_WORDS.join(', ')}, with commas between them`;
}

/** Says it, once in the life of the process. */
export function tellUnknownTraceWords(list: string | undefined, write: (line: string) => void): void {
  const line = unknownTraceWords(list);
  if (line === undefined || registry[saidKey] === true) return;
  registry[saidKey] = true;
  write(line);
}

function wordsOf(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
