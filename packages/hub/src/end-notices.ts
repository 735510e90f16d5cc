/** Shared logoffs on their way: who asked for one hears when the processes of the session have it. */
import type { Clock, Timer } from '@nodemapi/base';
import type { Peer } from './peer.ts';

/** How long a logoff waits for processes that do not answer, such as stopped ones; they get the notice all the same. */
const seenMsMax = 100;

/** Notices on their way at a time. */
const noticesMax = 1000;

interface Notice {
  readonly peer: Peer;
  readonly request: number;
  readonly open: Set<string>;
  readonly timer: Timer;
}

export class EndNotices {
  readonly #clock: Clock;
  readonly #notices = new Map<string, Notice>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(peer: Peer, request: number, ending: string, processes: readonly string[]): void {
    if (this.#notices.size >= noticesMax) {
      peer.destroy();
      return;
    }
    const timer = this.#clock.setTimer(seenMsMax, () => this.#finish(ending));
    timer.unref();
    this.#notices.set(ending, { peer, request, open: new Set(processes), timer });
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
    notice.peer.post({ type: 'done', request: notice.request });
  }
}
