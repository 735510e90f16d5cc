/** Wake-ups: that something under a topic has changed, not what. Several at a time become one; each may get lost. */
import type { Clock, Log } from '@nodemapi/base';
import type { ClientMessage } from './message.ts';

/** Signals of a topic that come sooner after the last one wait so long, and become one. */
const gatherMs = 10;
/** What was told so recently may have been lost with its hub: a dead one is seen at once, a stopped one within this time. */
const doubtMs = 2000;
const doubtfulMax = 1000;

type Listener = () => void;

interface Gathering {
  again: boolean;
  except: Listener | undefined;
}

export interface TopicLinesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly send: (message: ClientMessage) => void;
}

export class TopicLines {
  readonly #options: TopicLinesOptions;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #gathering = new Map<string, Gathering>();
  /** When each topic was told last, on the monotonic clock; the latest comes last. */
  readonly #told = new Map<string, number>();
  #closed = false;

  constructor(options: TopicLinesOptions) {
    this.#options = options;
  }

  /** Wakes who listens to `topic`, in this process and in others; not `except`, who has caused it. */
  signal(topic: string, except?: Listener): void {
    if (this.#closed) return;
    const gathering = this.#gathering.get(topic);
    if (gathering === undefined) {
      this.#gathering.set(topic, { again: false, except: undefined });
      this.#tell(topic, except);
      this.#gather(topic);
      return;
    }
    gathering.except = gathering.again && gathering.except !== except ? undefined : except;
    gathering.again = true;
  }

  /**
   * Calls `listener` soon after signals of others, until the answer is disposed. The first of a topic is also called when the
   * hub knows that it listens: what has changed before it may not have seen.
   */
  listen(topic: string, listener: Listener): Disposable {
    const listeners = this.#listeners.get(topic) ?? new Set<Listener>();
    this.#listeners.set(topic, listeners);
    if (listeners.size === 0) this.#options.send({ type: 'listen', topic });
    listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        this.#listeners.delete(topic);
        this.#options.send({ type: 'unlisten', topic });
      },
    };
  }

  /** There is another hub: the last one may not have passed on what it was told, and others may have looked before that. */
  tellAgain(): void {
    const sinceMs = this.#options.clock.monotonicMs() - doubtMs;
    for (const [topic, toldMs] of this.#told) {
      if (toldMs >= sinceMs) this.#options.send({ type: 'wake', topic });
    }
    this.#told.clear();
  }

  names(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** Signals may have got lost: everybody looks. */
  wakeAll(): void {
    this.woken(this.names());
  }

  woken(topics: readonly string[]): void {
    for (const topic of topics) this.#call(topic, undefined);
  }

  /** Signals that wait are told at once. */
  close(): void {
    for (const [topic, { again }] of this.#gathering) if (again) this.#send(topic);
    this.#closed = true;
    this.#listeners.clear();
  }

  #tell(topic: string, except: Listener | undefined): void {
    this.#send(topic);
    if ((this.#listeners.get(topic)?.size ?? 0) > 0) queueMicrotask(() => this.#call(topic, except));
  }

  #send(topic: string): void {
    this.#told.delete(topic);
    this.#told.set(topic, this.#options.clock.monotonicMs());
    const [oldest] = this.#told.keys();
    if (this.#told.size > doubtfulMax && oldest !== undefined) this.#told.delete(oldest);
    this.#options.send({ type: 'wake', topic });
  }

  #gather(topic: string): void {
    const timer = this.#options.clock.setTimer(gatherMs, () => {
      const gathered = this.#gathering.get(topic);
      if (gathered?.again !== true || this.#closed) {
        this.#gathering.delete(topic);
        return;
      }
      this.#gathering.set(topic, { again: false, except: undefined });
      this.#tell(topic, gathered.except);
      this.#gather(topic);
    });
    timer.unref();
  }

  #call(topic: string, except: Listener | undefined): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) {
      if (listener === except) continue;
      try {
        listener();
      } catch (error) {
        this.#options.log.error('a wake-up failed', { topic, error });
      }
    }
  }
}
