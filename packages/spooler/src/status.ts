/** The spooler's row in the status table. */
import type { Log } from '@nodemapi/base';
import type { SpoolerHost } from '@nodemapi/kit';
import {
  MapiError,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  prop,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_INBOUND_FLUSH,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_FLUSH,
} from '@nodemapi/mapi';

export interface StatusFacts {
  readonly phase: 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';
  readonly transportsAlive: number;
  readonly transportsAll: number;
  readonly sending: number;
  readonly receiving: boolean;
  readonly flushing?: { readonly inbound: boolean; readonly outbound: boolean };
}

export class Status {
  readonly #host: SpoolerHost;
  readonly #log: Log;
  #last = '';

  constructor(host: SpoolerHost, log: Log) {
    this.#host = host;
    this.#log = log;
  }

  /** Tells the session, if anything has changed. */
  show(facts: StatusFacts): void {
    const code = statusCode(facts);
    const text = statusText(facts);
    const now = `${code} ${text}`;
    if (now === this.#last) return;
    this.#last = now;
    try {
      this.#host.updateStatus([prop(PR_STATUS_CODE, code), prop(PR_STATUS_STRING, text)]);
    } catch (cause) {
      this.#log.warn('status not shown', { error: MapiError.from(cause, 'session') });
    }
  }
}

function statusCode({ phase, flushing }: StatusFacts): number {
  if (phase === 'failed') return STATUS_FAILURE;
  if (phase === 'stopped') return STATUS_OFFLINE;
  const outbound = flushing?.outbound === true ? STATUS_OUTBOUND_FLUSH : 0;
  const inbound = flushing?.inbound === true ? STATUS_INBOUND_FLUSH : 0;
  return STATUS_AVAILABLE | outbound | inbound;
}

function statusText(facts: StatusFacts): string {
  switch (facts.phase) {
    case 'starting':
      return 'Starting';
    case 'stopping':
      return 'Stopping';
    case 'stopped':
      return 'Stopped';
    case 'failed':
      return 'The transports could not be started';
    case 'running':
      return runningText(facts);
  }
}

function runningText({ sending, receiving, flushing, transportsAlive, transportsAll }: StatusFacts): string {
  if (flushing !== undefined) return 'Delivering all messages';
  if (sending > 0) return sending === 1 ? 'Sending a message' : `Sending ${sending} messages`;
  if (receiving) return 'Receiving';
  if (transportsAll === 0) return 'No transport is running';
  if (transportsAlive < transportsAll)
    return `${transportsAll - transportsAlive} of ${transportsAll} transports failed`;
  return 'Ready';
}
