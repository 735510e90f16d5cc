/**
 * What every end of a session reports (decision D4).
 *
 * spec: ending-a-mapi-session
 */
import type { EntryId } from './entry-id.ts';
import type { OutgoingReport } from './outgoing.ts';

/** What to do with mail that is still in the outgoing queue: send it until the deadline, leave it, withdraw it. */
export type OutgoingPolicy = 'drain' | 'leave' | 'abort';

/** The documented steps, in their order. */
export const END_STEPS = [
  'unadvise',
  'release',
  'freeBuffers',
  'outgoing',
  'logoff',
  'releaseSession',
  'oleUninitialize',
  'mapiUninitialize',
  'deinitMapiUtil',
] as const;
/** A step of the end, in the documented order. spec: ending-a-mapi-session */
export type EndStepName = (typeof END_STEPS)[number];

/** What one step of the end did. */
export interface EndStep {
  readonly step: EndStepName;
  readonly ok: boolean;
  /** How many things it dealt with: registrations, objects, buffers, messages. */
  readonly count: number;
  readonly durationMs: number;
  /** The step did not apply. */
  readonly skipped?: true;
  readonly error?: { readonly code: string; readonly message: string };
}

/** An object that was still open, with the line that opened it. */
export interface LeftOpenObject {
  readonly interface: string;
  readonly entryId?: EntryId;
  readonly openedAt: string;
}

/** A registration that had not been cancelled. */
export interface LeftOpenAdvise {
  readonly connection: number;
  /** Of the object that it was made with. */
  readonly interface: string;
  /** Of what it listened to; absent for the whole of that object. */
  readonly entryId?: EntryId;
  readonly openedAt: string;
}

/** A block of MAPIAllocateBuffer that had not been freed. */
export interface LeftOpenBlock {
  /** With what MAPIAllocateMore chained to it. */
  readonly bytes: number;
  readonly openedAt: string;
}

/** What was open at an end. */
export interface LeftOpen {
  readonly objects: readonly LeftOpenObject[];
  readonly advises: readonly LeftOpenAdvise[];
  /** How many blocks. */
  readonly buffers: number;
  readonly blocks: readonly LeftOpenBlock[];
}

/** What became of everything when a session ended. */
export interface EndReport {
  readonly policy: OutgoingPolicy;
  /** Whether the process was shut down fast, where that was asked for; then every step is skipped. */
  readonly fastShutdown?: 'done' | 'refused';
  /** Every step that applied has succeeded. */
  readonly completed: boolean;
  readonly deadlineExceeded: boolean;
  readonly durationMs: number;
  readonly steps: readonly EndStep[];
  readonly outgoing: OutgoingReport;
  readonly leftOpen: LeftOpen;
}
