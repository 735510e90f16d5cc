import type { Telemetry } from '@nodemapi/base';

/** What can be set about a spooler; every time is in milliseconds. */
export interface SpoolerOptions {
  /** Messages that are worked on at the same time; default 32. */
  readonly messagesInFlightMax?: number;
  /** Nothing is sent or received but by `flushQueues`, so that others may look at the queues; default false. */
  readonly onlyFlushes?: boolean;
  /** A lock ends by itself this long after its last renewal; default 90 seconds. */
  readonly leaseMs?: number;
  /** Wait after the first attempt; it doubles with each one; default 60 seconds. */
  readonly retryFirstMs?: number;
  /** Longest wait between two attempts; default 4 hours. */
  readonly retryMaxMs?: number;
  /** Part of a wait by which it may grow at random, so that messages do not come back all at once; default 0.2. */
  readonly retryJitter?: number;
  /** Wait after a transport said that it is busy; default 5 seconds. */
  readonly busyRetryMs?: number;
  /** Rest of a transport that has lost its network, and of a transport that failed; default 30 seconds. */
  readonly transportRetryMs?: number;
  /**
   * Messages that may wait for a transport in memory, and are tried at once when it is back; default 1000. More than that, and those
   * that another transport has declined, wait by a time in the queue, and are looked at the more seldom the more there are.
   */
  readonly waitingInMemoryMax?: number;
  /** Recipients that are still deferred this long after the submission get a non-delivery report; default 5 days. */
  readonly expiryMs?: number;
  /**
   * The sender gets one report about a message that a transport still defers this long after the submission; it is tried
   * on. Default 4 hours; Infinity for none.
   */
  readonly delayNoticeMs?: number;
  /** A message deferred by END_DONT_RESEND is shown to its transport again after this time; default 1 hour. */
  readonly custodyMaxMs?: number;
  /** Attempts in a row that ended in a way nobody foresaw, after which a message is held; default 3. */
  readonly poisonAttemptsMax?: number;
  /** Immediate repetitions that a transport may ask for (END_RESEND_NOW) within one attempt; default 3. */
  readonly resendNowMax?: number;
  /** What happens to a message that may have been sent: again with the same Message-ID, or held; default 'resend'. */
  readonly unknownPolicy?: 'resend' | 'hold';
  /**
   * Absolute folders whose files an attachment by reference (ATTACH_BY_REF_RESOLVE) may name, to be sent in its place; none
   * by default, since the name may be a stranger's. A message with any other file is held.
   */
  readonly attachmentFolders?: readonly string[];
  /** Longest time that a messaging hook may take for one message; then it is passed over. Default 15 seconds. */
  readonly hookTimeoutMs?: number;
  /** Finished messages whose fate is remembered for `outgoing`; default 1000. */
  readonly finishedKept?: number;
  /** Queued messages that a report lists at most; it counts all of them. Default 500. */
  readonly reportedMax?: number;
  /** Wait between two polls of a transport; default 60 seconds. */
  readonly pollIntervalMs?: number;
  /** Messages taken from a transport in one go before others get their turn; default 50. */
  readonly inboundBurstMax?: number;
  /** Time that aborted transports have to come back, after the deadline of a shutdown; default 1 second. */
  readonly abortGraceMs?: number;
  /** Where it says how it fares; default nowhere. */
  readonly telemetry?: Telemetry;
}

export type SpoolerSettings = Required<SpoolerOptions>;

const DEFAULTS: SpoolerSettings = {
  messagesInFlightMax: 32,
  onlyFlushes: false,
  leaseMs: 90_000,
  retryFirstMs: 60_000,
  retryMaxMs: 4 * 3_600_000,
  retryJitter: 0.2,
  busyRetryMs: 5_000,
  transportRetryMs: 30_000,
  waitingInMemoryMax: 1000,
  expiryMs: 5 * 86_400_000,
  delayNoticeMs: 4 * 3_600_000,
  custodyMaxMs: 3_600_000,
  poisonAttemptsMax: 3,
  resendNowMax: 3,
  unknownPolicy: 'resend',
  attachmentFolders: [],
  hookTimeoutMs: 15_000,
  finishedKept: 1000,
  reportedMax: 500,
  pollIntervalMs: 60_000,
  inboundBurstMax: 50,
  abortGraceMs: 1_000,
  telemetry: {},
};

export function settingsOf(options: SpoolerOptions = {}): SpoolerSettings {
  return { ...DEFAULTS, ...options, ...(options.onlyFlushes === true ? { messagesInFlightMax: 0 } : {}) };
}
