/**
 * Subscriptions and the delivery of notifications.
 *
 * - `notify` only queues. Delivery starts on a later turn of the event loop (after all pending promises), so never
 *   inside the causing call, and never before that call has answered, provided that `notify` is the last thing it does.
 * - Each sink gets its notifications in the order of the `notify` calls, several in one call; an asynchronous sink is
 *   awaited before its next batch. One sink never waits for another.
 * - What a sink throws is logged; its own later notifications and its neighbours' are delivered as if nothing was.
 * - A sink that has `pendingNotificationsMax` notifications waiting loses them all and gets one in their place: TABLE_RELOAD
 *   if it listens to a table, else an extended notification with the event NOTIFICATIONS_LOST, whatever its mask.
 * - A synchronous sink that causes a synchronous notification gets MAPI_E_CALL_FAILED from it.
 * - After `unadvise` nothing arrives. Connection numbers are nonzero and never given twice.
 *
 * spec: event-notification-in-mapi, supporting-event-notification
 */
import { ByteWriter, type Log, nullLog, toHex } from '@nodemapi/base';
import {
  type AdviseConnection,
  connectionNumber,
  fnevTableModified,
  type IMAPIAdviseSink,
  MapiError,
  maskWants,
  type Notification,
} from '@nodemapi/mapi';

/** What a synchronous sink answers to stop the callbacks after it. spec: notifcallback */
export const CALLBACK_DISCONTINUE = 0x8000_0000;

/** Event of the extended notification that tells a sink of lost ones: it must read anew what it watches. */
export const NOTIFICATIONS_LOST = 0x4c4f_5354;

export interface AdviseHubOptions {
  readonly log?: Log;
  /** Runs a function on a later turn of the event loop; default `setImmediate`. */
  readonly schedule?: (run: () => void) => void;
  /** Notifications that may wait for one sink; default 1000. */
  readonly pendingNotificationsMax?: number;
}

const PENDING_NOTIFICATIONS_MAX = 1000;

interface Subscription {
  readonly connection: number;
  readonly key: string;
  readonly mask: number;
  readonly sink: IMAPIAdviseSink;
  readonly sync: boolean;
  pending: Notification[];
  running: Promise<void> | undefined;
  cancelled: boolean;
}

export class AdviseHub {
  readonly #byKey = new Map<string, Map<number, Subscription>>();
  readonly #byConnection = new Map<number, Subscription>();
  readonly #log: Log;
  readonly #schedule: (run: () => void) => void;
  readonly #pendingMax: number;
  #nextConnection = 1;
  #nextKey = 1;
  #scheduled = false;
  /** A synchronous sink is being called. */
  #calling = false;

  constructor(options: AdviseHubOptions = {}) {
    this.#log = options.log ?? nullLog;
    this.#schedule = options.schedule ?? ((run) => void setImmediate(run));
    this.#pendingMax = options.pendingNotificationsMax ?? PENDING_NOTIFICATIONS_MAX;
  }

