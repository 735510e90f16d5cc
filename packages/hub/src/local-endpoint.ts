import { type Channel, channelPair } from './channel.ts';
import type { EndingOf, HubEndpoint, HubListener, HubNumber, Notes } from './endpoint.ts';
import { LocalPapers } from './papers.ts';

interface LocalHub {
  accept: ((channel: Channel) => void) | undefined;
  ended: boolean;
}

/** A meeting place within one process: for a subsystem that shares nothing with others, and for tests. */
export class LocalEndpoint implements HubEndpoint {
  readonly notes = new LocalNotes();
  readonly papers = new LocalPapers();
  readonly #hubs: LocalHub[] = [];

  async current(): Promise<HubNumber> {
    return { number: this.#hubs.length, ended: this.#hubs.at(-1)?.ended ?? true };
  }

  async connect(number: number): Promise<Channel | undefined> {
    const hub = this.#hubs[number - 1];
    if (hub?.accept === undefined) return undefined;
    const [own, theirs] = channelPair();
    hub.accept(theirs);
    return own;
  }

  async claim(number: number, accept: (channel: Channel) => void): Promise<HubListener | undefined> {
    if (number !== this.#hubs.length + 1) return undefined;
    const hub: LocalHub = { accept, ended: false };
    this.#hubs.push(hub);
    return {
      close: async (ended) => {
        hub.accept = undefined;
        hub.ended = ended;
      },
    };
  }
}

/** Notes in memory. */
export class LocalNotes implements Notes {
  readonly #endings = new Map<string, Set<string>>();
  readonly #watchers = new Set<(endingOf: EndingOf) => void>();

  async keep(session: string, ending: string): Promise<void> {
    this.#endings.set(session, (this.#endings.get(session) ?? new Set<string>()).add(ending));
    for (const onNote of [...this.#watchers]) onNote((one) => (one === session ? ending : undefined));
  }

  async kept(session: string): Promise<readonly string[]> {
    return [...(this.#endings.get(session) ?? [])];
  }

  async all(): Promise<readonly EndingOf[]> {
    return [...this.#endings].flatMap(([session, endings]) =>
      [...endings].map((ending) => (one: string) => (one === session ? ending : undefined)),
    );
  }

  async forget(session: string): Promise<void> {
    this.#endings.delete(session);
  }

  async sweep(): Promise<void> {}

  watch(onNote: (endingOf: EndingOf) => void): Disposable {
    this.#watchers.add(onNote);
    return { [Symbol.dispose]: () => void this.#watchers.delete(onNote) };
  }
}
