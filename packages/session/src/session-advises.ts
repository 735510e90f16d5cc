/**
 * Registrations of one member for events of the session itself.
 *
 * Whoever has none when the members are asked to log off hears it with his next one: a logon and the registration that
 * follows it are two calls, and the shared logoff may come between them.
 */
import type { AdviseConnection, IMAPIAdviseSink } from '@nodemapi/mapi';
import type { SessionEvents } from './session-events.ts';

export class SessionAdvises {
  readonly #events: SessionEvents;
  #open = 0;
  /** How many requests to log off this member has heard, as long as it has no registration. */
  #heard: number;

  constructor(events: SessionEvents) {
    this.#events = events;
    this.#heard = events.endings;
  }

  /** @throws MAPI_E_NO_SUPPORT for events that a session does not raise */
  advise(mask: number, sink: IMAPIAdviseSink): AdviseConnection {
    const made = this.#events.advise(mask, sink);
    if (this.#open++ === 0 && this.#heard < this.#events.endings) this.#events.repeatEnd(made.connection);
    let isOpen = true;
    return {
      connection: made.connection,
      [Symbol.asyncDispose]: async () => {
        if (isOpen && --this.#open === 0) this.#heard = this.#events.endings;
        isOpen = false;
        await made[Symbol.asyncDispose]();
      },
    };
  }
}
