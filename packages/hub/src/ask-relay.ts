/** Carries a question of one process to all that are there, and their answers back. */
import type { ProcessPresence } from './message.ts';
import type { Peer } from './peer.ts';

/** Questions under way at a time. */
const asksMax = 1000;

interface Ask {
  readonly peer: Peer;
  readonly request: number;
  readonly question: unknown;
  /** Processes that have not given their last answer. */
  readonly open: Set<string>;
}

export class AskRelay {
  readonly #asks = new Map<string, Ask>();
  /** Run when no question is under way any more. */
  readonly #onIdle: (() => void)[] = [];

  ask(peer: Peer, request: number, question: unknown, all: readonly Peer[], present: readonly ProcessPresence[]): void {
    const id = `${peer.process?.id}/${request}`;
    if (this.#asks.size >= asksMax) {
      peer.destroy();
      return;
    }
    const open = new Set(present.map(({ process }) => process.id));
    this.#asks.set(id, { peer, request, question, open });
    peer.post({ type: 'asking', request, processes: present });
    for (const other of all) other.post({ type: 'asked', ask: id, question });
  }

  /** A process that was known and slept is there: it is asked what it was not asked, or asked again. */
  hello(peer: Peer): void {
    for (const [ask, { open, question }] of this.#asks) {
      if (open.has(peer.process?.id ?? '')) peer.post({ type: 'asked', ask, question });
    }
  }

  answer(process: string, id: string, body: unknown, last: boolean): void {
    const ask = this.#asks.get(id);
    if (ask?.open.has(process) !== true) return;
    ask.peer.post({ type: 'answered', request: ask.request, process, body, last, gone: false });
    if (last) this.#finish(id, ask, process);
  }

  cancel(peer: Peer, request: number): void {
    this.#end(`${peer.process?.id}/${request}`);
  }

  /** Resolves when all questions under way have all their answers. */
  idle(): Promise<void> {
    if (this.#asks.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** A process is gone: nothing more comes from it. */
  gone(process: string): void {
    for (const [id, ask] of this.#asks) {
      if (!ask.open.has(process)) continue;
      ask.peer.post({ type: 'answered', request: ask.request, process, body: null, last: true, gone: true });
      this.#finish(id, ask, process);
    }
  }

  /** A connection has ended; its questions come again with the next one. */
  detach(peer: Peer): void {
    for (const [id, ask] of this.#asks) if (ask.peer === peer) this.#end(id);
  }

  #finish(id: string, ask: Ask, process: string): void {
    ask.open.delete(process);
    if (ask.open.size === 0) this.#end(id);
  }

  #end(id: string): void {
    this.#asks.delete(id);
    if (this.#asks.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
