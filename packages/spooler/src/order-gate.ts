/**
 * Keeps the order of submission per transport while several messages are prepared at the same time.
 *
 * A message passes to a transport only after every earlier one has told its transports and has been started on those
 * that it shares. Waiting is only ever for earlier tickets, so there is no deadlock.
 */

/** The place of one message in the order. */
export interface Ticket {
  /** Transports that it goes to first; undefined while nobody knows. */
  planned: ReadonlySet<string> | undefined;
  readonly started: Set<string>;
}

interface Waiter {
  readonly ticket: Ticket;
  readonly transport: string;
  readonly enter: () => void;
}

export class OrderGate {
  readonly #tickets: Ticket[] = [];
  #waiters: Waiter[] = [];

  /** Takes the next place. It must be closed. */
  open(): Ticket {
    const ticket: Ticket = { planned: undefined, started: new Set() };
    this.#tickets.push(ticket);
    return ticket;
  }

  /** Tells which transports the message goes to. */
  plan(ticket: Ticket, transports: Iterable<string>): void {
    ticket.planned = new Set(transports);
    this.#release();
  }

  /** Waits until all earlier messages for `transport` have been started. */
  enter(ticket: Ticket, transport: string): Promise<void> {
    if (!this.#isBlocked(ticket, transport)) return Promise.resolve();
    return new Promise((enter) => this.#waiters.push({ ticket, transport, enter }));
  }

  /** The message has been handed to `transport`, or will not be. */
  started(ticket: Ticket, transport: string): void {
    ticket.started.add(transport);
    this.#release();
  }

  close(ticket: Ticket): void {
    const index = this.#tickets.indexOf(ticket);
    if (index >= 0) this.#tickets.splice(index, 1);
    this.#release();
  }

  #isBlocked(ticket: Ticket, transport: string): boolean {
    for (const earlier of this.#tickets) {
      if (earlier === ticket) return false;
      if (earlier.planned === undefined) return true;
      if (earlier.planned.has(transport) && !earlier.started.has(transport)) return true;
    }
    return false;
  }

  #release(): void {
    const ready = this.#waiters.filter((waiter) => !this.#isBlocked(waiter.ticket, waiter.transport));
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.enter();
  }
}
