/**
 * The connections of one logon: at most `connectionsMax` at a time, used again while the server keeps them.
 *
 * Invariants: a connection is used by one message at a time; one that was used before is tested with RSET first, unless
 * it has taken a message just now and the caller can do with one that the server may have closed since; closing the
 * pool closes every connection.
 */
import { LinkedAbort, type Permit, Semaphore, type Timer } from '@nodemapi/base';
import { RateLimit } from './rate-limit.ts';
import { cancelledFailure, type SessionFailure } from './session-failure.ts';
import type { Connected, SmtpClient } from './smtp-client.ts';
import type { SmtpConfig } from './smtp-config.ts';
import { SmtpConnector, type SmtpConnectorPorts } from './smtp-connector.ts';

/** A connection in use, or the reason why there is none; `release` gives it back. */
export type Lease =
  | {
      readonly client: SmtpClient;
      /** It has worked just now, but nobody has asked whether it still does. */
      readonly untested: boolean;
      readonly release: () => void;
    }
  | { readonly failure: SessionFailure };

interface IdleClient {
  readonly client: SmtpClient;
  readonly sinceMs: number;
  readonly timer: Timer;
}

/** So long after a message a connection may be used without a test. */
const trustMs = 1000;

export class SmtpPool {
  readonly #config: SmtpConfig;
  readonly #ports: SmtpConnectorPorts;
  readonly #connector: SmtpConnector;
  readonly #rate: RateLimit;
  readonly #permits: Semaphore;
  readonly #closing = new AbortController();
  readonly #idle: IdleClient[] = [];
  readonly #quitting = new Set<Promise<void>>();
  readonly #open = new Set<SmtpClient>();

  constructor(config: SmtpConfig, ports: SmtpConnectorPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#connector = new SmtpConnector(config, ports);
    this.#rate = new RateLimit(config.messagesPerMinute, ports.clock);
    this.#permits = new Semaphore(config.connectionsMax, ports.clock);
  }

  /** Why nobody logs on now, where refused credentials are not to be tried over and over. */
  get pause(): SessionFailure | undefined {
    return this.#connector.pause;
  }

  /** Lets refused credentials be tried once more. */
  allowLogon(): void {
    this.#connector.allowOnce();
  }

  /** How long one more message would wait for its turn. */
  get waitMs(): number {
    return this.#rate.waitMs;
  }

  /** Waits until one more message may be sent; false if there is to be none. */
  async turn(signal: AbortSignal): Promise<boolean> {
    if (this.#config.messagesPerMinute === undefined) return !signal.aborted;
    using linked = new LinkedAbort(signal, this.#closing.signal);
    try {
      await this.#rate.turn(linked.signal);
      return true;
    } catch (error) {
      if (linked.signal.aborted) return false;
      throw error;
    }
  }

  /** Connections that are open, in use or not. */
  get open(): number {
    return this.#open.size;
  }

  /** Waits for a connection; a lease without failure must be released. With `trusting` it may be an untested one. */
  async acquire(signal: AbortSignal, { trusting = false }: { readonly trusting?: boolean } = {}): Promise<Lease> {
    if (signal.aborted || this.#closing.signal.aborted) return cancelled();
    if (trusting && this.#permits.free > 0) {
      const client = this.#trusted();
      if (client !== undefined) return this.#lease(client, await this.#permits.acquire(), true);
    }
    return await this.#acquireSlowly(signal, trusting);
  }

  /** Those who wait for a permit when the pool is closed get one as the connections in use are lost. */
  async #acquireSlowly(signal: AbortSignal, trusting: boolean): Promise<Lease> {
    let permit: Permit;
    try {
      permit = await this.#permits.acquire({ signal });
    } catch (error) {
      if (signal.aborted) return cancelled();
      throw error;
    }
    if (this.#closing.signal.aborted) {
      permit.release();
      return cancelled();
    }
    const trusted = trusting ? this.#trusted() : undefined;
    if (trusted !== undefined) return this.#lease(trusted, permit, true);
    using linked = new LinkedAbort(signal, this.#closing.signal);
    const reused = await this.#reuse(linked.signal);
    const connected = reused === undefined ? await this.#connect(linked.signal) : { client: reused };
    if ('client' in connected) return this.#lease(connected.client, permit, false);
    permit.release();
    return connected;
  }

  #lease(client: SmtpClient, permit: Permit, untested: boolean): Lease {
    return {
      client,
      untested,
      release: () => {
        this.#giveBack(client);
        permit.release();
      },
    };
  }

  /** Lets unused connections go. */
  releaseIdle(): void {
    for (const { client, timer } of this.#idle.splice(0)) {
      timer.cancel();
      this.#quit(client);
    }
  }

  /** Closes everything: what is unused with QUIT, what is in use at once. */
  async close(): Promise<void> {
    this.releaseIdle();
    this.#closing.abort();
    await Promise.all(this.#quitting);
    for (const client of this.#open) client.close();
    this.#open.clear();
  }

  /** The connection that was used last, if that was just now. */
  #trusted(): SmtpClient | undefined {
    const last = this.#idle.at(-1);
    if (last === undefined || !last.client.isBetweenMessages) return undefined;
    if (this.#ports.clock.nowMs() - last.sinceMs >= trustMs) return undefined;
    this.#idle.pop();
    last.timer.cancel();
    return last.client;
  }

  async #reuse(signal: AbortSignal): Promise<SmtpClient | undefined> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      idle.timer.cancel();
      await idle.client.reset(signal);
      if (idle.client.alive) return idle.client;
      this.#open.delete(idle.client);
    }
    return undefined;
  }

  async #connect(signal: AbortSignal): Promise<Connected> {
    const connected = await this.#connector.connect(signal);
    if ('client' in connected) this.#open.add(connected.client);
    return connected;
  }

  #giveBack(client: SmtpClient): void {
    if (!client.alive) {
      this.#open.delete(client);
    } else if (this.#closing.signal.aborted || client.messages >= this.#config.messagesPerConnectionMax) {
      this.#quit(client);
    } else {
      const timer = this.#ports.clock.setTimer(this.#config.idleMs, () => this.#expire(client));
      timer.unref();
      this.#idle.push({ client, timer, sinceMs: this.#ports.clock.nowMs() });
    }
  }

  #expire(client: SmtpClient): void {
    const index = this.#idle.findIndex((idle) => idle.client === client);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    this.#quit(client);
  }

  #quit(client: SmtpClient): void {
    const quitting = client.quit().finally(() => {
      this.#open.delete(client);
      this.#quitting.delete(quitting);
    });
    this.#quitting.add(quitting);
  }
}

function cancelled(): Lease {
  return { failure: cancelledFailure };
}
