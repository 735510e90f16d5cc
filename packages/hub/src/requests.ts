/** Requests to the hub: asked again of the next hub until one answers. */
import { type Clock, MapiError, type Timer } from '@nodemapi/base';
import type { ClientMessage, HubMessage } from './message.ts';

interface Pending {
  readonly message: ClientMessage;
  readonly resolve: (answer: HubMessage) => void;
  readonly reject: (error: unknown) => void;
}

/** Somebody waits for the answer, so the process stays; nothing happens when the timer fires. */
const stayMs = 60_000;

export class Requests {
  readonly #clock: Clock;
  readonly #send: (message: ClientMessage) => void;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #stay: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, send: (message: ClientMessage) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Resolves with the answer. @throws what `signal` is aborted with; what `fail` is given; MAPI_E_NOT_INITIALIZED once closed */
  make(
    messageOf: (request: number) => ClientMessage,
    signal?: AbortSignal,
    onNumber?: (request: number) => void,
  ): Promise<HubMessage> {
    if (this.#closed) return Promise.reject(closedError());
    const request = this.#next++;
    onNumber?.(request);
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        this.#send({ type: 'cancel', request });
        this.#take(request)?.reject(signal?.reason);
      };
      const settled = (): void => signal?.removeEventListener('abort', aborted);
      const pending: Pending = {
        message: messageOf(request),
        resolve: (answer) => {
          settled();
          resolve(answer);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.#pending.set(request, pending);
      this.#hold();
      if (signal?.aborted === true) {
        aborted();
        return;
      }
      signal?.addEventListener('abort', aborted, { once: true });
      this.#send(pending.message);
    });
  }

  /** Whether somebody still waits for the answer. */
  has(request: number): boolean {
    return this.#pending.has(request);
  }

  answer(request: number, answer: HubMessage): void {
    this.#take(request)?.resolve(answer);
  }

  /** There is another hub. @param isMeant whether a request still means something; one that does not is answered */
  resend(isMeant: (message: ClientMessage) => boolean): void {
    for (const [request, { message }] of [...this.#pending]) {
      if (isMeant(message)) this.#send(message);
      else this.answer(request, { type: 'done', request });
    }
  }

  /** No hub can be reached. */
  fail(error: unknown): void {
    for (const request of [...this.#pending.keys()]) this.#take(request)?.reject(error);
  }

  /** Fails what waits for an answer, and what comes later. */
  close(): void {
    this.#closed = true;
    this.fail(closedError());
  }

  #take(request: number): Pending | undefined {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    if (this.#pending.size === 0) {
      this.#stay?.cancel();
      this.#stay = undefined;
    }
    return pending;
  }

  #hold(): void {
    this.#stay ??= this.#clock.setTimer(stayMs, () => {
      this.#stay = undefined;
      if (this.#pending.size > 0) this.#hold();
    });
  }
}

function closedError(): MapiError {
  return new MapiError('MAPI_E_NOT_INITIALIZED', 'MAPI is going down', { component: 'hub' });
}
