/** What a viewer of a remote transport asks for by ValidateState. spec: imapistatus-validatestate */
import {
  MapiError,
  STATUS_INBOUND_ACTIVE,
  STATUS_INBOUND_ENABLED,
  STATUS_INBOUND_FLUSH,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_ENABLED,
  STATUS_OUTBOUND_FLUSH,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import type { TransportStatus } from './transport-status.ts';

/** What is to be done in the next FlushQueues. */
export interface RemoteWork {
  readonly connect: boolean;
  /** Fetch a new list of headers and clear all marks. */
  readonly refresh: boolean;
  /** Fetch, delete or move the marked messages, and send what was deferred. */
  readonly process: boolean;
}

export interface RemoteTransport {
  readonly status: TransportStatus;
  /** Stops the work that runs; false if it cannot be stopped. */
  readonly abort: () => Promise<boolean>;
  /** Gives up the line to the server, if there is one. */
  readonly disconnect: () => Promise<void>;
}

const NOTHING: RemoteWork = { connect: false, refresh: false, process: false };
const INBOUND = STATUS_INBOUND_ENABLED | STATUS_INBOUND_ACTIVE;
const OUTBOUND = STATUS_OUTBOUND_ENABLED | STATUS_OUTBOUND_ACTIVE;

/**
 * The requests of a remote viewer: taken down at once, shown in the status row, and done when the spooler flushes.
 *
 * No line to a server is opened in `validate`, which any client may call at any time. While requests wait or run,
 * PR_REMOTE_VALIDATE_OK is FALSE and further ones are MAPI_E_BUSY.
 */
export class RemoteRequests {
  readonly #transport: RemoteTransport;
  #waiting: RemoteWork = NOTHING;
  #running = false;

  constructor(transport: RemoteTransport) {
    this.#transport = transport;
  }

  /** @throws MAPI_E_BUSY while other requests wait or run, or if what runs cannot be stopped */
  async validate(options: ValidateStateOptions): Promise<void> {
    if (options.abortHeaderOperation === true) return this.#abort();
    const process = options.processHeaderCache === true;
    const refresh = process || options.refreshHeaderCache === true;
    if (refresh && this.#busy) throw new MapiError('MAPI_E_BUSY', 'an operation on the headers is under way');
    if (options.forceDisconnect === true) await this.#disconnect();
    if (options.forceConnect === true) await this.#connect();
    if (refresh) await this.#request(process);
  }

  /** Whether `take` would have something to do. */
  get waits(): boolean {
    return this.#waiting.connect || this.#waiting.refresh || this.#waiting.process;
  }

  /** For FlushQueues: what is to be done now; `done` is to be called when it has been. */
  take(): RemoteWork {
    const work = this.#waiting;
    this.#waiting = NOTHING;
    this.#running = work.refresh || work.process;
    return work;
  }

  /** The work of the last `take` has ended. */
  async done(text: string): Promise<void> {
    this.#running = false;
    await this.#transport.status.remote(true, 0, STATUS_INBOUND_ACTIVE | STATUS_OUTBOUND_ACTIVE, text);
  }

  get #busy(): boolean {
    return this.#running || this.#waiting.refresh || this.#waiting.process;
  }

  async #abort(): Promise<void> {
    if (this.#running && !(await this.#transport.abort())) {
      throw new MapiError('MAPI_E_BUSY', 'the operation on the headers cannot be stopped');
    }
    this.#running = false;
    this.#waiting = NOTHING;
    await this.#transport.status.remote(true, STATUS_OFFLINE, INBOUND | STATUS_INBOUND_FLUSH, 'Stopped');
  }

  async #connect(): Promise<void> {
    this.#waiting = { ...this.#waiting, connect: true };
    await this.#transport.status.change(STATUS_INBOUND_FLUSH | STATUS_OUTBOUND_FLUSH, STATUS_OFFLINE, 'Connecting');
  }

  async #disconnect(): Promise<void> {
    await this.#transport.disconnect();
    await this.#transport.status.change(STATUS_OFFLINE, 0, 'Disconnected');
  }

  async #request(process: boolean): Promise<void> {
    this.#waiting = { ...this.#waiting, refresh: true, process };
    const set = INBOUND | STATUS_INBOUND_FLUSH | (process ? OUTBOUND | STATUS_OUTBOUND_FLUSH : 0);
    const text = process ? 'Fetching the marked messages' : 'Fetching the list of messages';
    await this.#transport.status.remote(false, set, STATUS_OFFLINE, text);
  }
}
