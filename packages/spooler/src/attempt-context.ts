/** What attempts work with, what one is asked for, and what it answers. */
import type { Log } from '@nodemapi/base';
import type { SpoolerHost } from '@nodemapi/kit';
import type { EntryId, MapiError } from '@nodemapi/mapi';
import type { Filings } from './filing.ts';
import type { QueueHome } from './ledger.ts';
import type { Observer } from './observer.ts';
import type { SpoolerSettings } from './options.ts';
import type { OrderGate } from './order-gate.ts';
import type { Preprocessors } from './preprocess.ts';
import type { MessageRecord } from './record.ts';
import type { Reporter } from './report.ts';
import type { SteadyTime } from './steady-time.ts';
import type { TransportSet } from './transports.ts';
import type { WaitSlots } from './wait-slots.ts';

export interface AttemptContext {
  readonly host: SpoolerHost;
  readonly settings: SpoolerSettings;
  readonly transports: TransportSet;
  readonly gate: OrderGate;
  readonly reporter: Reporter;
  readonly preprocessors: Preprocessors;
  readonly filings: Filings;
  readonly observer: Observer;
  /** The time for what gives up for good. */
  readonly steady: SteadyTime;
  /** When messages are looked at again that wait for a transport in the queue. */
  readonly slots: WaitSlots;
  readonly log: Log;
  /** Messages that a transport keeps (END_DONT_RESEND), with the transport. */
  readonly custody: Map<string, string>;
  /** The spooler is gone: a write that waits is tried once more, and no other begins. */
  readonly abandoned: AbortSignal;
}

/** A message to be tried. */
export interface Job {
  /** Names store and message in this process. */
  readonly key: string;
  readonly home: QueueHome;
  readonly entryId: EntryId;
  /** Does not wait for the stored next attempt: a flush. */
  readonly force?: boolean;
  /** Only recipients of this transport. */
  readonly only?: string;
  /** With `only`: also a message that has its fate, and waits for its report. */
  readonly reports?: boolean;
  /** It waits for a transport, which is back: it is tried now, whatever time is stored, unless it waits for something else. */
  readonly back?: boolean;
  /** If it waits for a transport, that is recorded in the queue; else whoever asked for the attempt remembers it. */
  readonly recordsWait?: boolean;
}

/**
 * 'sent' and 'failed': out of the queue. 'later': the store knows when. 'skipped': nothing was written, look again at
 * `untilMs`. 'gone': not in the queue any more.
 */
export interface AttemptResult {
  readonly fate: 'sent' | 'failed' | 'later' | 'held' | 'skipped' | 'gone';
  readonly untilMs?: number;
  readonly reason?: string;
  /** The record as it is now, where it was read. */
  readonly record?: MessageRecord;
  /** Something failed before anything could be recorded. */
  readonly error?: MapiError;
}

/** Nothing was written; it is to be looked at again in `ms`. */
export function skipped(
  { host }: Pick<AttemptContext, 'host'>,
  ms: number,
  reason: string,
  record?: MessageRecord,
): AttemptResult {
  const untilMs = host.clock.nowMs() + ms;
  return { fate: 'skipped', untilMs, reason, ...(record === undefined ? {} : { record }) };
}
