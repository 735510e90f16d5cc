/** What a soak has written down: the ledgers of the senders, the journal of the server, what was done to whom, and the last look. */
import { readFile } from 'node:fs/promises';

/** A line of a sender; its time is that of its own clock, which may be wrong. */
export interface LedgerLine {
  readonly time: number;
  readonly process: number;
  readonly submitting?: string;
  readonly to?: readonly string[];
  /** SubmitMessage has returned. */
  readonly accepted?: string;
  readonly refused?: string;
  readonly code?: string;
  readonly ended?: { readonly policy: string; readonly deadlineMs: number; readonly durationMs: number };
}

/** A line of the server; see hostile-sink.testing.mjs. */
export interface JournalLine {
  readonly time: number;
  readonly conversation: string;
  readonly taken?: string;
  readonly addresses?: readonly string[];
  readonly subject?: string;
  readonly messageId?: string;
  readonly isWhole?: boolean;
  readonly answered?: string;
  /** A message that was taken, of whose answer the client may not hear. */
  readonly spoilt?: string;
  readonly refused?: string;
  readonly code?: number;
  readonly fault?: string;
  readonly at?: string;
}

/** What was done to a process, or to all of them. */
export interface ChaosLine {
  readonly time: number;
  /** Until when it lasted, where it lasts. */
  readonly until?: number;
  readonly what: string;
  readonly process?: number;
}

/** A step in the history of a message, as the queue tells it. */
export interface HistoryEvent {
  readonly time: number;
  readonly by: string;
  readonly state: string;
  readonly text: string;
  readonly recipients: readonly { readonly address: string; readonly state: string; readonly text: string | null }[];
}

/** What the last process has found when it had finished the queue. */
export interface LastLook {
  readonly left: readonly { readonly subject: string; readonly state: string; readonly reason: string | null }[];
  /** What had been held, and was tried again. */
  readonly held: readonly { readonly subject: string; readonly reason: string | null }[];
  readonly finished: readonly {
    readonly entryId: string;
    readonly subject: string;
    readonly state: string;
    readonly attempts: number;
    readonly events: readonly HistoryEvent[];
  }[];
  readonly sentMail: readonly string[];
  readonly outbox: readonly string[];
  readonly received: readonly string[];
  /** Of each non-delivery report the subject that it is about. */
  readonly reports: readonly string[];
}

export interface SoakRecord {
  readonly ledger: readonly LedgerLine[];
  readonly journal: readonly JournalLine[];
  readonly chaos: readonly ChaosLine[];
  readonly look: LastLook;
}

/** The lines of a file of JSON lines; the last one may be torn, since its process may have been killed. */
export async function jsonLines<T>(path: string): Promise<readonly T[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const torn = lines.pop();
  const all = lines.map((line) => JSON.parse(line) as T);
  return torn === undefined || torn === '' || !torn.endsWith('}') ? all : [...all, JSON.parse(torn) as T];
}
