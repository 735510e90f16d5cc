import type { Peer } from './peer.ts';

/** Topics of a process. */
const topicsMax = 10_000;

/** Who wants to be woken for what. */
export class TopicBoard {
  readonly #listeners = new Map<string, Set<Peer>>();
  readonly #topics = new Map<Peer, Set<string>>();

  listen(peer: Peer, topic: string): void {
    const topics = this.#topics.get(peer) ?? new Set<string>();
    if (topics.size >= topicsMax) {
      peer.destroy();
      return;
    }
    this.#topics.set(peer, topics.add(topic));
    this.#listeners.set(topic, (this.#listeners.get(topic) ?? new Set<Peer>()).add(peer));
  }

  unlisten(peer: Peer, topic: string): void {
    this.#topics.get(peer)?.delete(topic);
    const listeners = this.#listeners.get(topic);
    listeners?.delete(peer);
    if (listeners?.size === 0) this.#listeners.delete(topic);
  }

  /** Wakes the others. */
  wake(peer: Peer, topic: string): void {
    for (const other of this.#listeners.get(topic) ?? []) if (other !== peer) other.wake(topic);
  }

  detach(peer: Peer): void {
    for (const topic of this.#topics.get(peer) ?? []) this.unlisten(peer, topic);
    this.#topics.delete(peer);
  }
}
