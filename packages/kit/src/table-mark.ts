import { bytesEqual } from '@nodemapi/base';
import type { RowChange, RowSource, SourceRow } from './row-source.ts';

/** Of the rows that were read last so many are remembered, for the case that the last ones go. */
const recentMax = 256;

/**
 * A place in a table that stays with its row while rows come and go: the cursor, or a bookmark. Where that row goes, and the
 * source does not say what position it had, the place is behind the last of the rows read before it that is there.
 *
 * It is anchored at the row it stands on (`on`), or behind the row that was read last (`after`), or at no row: then
 * it keeps its number.
 */
export class TableMark {
  #position = 0;
  #anchor: { readonly key: Uint8Array; readonly step: 0 | 1 } | undefined;
  #stale = false;
  /** Rows have come or gone, and nobody has said where. */
  #isBlind = false;
  /** The rows that were read before the anchor, and where the first of them stood. */
  #recent: { readonly rows: readonly SourceRow[]; readonly first: number } = { rows: [], first: 0 };
  /** What the source was when it was asked last; what was placed since was placed by that. */
  #version: string | undefined;
  /** Set when the row of the mark is gone; who tells about it clears it. */
  moved = false;

  placeOn(position: number, key: Uint8Array | undefined): void {
    this.#place(position, key === undefined ? undefined : { key, step: 0 });
  }

  /** @param rows that were read, the last of which it stands behind; there is one */
  placeAfter(position: number, rows: readonly SourceRow[]): void {
    const last = rows.at(-1);
    this.#place(position, last === undefined ? undefined : { key: last.key, step: 1 });
    this.#recent = { rows: rows.slice(-recentMax, -1), first: Math.max(position - rows.length, position - recentMax) };
  }

  placeAt(position: number): void {
    this.#place(position, undefined);
  }

  copy(): TableMark {
    const copy = new TableMark();
    copy.#place(this.#position, this.#anchor);
    copy.#stale = this.#stale;
    copy.#isBlind = this.#isBlind;
    copy.#recent = this.#recent;
    copy.#version = this.#version;
    return copy;
  }

  /** Notes changes; where the row stands now is found out when somebody asks. */
  follow(changes: readonly RowChange[]): void {
    this.#stale = true;
    for (const change of changes) {
      this.#isBlind ||= !('position' in change) || change.position === undefined;
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
    const version = source.version?.();
    const isSame = version === this.#version;
    this.#version = version;
    this.#isBlind ||= !isSame;
    if (!this.#stale && (isSame || this.#isFirst)) return this.#position;
    this.#stale = false;
    const anchor = this.#anchor;
    const found = anchor === undefined ? undefined : await source.positionOf(anchor.key);
    if (anchor !== undefined && found !== undefined) {
      this.#position = found + anchor.step;
      return this.#position;
    }
    const behind = this.#isBlind && anchor?.step === 1 ? await this.#behindRecent(source) : this.#position;
    this.#position = Math.min(behind, await source.count());
    if (anchor !== undefined) {
      this.moved = anchor.step === 0;
      this.#anchor = undefined;
    }
    return this.#position;
  }

  /** Before the first row there is nothing to be looked up. */
  get #isFirst(): boolean {
    return this.#anchor === undefined && this.#position === 0;
  }

  #place(position: number, anchor: { readonly key: Uint8Array; readonly step: 0 | 1 } | undefined): void {
    this.#position = position;
    this.#anchor = anchor;
    this.#stale = false;
    this.#isBlind = false;
    this.moved = false;
  }

  /** The place behind the last row that is there of those read before the anchor; else where the first of them stood. */
  async #behindRecent(source: RowSource): Promise<number> {
    const { rows, first } = this.#recent;
    for (const { key } of [...rows].reverse()) {
      const found = await source.positionOf(key);
      if (found !== undefined) return found + 1;
    }
    return first;
  }

  #followDeleted(key: Uint8Array, position: number): void {
    const onIt = this.#anchor?.step === 0 && bytesEqual(this.#anchor.key, key);
    if (position < this.#position && !onIt) this.#position--;
  }
}
