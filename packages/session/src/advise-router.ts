import { MapiError } from '@nodemapi/base';
import { type AdviseConnection, connectionNumber } from '@nodemapi/mapi';

/**
 * Connections of an object that passes registrations on to several sources.
 *
 * The sources number their connections each for itself; the router gives numbers that are never used twice.
 */
export class AdviseRouter {
  readonly #made = new Map<number, AdviseConnection>();
  readonly #what: string;
  #next = 1;

  constructor(what: string) {
    this.#what = what;
  }

  /** Takes over a connection that a source made. */
  adopt(made: AdviseConnection): AdviseConnection {
    const connection = this.#next++;
    this.#made.set(connection, made);
    return {
      connection,
      [Symbol.asyncDispose]: async () => {
        if (this.#made.has(connection)) await this.unadvise(connection);
      },
    };
  }

  /** @throws MAPI_E_NOT_FOUND if the connection is unknown */
  async unadvise(connection: number | AdviseConnection): Promise<void> {
    const number = connectionNumber(connection);
    const made = this.#made.get(number);
    if (made === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `${this.#what}: there is no connection ${number}`);
    this.#made.delete(number);
    await made[Symbol.asyncDispose]();
  }

  /** Cancels all, whatever becomes of one of them. @throws what the first of them throws that fails */
  async close(): Promise<void> {
    const ends = await Promise.allSettled([...this.#made.keys()].map((connection) => this.unadvise(connection)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
