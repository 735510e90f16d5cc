import type { PropTag, Restriction, TableStatus } from '@nodemapi/mapi';
import type { RowCategories, RowChange, RowSource, SourceRow, TableSetup } from './row-source.ts';

/**
 * Rows that stay as they were when the table was opened, while its sinks hear of what becomes of them: a static table
 * of which row events are expected all the same. Who wants to see the changes opens it anew.
 */
export class AnnouncedRows implements RowSource {
  readonly type: TableStatus['type'] = 'snapshot';
  readonly announces = true;
  readonly categories: RowCategories;
  readonly #shown: RowSource;
  readonly #live: RowSource;

  /** @param shown what the view shows @param live where the events come from; the same rows, to begin with */
  constructor(shown: RowSource & { readonly categories: RowCategories }, live: RowSource) {
    this.categories = shown.categories;
    this.#shown = shown;
    this.#live = live;
  }

  defaultColumns(): readonly PropTag[] {
    return this.#shown.defaultColumns();
  }

  allColumns(): readonly PropTag[] {
    return this.#shown.allColumns();
  }

  async setup(setup: TableSetup): Promise<void> {
    await this.#shown.setup(setup);
    await this.#live.setup({ ...setup, sort: { sorts: setup.sort.sorts } }); // events are of rows, not of headings
  }

  count(): Promise<number> {
    return this.#shown.count();
  }

  fetch(offset: number, limit: number): Promise<readonly SourceRow[]> {
    return this.#shown.fetch(offset, limit);
  }

  positionOf(key: Uint8Array): Promise<number | undefined> {
    return this.#shown.positionOf(key);
  }

  find(restriction: Restriction, from: number, backward: boolean): Promise<number | undefined> {
    return this.#shown.find(restriction, from, backward);
  }

  /** Positions are left out: they count rows that the view does not show. */
  onChange(listener: (changes: readonly RowChange[]) => void): () => void {
    return this.#live.onChange((changes) => listener(changes.map(withoutPosition)));
  }

  tellEach(): void {
    this.#live.tellEach?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shown[Symbol.asyncDispose]();
    await this.#live[Symbol.asyncDispose]();
  }
}

function withoutPosition(change: RowChange): RowChange {
  switch (change.kind) {
    case 'added':
    case 'modified': {
      const { kind, key, row, prior } = change;
      return { kind, key, row, prior };
    }
    case 'deleted':
      return { kind: 'deleted', key: change.key };
    default:
      return change;
  }
}
