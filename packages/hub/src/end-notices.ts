/** Shared logoffs on their way: who asked for one hears when the processes of the session have it. */
import type { Clock, Timer } from '@nodemapi/base';
import type { Peer } from './peer.ts';

/** How long a logoff waits for processes that do not answer, such as stopped ones; they get the notice all the same. */
const seenMsMax = 100;

/** Notices on their way at a time. */
const noticesMax = 1000;

interface Notice {
  /** Who asked for it, and who passed it on. */
  readonly asked: { readonly peer: Peer; readonly request: number }[];
  readonly open: Set<string>;
  readonly timer: Timer;
}

export class EndNotices {
  readonly #clock: Clock;
  readonly #notices = new Map<string, Notice>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param processes that are told now; none if it is under way already */
  add(peer: Peer, request: number, ending: string, processes: readonly string[]): void {
    const known = this.#notices.get(ending);
    if (known !== undefined) {
      for (const process of processes) known.open.add(process);
      known.asked.push({ peer, request });
      return;
    }
    if (this.#notices.size >= noticesMax) {
      peer.destroy();
      return;
    }
    const timer = this.#clock.setTimer(seenMsMax, () => this.#finish(ending));
    timer.unref();
    this.#notices.set(ending, { asked: [{ peer, request }], open: new Set(processes), timer });
    if (processes.length === 0) this.#finish(ending);
  }

  seen(process: string, ending: string): void {
    const notice = this.#notices.get(ending);
    if (notice === undefined) return;
    notice.open.delete(process);
    if (notice.open.size === 0) this.#finish(ending);
  }

  gone(process: string): void {
    for (const ending of [...this.#notices.keys()]) this.seen(process, ending);
  }

  close(): void {
    for (const { timer } of this.#notices.values()) timer.cancel();
    this.#notices.clear();
  }

  #finish(ending: string): void {
    const notice = this.#notices.get(ending);
    if (notice === undefined) return;
    this.#notices.delete(ending);
    notice.timer.cancel();
    for (const { peer, request } of notice.asked) peer.post({ type: 'done', request });
  }
}
