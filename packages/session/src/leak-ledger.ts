import type { EntryId, IMAPIAdviseSink, LeftOpen, LeftOpenAdvise, LeftOpenObject, Notification } from '@nodemapi/mapi';
import type { HandleState } from './handle.ts';
import { type Opener, openerText } from './openers.ts';
import type { TargetRecord } from './target-registry.ts';

/** A registration of a client that has not been cancelled. */
export interface OpenAdvise {
  readonly record: TargetRecord;
  readonly connection: number;
  readonly opener: Opener;
  /** What it listens to, if it is one object by its identifier. */
  readonly entryId: EntryId | undefined;
  readonly guard: SinkGuard;
}

/** Stands between a source and a client's sink: silent once closed, and deaf to what the sink throws. */
export class SinkGuard implements IMAPIAdviseSink {
  readonly #sink: IMAPIAdviseSink;
  readonly #onError: (error: unknown) => void;
  #closed = false;

  constructor(sink: IMAPIAdviseSink, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  async onNotify(notifications: readonly Notification[]): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#sink.onNotify(notifications);
    } catch (error) {
      this.#onError(error);
    }
  }

  close(): void {
    this.#closed = true;
  }
}

/**
 * Everything that a client holds: references and registrations, with the lines that opened them.
 *
 * The order of opening is kept, so that what was opened last is closed first.
 */
export class LeakLedger {
  readonly #handles = new Set<HandleState>();
  readonly #advises = new Set<OpenAdvise>();

  get openHandles(): number {
    return this.#handles.size;
  }

  opened(state: HandleState): void {
    this.#handles.add(state);
  }

  /** Whether the client has a reference to the object. */
  holds(record: TargetRecord): boolean {
    for (const open of this.#handles) if (open.record === record) return true;
    return false;
  }

  /** Forgets a reference; with the last one on an object its registrations are gone too. */
  released(state: HandleState): void {
    this.#handles.delete(state);
    if (this.#advises.size === 0 || this.holds(state.record)) return;
    for (const advise of this.#advises) if (advise.record === state.record) this.unadvised(advise);
  }

  advised(advise: OpenAdvise): void {
    this.#advises.add(advise);
  }

  unadvised(advise: OpenAdvise): void {
    advise.guard.close();
    this.#advises.delete(advise);
  }

  findAdvise(record: TargetRecord, connection: number): OpenAdvise | undefined {
    for (const advise of this.#advises) {
      if (advise.record === record && advise.connection === connection) return advise;
    }
    return undefined;
  }

  /** References, the last opened first. */
  handles(): readonly HandleState[] {
    return [...this.#handles].reverse();
  }

  advises(): readonly OpenAdvise[] {
    return [...this.#advises];
  }

  /** What is open, for reports; the session itself is not counted. */
  openObjects(): readonly LeftOpenObject[] {
    const others = [...this.#handles].filter((state) => state.record.iid !== 'IMAPISession');
    return others.map(leftOpenObject);
  }

  /** What is open but the session itself, without blocks: these belong to no session. */
  leftOpen(): LeftOpen {
    return { objects: this.openObjects(), advises: this.openAdvises(), buffers: 0, blocks: [] };
  }

  openAdvises(): readonly LeftOpenAdvise[] {
    return [...this.#advises].map(({ connection, record, entryId, opener }) => ({
      connection,
      interface: record.iid,
      ...(entryId === undefined ? {} : { entryId }),
      openedAt: openerText(opener),
    }));
  }
}

/** A reference as reports have it, with the identifier that it was opened by. */
export function leftOpenObject({ record, entryId, opener }: HandleState): LeftOpenObject {
  return {
    interface: record.iid,
    ...(entryId === undefined ? {} : { entryId }),
    openedAt: openerText(opener),
  };
}
