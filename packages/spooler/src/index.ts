/** The spooler: outgoing and incoming queues, retry, reports. */
export type { SpoolerOptions } from './options.ts';
export { PR_SPOOLER_FAILURES, PR_SPOOLER_RECIPIENT_REPORTED } from './record.ts';
export { createSpooler } from './spooler.ts';
