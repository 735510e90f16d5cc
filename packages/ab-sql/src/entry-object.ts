/** Mail users and lists as objects: read from the book, changed in memory, saved as a whole. */
import { PropBag } from '@nodemapi/kit';
import {
  type CheckDuplicates,
  type IMAPITable,
  MapiError,
  type MapiErrorCode,
  PR_ADDRTYPE,
  PR_DETAILS_TABLE,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_TRANSMITABLE_DISPLAY_NAME,
  type PropTag,
  type PropValue,
  PT_ERROR,
  PT_NULL,
  propId,
  propOf,
  propType,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';
import {
  allProps,
  type BookEntry,
  completeProps,
  type EntryKind,
  isAddressType,
  isComputed,
  kindProps,
  stampedProps,
} from './book-entry.ts';
import { BookObject, rowsAsTable } from './book-object.ts';
import { detailsRows, isHiddenId } from './details-table.ts';
import { canStore } from './prop-list-codec.ts';

/** How a new entry is to be stored. */
export interface NewEntry {
  readonly check?: CheckDuplicates;
  /** List that it becomes a member of. */
  readonly list?: number;
}

export abstract class EntryObject extends BookObject {
  readonly #kind: EntryKind;
  readonly #new: NewEntry;
  #entry: BookEntry | undefined;

  /** @param from the entry to open, or how a new one is to be stored */
  constructor(context: BookContext, kind: EntryKind, from: BookEntry | NewEntry, writable: boolean) {
    const entry = 'props' in from ? from : undefined;
    const values = entry === undefined ? kindProps(kind) : allProps(context.book.uid, entry);
    super(context, entryBag(kind, values), writable);
    this.bag.addObject(PR_DETAILS_TABLE);
    this.#kind = kind;
    this.#entry = entry;
    this.#new = 'props' in from ? {} : from;
  }

  /** The entry as it was read or last saved; undefined before the first save. */
  protected get entry(): BookEntry | undefined {
    return this.#entry;
  }

  /**
   * @throws MAPI_E_COLLISION for a duplicate; MAPI_E_OBJECT_CHANGED, MAPI_E_OBJECT_DELETED;
   * MAPI_E_MISSING_REQUIRED_COLUMN without an address or name; the object stays open then
   */
  override async saveChanges(options: SaveChangesOptions = {}): Promise<void> {
    this.assertWritable();
    const stored = completeProps(this.#kind, withoutDefaults([...this.bag], this.#entry));
    const entry = await this.context.book.save({
      kind: this.#kind,
      props: stampedProps(stored, this.#entry, this.context.clock.now()),
      ...(this.#entry === undefined ? this.#new : { base: this.#entry }),
      ...(options.force === undefined ? {} : { force: options.force }),
    });
    this.#entry = entry;
    for (const { tag, value } of allProps(this.context.book.uid, entry)) this.bag.set(tag, value);
    if (options.keepOpenReadOnly) this.writable = false;
    else if (!options.keepOpenReadWrite) this.close();
  }

  protected override refusal({ tag, value }: PropValue): MapiErrorCode | undefined {
    const type = propType(tag);
    if (type === PT_NULL || type === PT_ERROR || isComputed(this.#kind, tag)) return undefined; // the bag deals with them
    if (isHiddenId(propId(tag))) return 'MAPI_E_COMPUTED';
    if (propId(tag) === propId(PR_ADDRTYPE) && !isAddressType(value)) return 'MAPI_E_BAD_VALUE';
    return canStore(tag) ? undefined : 'MAPI_E_INVALID_TYPE';
  }

  protected override tableOf(tag: PropTag): (() => Promise<IMAPITable>) | undefined {
    if (propId(tag) !== propId(PR_DETAILS_TABLE)) return undefined;
    return rowsAsTable(detailsRows(this.#kind, this.bag));
  }

  /** @throws MAPI_E_NOT_INITIALIZED before the first save */
  protected savedEntry(): BookEntry {
    this.assertOpen();
    if (this.#entry !== undefined) return this.#entry;
    throw new MapiError(
      'MAPI_E_NOT_INITIALIZED',
      `${this.iid} was not saved yet, it has no 0x${PR_ENTRYID.toString(16)}`,
    );
  }
}

/** PR_TRANSMITABLE_DISPLAY_NAME follows the display name until somebody sets it. */
function withoutDefaults(values: readonly PropValue[], base: BookEntry | undefined): readonly PropValue[] {
  if (base === undefined || propOf(base.props, PR_TRANSMITABLE_DISPLAY_NAME) !== undefined) return values;
  const name = propOf(base.props, PR_DISPLAY_NAME);
  return values.filter(({ tag, value }) => tag !== PR_TRANSMITABLE_DISPLAY_NAME || value !== name);
}

function entryBag(kind: EntryKind, values: readonly PropValue[]): PropBag {
  return new PropBag(values, {
    computed: (tag) => isComputed(kind, tag),
    hidden: isHiddenId,
    namedProperties: false,
  });
}
