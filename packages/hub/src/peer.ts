import type { Channel } from './channel.ts';
import type { HubMessage, ProcessInfo } from './message.ts';

/**
 * A process as its hub sees it: one connection.
 *
 * What is news of a state is not queued for a peer that does not read: it is noted that there is news, and the state is
 * told when the peer reads again. So what waits for a peer that sleeps is bounded by what there is to tell.
 */
export class Peer {
  readonly #channel: Channel;
  /** Tells all there is to tell of a session. */
  readonly #tellSession: (peer: Peer, session: string) => void;
  readonly #topics = new Set<string>();
  readonly #sessions = new Set<string>();
  /** Who it is; undefined before its hello. */
  process: ProcessInfo | undefined;
  /** The process is the one that the hub runs in. */
  isOwn = false;
  /** It speaks another version: nothing that follows its hello is read. */
  isRefused = false;
  /** When it last said something, on the monotonic clock. */
  heardMs = 0;
  #blocked = false;

  constructor(channel: Channel, tellSession: (peer: Peer, session: string) => void) {
    this.#channel = channel;
    this.#tellSession = tellSession;
  }

  /** An answer, or something else that is said once. */
  post(message: HubMessage): void {
    if (!this.#channel.send(message)) this.#blocked = true;
  }

  /** Something changed under a topic. */
  wake(topic: string): void {
    if (this.#blocked) this.#topics.add(topic);
    else this.post({ type: 'wake', topics: [topic] });
  }

  /** News of a session, of which the session's whole state may take the place. */
  news(session: string, message: HubMessage): void {
    if (this.#blocked) this.#sessions.add(session);
    else this.post(message);
  }

  drained(): void {
    this.#blocked = false;
    if (this.#topics.size > 0) {
      this.post({ type: 'wake', topics: [...this.#topics] });
      this.#topics.clear();
    }
    for (const session of [...this.#sessions]) {
      if (this.#blocked) return;
      this.#sessions.delete(session);
      this.#tellSession(this, session);
    }
  }

  close(): void {
    this.#channel.close();
  }

  destroy(): void {
    this.#channel.destroy();
  }
}
