/**
 * The incoming mail of one logon: the drop folders of its addresses as one queue.
 *
 * A message that could not be delivered waits a while before it is tried again, so that it does not keep the others
 * waiting.
 */
import type { Clock } from '@nodemapi/base';
import type { Claims } from './claim.ts';
import type { ClaimedDrop, DropFolder } from './drop-folder.ts';

const RETRY_MS = 60_000;

export class Inbox {
  readonly #folders: readonly DropFolder[];
  readonly #claims: Claims;
  readonly #token: string;
  readonly #clock: Clock;
  /** When a message that failed may be tried again, by its name. */
  readonly #retryAt = new Map<string, number>();

  constructor(folders: readonly DropFolder[], claims: Claims, clock: Clock) {
    this.#folders = folders;
    this.#claims = claims;
    this.#clock = clock;
    this.#token = claims.newToken();
  }

  /** Whether something waits that is to be tried now. */
  async hasMail(): Promise<boolean> {
    for (const folder of this.#folders) {
      await folder.takeBack(this.#claims);
      for (const name of await folder.waiting()) if (this.#isDue(name)) return true;
    }
    return false;
  }

  /** Claims the next message; undefined if nothing waits. */
  async next(): Promise<ClaimedDrop | undefined> {
    for (const folder of this.#folders) {
      await folder.takeBack(this.#claims);
      for (const name of await folder.waiting()) {
        if (!this.#isDue(name)) continue;
        const drop = await folder.claim(name, this.#claims, this.#token);
        if (drop !== undefined) return drop;
      }
    }
    return undefined;
  }

  /** Puts a message back that is to wait before it is tried again. */
  async postpone(drop: ClaimedDrop): Promise<void> {
    this.#retryAt.set(drop.name, this.#clock.monotonicMs() + RETRY_MS);
    await drop.giveBack();
  }

  /** Everything may be tried now. */
  retryNow(): void {
    this.#retryAt.clear();
  }

  #isDue(name: string): boolean {
    const at = this.#retryAt.get(name);
    if (at === undefined) return true;
    if (this.#clock.monotonicMs() < at) return false;
    this.#retryAt.delete(name);
    return true;
  }
}
