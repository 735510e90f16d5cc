/** What mail users, lists and containers have in common. */
import { type PropBag, PropObject, snapshotTable } from '@nodemapi/kit';
import {
  type CheckedProps,
  type IMAPITable,
  type InterfaceMap,
  type InterfaceName,
  MapiError,
  type MapiErrorCode,
  type OpenPropertyOptions,
  type PropProblem,
  type PropTag,
  type PropValue,
  type RowSet,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';

/**
 * - Changes stay in memory until `saveChanges`.
 * - After a save that does not keep it open, and after the logoff, everything but `release` is MAPI_E_INVALID_OBJECT.
 */
export abstract class BookObject extends PropObject {
  protected readonly context: BookContext;
  #closed = false;

  constructor(context: BookContext, bag: PropBag, writable: boolean) {
    super(bag, { writable });
    this.context = context;
  }

  override async setProps<const T extends readonly PropTag[]>(
    values: CheckedProps<T>,
  ): Promise<readonly PropProblem[]> {
    this.assertWritable();
    const list: readonly PropValue[] = values;
    const problems: PropProblem[] = [];
    const kept: number[] = [];
    for (const [index, value] of list.entries()) {
      const code = this.refusal(value);
      if (code === undefined) kept.push(index);
      else problems.push({ index, tag: value.tag, code });
    }
    if (problems.length === 0) return this.bag.setProps(list);
    const others = kept.length === 0 ? [] : this.bag.setProps(list.filter((_, index) => kept.includes(index)));
    problems.push(...others.map((problem) => ({ ...problem, index: kept[problem.index] ?? problem.index })));
    return problems.sort((a, b) => a.index - b.index);
  }

  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: OpenPropertyOptions = {},
  ): Promise<InterfaceMap[I]> {
    this.assertOpen();
    const open = this.tableOf(tag);
    if (open === undefined) return super.openProperty(tag, iid, options);
    if (iid !== 'IMAPITable') {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `0x${tag.toString(16)} is a table, no ${iid}`);
    }
    return (await open()) as InterfaceMap[I];
  }

  override async saveChanges(_options?: SaveChangesOptions): Promise<void> {
    this.assertWritable();
    throw new MapiError('MAPI_E_NO_ACCESS', `${this.iid} has nothing that could be saved`);
  }

  /** What opens the table behind a PT_OBJECT property; undefined for other properties. */
  protected tableOf(_tag: PropTag): (() => Promise<IMAPITable>) | undefined {
    return undefined;
  }

  /** Why a value cannot be set, if it cannot. */
  protected refusal(_value: PropValue): MapiErrorCode | undefined {
    return undefined;
  }

  /** Ends the use of the object, save for its release. */
  protected close(): void {
    this.#closed = true;
  }

  protected override assertOpen(): void {
    super.assertOpen();
    if (this.#closed) throw new MapiError('MAPI_E_INVALID_OBJECT', `${this.iid} was closed by saveChanges`);
    this.context.assertOpen();
  }
}

/** Opens rows that do not change as a table. */
export function rowsAsTable(rows: RowSet): () => Promise<IMAPITable> {
  return () => snapshotTable(rows);
}
