/**
 * The transports that are logged on, in profile order, and what each of them may be asked for now.
 *
 * - After a critical error nothing is called on a transport any more; it comes back as a new logon.
 * - Poll and idle are not called while a critical section is open.
 * - A failure of one transport is its own: it is logged, and the others go on.
 */
import { LatestRead, type Log, toHex } from '@nodemapi/base';
import type { SpoolerHost, SpoolerTransport } from '@nodemapi/kit';
import { MapiError, type MapiUid, type TransportNotifyFlags, type ValidateStateOptions } from '@nodemapi/mapi';
import type { Route } from './routing.ts';

/** A transport with its state in this spooler. */
export interface Transport extends Route {
  readonly uid: MapiUid;
  readonly own: SpoolerTransport;
  types: readonly string[] | null;
  uids: readonly MapiUid[];
  /** Cleared by a critical error, and while its address types are unknown. */
  alive: boolean;
  outbound: boolean;
  inbound: boolean;
  /** Between NOTIFY_CRITSEC and NOTIFY_NONCRIT. */
  critSec: boolean;
  /** Rests until this time: it has lost its network. Milliseconds since 1970. */
  restsUntilMs: number;
  /** It has not done anything since it was not there, so that messages may wait for it in the queue. */
  away: boolean;
  /** Messages that it is sending or receiving now. */
  sending: number;
  receiving: number;
}

export class TransportSet {
  readonly #host: SpoolerHost;
  readonly #log: Log;
  #list: Transport[] = [];
  /** Those that a critical error has ended, also while they were being opened. */
  readonly #failed = new WeakSet<Transport>();
  /** What each transport was asked for its address types. */
  readonly #asked = new WeakMap<Transport, LatestRead>();
  #closed = false;
  /** Those that have come back. */
  readonly #back: Transport[] = [];
  /** Opening is serial: two at a time would announce one transport twice. */
  #opening: Promise<void> = Promise.resolve();

  constructor(host: SpoolerHost, log: Log) {
    this.#host = host;
    this.#log = log;
  }

  /** In profile order. */
  get list(): readonly Transport[] {
    return this.#list;
  }

  find(uid: MapiUid): Transport | undefined {
    return this.get(toHex(uid));
  }

  get(key: string): Transport | undefined {
    return this.#list.find((transport) => transport.key === key);
  }

  /** Whether any transport takes messages now. */
  get anyUsable(): boolean {
    return this.#list.some((transport) => transport.usable);
  }

