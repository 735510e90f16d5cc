/** One connection between a process and its hub, as messages. It does not keep the process alive. */

export interface ChannelEvents {
  /** One message of the other side, not checked yet. */
  message(value: unknown): void;
  /** After `send` has answered false: more may be sent. */
  drained(): void;
  /** The other side is gone; nothing else comes. Called once, also after `close`. */
  closed(): void;
}

export interface Channel {
  /** Starts the delivery of what comes in; once only. */
  open(events: ChannelEvents): void;
  /** Whether more may follow at once; false: it is kept, and the sender waits for `drained`. */
  send(message: unknown): boolean;
  /** Ends the connection when what was sent is out; called again it does nothing. */
  close(): void;
  /** Ends it at once, for a peer that does not behave or does not answer. */
  destroy(): void;
}

/** Two ends of a connection within one process: the hub's own process is one of its clients. */
export function channelPair(): readonly [Channel, Channel] {
  const left = new LocalEnd();
  const right = new LocalEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class LocalEnd implements Channel {
  peer: LocalEnd | undefined;
  #events: ChannelEvents | undefined;
  readonly #early: unknown[] = [];
  #closed = false;

  open(events: ChannelEvents): void {
    this.#events = events;
    for (const message of this.#early.splice(0)) this.#later(() => events.message(message));
    if (this.#closed) queueMicrotask(() => events.closed());
  }

  send(message: unknown): boolean {
    const { peer } = this;
    if (peer !== undefined && !this.#closed) peer.take(message);
    return true;
  }

  close(): void {
    const { peer } = this;
    this.end();
    peer?.end();
  }

  destroy(): void {
    this.close();
  }

  /** Called by the other end. */
  take(message: unknown): void {
    const events = this.#events;
    if (events === undefined) this.#early.push(message);
    else this.#later(() => events.message(message));
  }

  /** Never within the call that sends. */
  #later(run: () => void): void {
    queueMicrotask(() => {
      if (!this.#closed) run();
    });
  }

  /** Called by either end; what was sent before is delivered first. */
  end(): void {
    queueMicrotask(() => {
      if (this.#closed) return;
      this.#closed = true;
      this.#events?.closed();
    });
  }
}
