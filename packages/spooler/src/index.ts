/** The spooler: outgoing and incoming queues, retry, reports. */
export type { SpoolerOptions } from './options.ts';
export { createSpooler } from './spooler.ts';