  /** When, after `nowMs`, the first of the resting transports may be tried again; undefined if none rests. */
  restEndsMs(nowMs: number): number | undefined {
    const times = this.#list.map((transport) => transport.restsUntilMs).filter((time) => time > nowMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether a transport of the profile does not run, so that what nobody takes may be its; none at all is that too. */
  get anyMissing(): boolean {
    return this.#list.length === 0 || this.anyLost;
  }

  /** Whether there is a transport that could come back. */
  get anyLost(): boolean {
    const missing = this.#host.unavailableTransports?.() ?? [];
    return missing.length > 0 || this.#list.some((transport) => !transport.alive);
  }

  /** Address types of the transports that run, each once. */
  addressTypes(): readonly string[] {
    const types = this.#list.filter((transport) => transport.alive).flatMap((transport) => transport.types ?? []);
    return [...new Set(types.filter((type) => type !== ''))];
  }

  /**
   * Logs on what is not, asks new transports for their address types and opens traffic on them.
   *
   * @throws what the host throws; then nothing has changed
   */
  open(): Promise<void> {
    const opened = this.#opening.then(() => this.#open());
    this.#opening = opened.catch(() => {}); // the caller has the error
    return opened;
  }

  async #open(): Promise<void> {
    const found = this.#closed ? [] : await this.#host.openTransports();
    if (this.#closed) {
      for (const own of found)
        await this.#guard(this.#fresh(own), 'closeTransport', () => this.#host.closeTransport(own.uid));
      return;
    }
    const before = new Map(this.#list.map((transport) => [transport.key, transport]));
    const list = found.map((own) => {
      const known = before.get(toHex(own.uid));
      return known?.alive === true && known.own.logon === own.logon ? known : this.#fresh(own);
    });
    const listed = new Set(list.map((transport) => transport.key));
    const lost = this.#list.filter((transport) => !transport.alive && !listed.has(transport.key));
    this.#list = [...list, ...lost];
    for (const transport of list) if (!transport.alive && this.#isWanted(transport)) await this.#begin(transport);
  }

  /** Asks for the address types again. Of several answers that which was asked for last counts. */
  async refresh(transport: Transport): Promise<void> {
    const asked = this.#asked.get(transport) ?? new LatestRead();
    this.#asked.set(transport, asked);
    await asked.read(
      () => transport.own.logon.addressTypes(),
      ({ types, uids }) => {
        transport.types = types;
        transport.uids = uids;
      },
    );
  }

  async refreshAll(): Promise<void> {
    for (const transport of this.#list) {
      if (transport.alive) await this.#guard(transport, 'addressTypes', () => this.refresh(transport));
    }
  }

  /**
   * ValidateState on every transport that runs. What one of them finds wrong is in its status row, so that only those
   * errors are answered that say to try again: the first MAPI_E_BUSY or MAPI_E_USER_CANCEL.
   */
  async validateAll(options: ValidateStateOptions): Promise<MapiError | undefined> {
    let failed: MapiError | undefined;
    for (const transport of this.#list) {
      if (!transport.alive) continue;
      const error = await this.#guard(transport, 'validateState', () =>
        transport.own.logon.validateState(undefined, options),
      );
      if (error?.code === 'MAPI_E_BUSY' || error?.code === 'MAPI_E_USER_CANCEL') failed ??= error;
    }
    return failed;
  }

  /** After a critical error: from now on nothing is called on it, and the host logs it off. Never rejects. */
  async fail(transport: Transport, error: string): Promise<void> {
    this.#failed.add(transport);
    transport.alive = false;
    transport.outbound = false;
    transport.inbound = false;
    transport.restsUntilMs = 0;
    this.#log.error('transport critical error', { transport: transport.own.displayName, error });
    await this.#guard(transport, 'closeTransport', () => this.#host.closeTransport(transport.uid));
  }

  /** A transport that has said that it is ready again. */
  ready(transport: Transport): void {
    if (transport.outbound) transport.restsUntilMs = 0;
  }

  /** No transport rests any more. */
  restNoMore(): void {
    for (const transport of this.#list) this.ready(transport);
  }

  rest(transport: Transport, ms: number): void {
    transport.restsUntilMs = this.#host.clock.nowMs() + ms;
    transport.away = true;
  }

  /** A transport has done something: if it was away, it is back. */
  acted(transport: Transport): void {
    if (transport.away) this.#back.push(transport);
    transport.away = false;
  }

  /** A transport that has come back and was not taken yet; undefined if there is none. */
  takeBack(): Transport | undefined {
    return this.#back.shift();
  }

  /** TransportNotify; a failure is logged. */
  async tell(
    transport: Transport,
    flags: TransportNotifyFlags,
    data?: { readonly messageRef?: number; readonly entryId?: Uint8Array },
  ): Promise<void> {
    if (!transport.alive) return;
    await this.#guard(transport, 'transportNotify', () => transport.own.logon.transportNotify(flags, data));
  }

  /** Ends traffic on all and has them logged off. */
  async close(flags: TransportNotifyFlags): Promise<void> {
    this.#closed = true; // one that is being opened is closed when it is open
    for (const transport of this.#list) {
      await this.tell(transport, flags);
      transport.inbound = false;
      transport.outbound = false;
    }
    for (const transport of this.#list) {
      if (!transport.alive) continue;
      transport.alive = false;
      await this.#guard(transport, 'closeTransport', () => this.#host.closeTransport(transport.uid));
    }
    this.#list = [];
  }

  #fresh(own: SpoolerTransport): Transport {
    const { clock } = this.#host;
    return {
      key: toHex(own.uid),
      uid: own.uid,
      own,
      types: [],
      uids: [],
      alive: false,
      outbound: false,
      inbound: false,
      critSec: false,
      restsUntilMs: 0,
      away: true,
      sending: 0,
      receiving: 0,
      get usable(): boolean {
        return this.alive && this.outbound && this.restsUntilMs <= clock.nowMs();
      },
    };
  }

  async #begin(transport: Transport): Promise<void> {
    await this.#guard(transport, 'addressTypes', async () => {
      await this.refresh(transport);
      if (this.#isWanted(transport)) transport.alive = true;
    });
    await this.tell(transport, { beginOutbound: true, beginInbound: true });
    transport.outbound = transport.alive;
    transport.inbound = transport.alive;
  }

  /** Whether it has not failed, and the spooler not ended, while it was being opened. */
  #isWanted(transport: Transport): boolean {
    return !this.#closed && !this.#failed.has(transport);
  }

  async #guard(transport: Transport, call: string, run: () => Promise<void>): Promise<MapiError | undefined> {
    try {
      await run();
      return undefined;
    } catch (cause) {
      const error = MapiError.from(cause, transport.own.displayName);
      this.#log.warn('transport call failed', { transport: transport.own.displayName, call, error });
      return error;
    }
  }
}