  /**
   * Registers a sink for the events in `mask` under a key; null is a key of its own, for the source as a whole.
   *
   * A `sync` sink is called within `notify`, before it returns; that is for the inside of a provider only, and such a
   * sink shall neither cause another synchronous notification nor wait for anything.
   *
   * @throws MAPI_E_INVALID_PARAMETER for an empty mask
   */
  advise(
    key: Uint8Array | null,
    mask: number,
    sink: IMAPIAdviseSink,
    options: { readonly sync?: boolean } = {},
  ): AdviseConnection {
    if (mask >>> 0 === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an empty event mask');
    const subscription: Subscription = {
      connection: this.#nextConnection++,
      key: keyText(key),
      mask,
      sink,
      sync: options.sync === true,
      pending: [],
      running: undefined,
      cancelled: false,
    };
    const siblings = this.#byKey.get(subscription.key) ?? new Map<number, Subscription>();
    siblings.set(subscription.connection, subscription);
    this.#byKey.set(subscription.key, siblings);
    this.#byConnection.set(subscription.connection, subscription);
    return {
      connection: subscription.connection,
      [Symbol.asyncDispose]: async () => this.#cancel(subscription),
    };
  }

  /** Cancels a registration; what waits for it is dropped. @throws MAPI_E_NOT_FOUND */
  unadvise(connection: number | AdviseConnection): void {
    const number = connectionNumber(connection);
    const subscription = this.#byConnection.get(number);
    if (subscription === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no connection ${number}`);
    this.#cancel(subscription);
  }

  /** Whether anybody listens under a key. */
  hasSinks(key: Uint8Array | null): boolean {
    return this.#byKey.has(keyText(key));
  }

  /** Registrations in force. */
  get size(): number {
    return this.#byConnection.size;
  }

  /** A key that nobody else has, for a source without an identifier, such as a table. */
  uniqueKey(): Uint8Array {
    return new ByteWriter()
      .u32(0x59454b2f)
      .u32(this.#nextKey++)
      .toBytes();
  }

  /**
   * Queues notifications for the sinks under a key whose mask asks for them; calls synchronous sinks at once.
   *
   * @returns whether a synchronous sink answered CALLBACK_DISCONTINUE, so that those registered after it got nothing
   * @throws MAPI_E_CALL_FAILED for a synchronous sink within a call of another; those before it have been told
   */
  notify(key: Uint8Array | null, notifications: readonly Notification[]): { readonly cancelled: boolean } {
    let cancelled = false;
    for (const subscription of [...(this.#byKey.get(keyText(key))?.values() ?? [])]) {
      const wanted = notifications.filter((notification) => maskWants(subscription.mask, notification));
      if (wanted.length === 0 || subscription.cancelled) continue;
      if (subscription.sync) cancelled = this.#callNow(subscription, wanted);
      else for (const notification of wanted) this.#queue(subscription, notification);
      if (cancelled) break;
    }
    this.#deliverSoon();
    return { cancelled };
  }

  /** Queues a notification for one registration, whatever others there are; none if it is cancelled. */
  notifyOne(connection: number, notification: Notification): void {
    const subscription = this.#byConnection.get(connection);
    if (subscription === undefined || !maskWants(subscription.mask, notification)) return;
    this.#queue(subscription, notification);
    this.#deliverSoon();
  }

  /**
   * Delivers what is queued, and resolves when all sinks have taken it. HrDispatchNotifications.
   *
   * Not to be awaited within a sink, which would wait for itself.
   */
  async flush(): Promise<void> {
    for (;;) {
      const running = [...this.#byConnection.values()].map((subscription) => this.#deliver(subscription));
      const open = running.filter((promise) => promise !== undefined);
      if (open.length === 0) return;
      await Promise.all(open);
    }
  }

  /** Cancels every registration. */
  close(): void {
    for (const subscription of [...this.#byConnection.values()]) this.#cancel(subscription);
  }

  #cancel(subscription: Subscription): void {
    subscription.cancelled = true;
    subscription.pending = [];
    this.#byConnection.delete(subscription.connection);
    const siblings = this.#byKey.get(subscription.key);
    siblings?.delete(subscription.connection);
    if (siblings?.size === 0) this.#byKey.delete(subscription.key);
  }

  /** Whether the sink wants nobody after it to be called. */
  #callNow(subscription: Subscription, notifications: readonly Notification[]): boolean {
    if (this.#calling) {
      throw new MapiError('MAPI_E_CALL_FAILED', 'a synchronous notification within a synchronous callback');
    }
    const failed = (error: unknown): void => {
      this.#log.error('advise sink failed', { connection: subscription.connection, error });
    };
    this.#calling = true;
    try {
      const answer: unknown = subscription.sink.onNotify(notifications);
      if (answer instanceof Promise) answer.catch(failed);
      return answer === CALLBACK_DISCONTINUE;
    } catch (error) {
      failed(error);
      return false;
    } finally {
      this.#calling = false;
    }
  }

  #queue(subscription: Subscription, notification: Notification): void {
    if (subscription.pending.length < this.#pendingMax) {
      subscription.pending.push(notification);
      return;
    }
    this.#log.warn('notifications dropped', {
      connection: subscription.connection,
      dropped: subscription.pending.length,
    });
    subscription.pending = [lostNotification(subscription.mask)];
  }

  #deliverSoon(): void {
    if (this.#scheduled || this.#byConnection.size === 0) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      for (const subscription of [...this.#byConnection.values()]) void this.#deliver(subscription);
    });
  }

  /** The delivery that runs for a subscription, started if need be; undefined if there is nothing to deliver. */
  #deliver(subscription: Subscription): Promise<void> | undefined {
    if (subscription.running === undefined && subscription.pending.length > 0) {
      subscription.running = this.#drain(subscription).finally(() => {
        subscription.running = undefined;
      });
    }
    return subscription.running;
  }

  async #drain(subscription: Subscription): Promise<void> {
    while (subscription.pending.length > 0) {
      const batch = subscription.pending;
      subscription.pending = [];
      try {
        await subscription.sink.onNotify(batch);
      } catch (error) {
        this.#log.error('advise sink failed', { connection: subscription.connection, error });
      }
    }
  }
}

function lostNotification(mask: number): Notification {
  if ((mask & fnevTableModified) !== 0) return { kind: 'tableModified', event: 'reload' };
  return { kind: 'extended', event: NOTIFICATIONS_LOST, parameters: new Uint8Array(0) };
}

function keyText(key: Uint8Array | null): string {
  return key === null ? '' : `#${toHex(key)}`;
}
