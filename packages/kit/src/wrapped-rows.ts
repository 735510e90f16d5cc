import type { PropTag } from '@nodemapi/mapi';
import type { RowChange, RowSource } from './row-source.ts';

/** A source around another one, which makes other rows of it; what it does not do itself is the inner one's affair. */
export abstract class WrappedRows {
  readonly type: RowSource['type'];
  readonly announces: boolean;
  protected readonly inner: RowSource;
  readonly #listeners = new Set<(changes: readonly RowChange[]) => void>();
  readonly #stop: () => void;
  #changes = 0;

  constructor(inner: RowSource) {
    this.inner = inner;
    this.type = inner.type;
    this.announces = inner.announces === true;
    this.#stop = inner.onChange((changes) => this.#take(changes));
  }

  version(): string | undefined {
    return this.inner.version?.();
  }

  defaultColumns(): readonly PropTag[] {
    return this.inner.defaultColumns();
  }

  allColumns(): readonly PropTag[] {
    return this.inner.allColumns();
  }

  tellEach(): void {
    this.inner.tellEach?.();
  }

  onChange(listener: (changes: readonly RowChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#listeners.clear();
    await this.inner[Symbol.asyncDispose]();
  }

  /** How often the inner one has told of changes. */
  protected get changes(): number {
    return this.#changes;
  }

  /** Whether the rows are others than those of the inner one now: then a change of rows is told as 'changed'. */
  protected abstract get isOther(): boolean;

  /** Forgets what was made of the inner rows. */
  protected abstract forget(): void;

  #take(changes: readonly RowChange[]): void {
    this.forget();
    this.#changes++;
    if (changes.length === 0) return;
    const isWhole = changes.some(({ kind }) => kind === 'reload' || kind === 'error');
    const told: readonly RowChange[] = !this.isOther || isWhole ? changes : [{ kind: 'changed' }];
    for (const listener of [...this.#listeners]) listener(told);
  }
}
