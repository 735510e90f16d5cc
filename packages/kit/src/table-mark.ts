import { bytesEqual } from '@nodemapi/base';
import type { RowChange, RowSource } from './row-source.ts';

/**
 * A place in a table that stays with its row while rows come and go: the cursor, or a bookmark.
 *
 * It is anchored at the row it stands on (`on`), or behind the row that was read last (`after`), or at no row: then
 * it keeps its number.
 */
export class TableMark {
  #position = 0;
  #anchor: { readonly key: Uint8Array; readonly step: 0 | 1 } | undefined;
  #stale = false;
  /** Set when the row of the mark is gone; who tells about it clears it. */
  moved = false;

  placeOn(position: number, key: Uint8Array | undefined): void {
    this.#place(position, key === undefined ? undefined : { key, step: 0 });
  }

  placeAfter(position: number, key: Uint8Array): void {
    this.#place(position, { key, step: 1 });
  }

  placeAt(position: number): void {
    this.#place(position, undefined);
  }

  copy(): TableMark {
    const copy = new TableMark();
    copy.#place(this.#position, this.#anchor);
    copy.#stale = this.#stale;
    return copy;
  }

  /** Notes changes; where the row stands now is found out when somebody asks. */
  follow(changes: readonly RowChange[]): void {
    this.#stale = true;
    for (const change of changes) {
      if (change.kind === 'deleted' && change.position !== undefined) this.#followDeleted(change.key, change.position);
      if (change.kind === 'added' && change.position !== undefined && change.position < this.#position)
        this.#position++;
    }
  }

  /** Rows behind `heading` were shown (`difference` > 0) or hidden; a mark among hidden ones goes behind the heading. */
  shift(heading: number, difference: number): void {
    this.#stale = true;
    if (this.#position > heading) this.#position = Math.max(heading + 1, this.#position + difference);
  }

  /** The row number of the mark; MAPI_W_POSITION_CHANGED is due if `moved` is set afterwards. */
  async locate(source: RowSource): Promise<number> {
    if (!this.#stale) return this.#position;
    this.#stale = false;
    const anchor = this.#anchor;
    const found = anchor === undefined ? undefined : await source.positionOf(anchor.key);
    if (anchor !== undefined && found !== undefined) {
      this.#position = found + anchor.step;
      return this.#position;
    }
    this.#position = Math.min(this.#position, await source.count());
    if (anchor !== undefined) {
      this.moved = anchor.step === 0;
      this.#anchor = undefined;
    }
    return this.#position;
  }

  #place(position: number, anchor: { readonly key: Uint8Array; readonly step: 0 | 1 } | undefined): void {
    this.#position = position;
    this.#anchor = anchor;
    this.#stale = false;
    this.moved = false;
  }

  #followDeleted(key: Uint8Array, position: number): void {
    const onIt = this.#anchor?.step === 0 && bytesEqual(this.#anchor.key, key);
    if (position < this.#position && !onIt) this.#position--;
  }
}
