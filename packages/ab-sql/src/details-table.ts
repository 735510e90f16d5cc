/**
 * PR_DETAILS_TABLE: the display table of an entry.
 *
 * An entry that was copied from another address book brings its own; it is kept as one binary, so that the details
 * can be shown when that address book is out of reach. Own entries have the one below.
 *
 * spec: display-tables, copying-address-book-entries
 */
import { ByteReader, ByteWriter, concatBytes, MapiError } from '@nodemapi/base';
import { type PropBag, queryAllRows } from '@nodemapi/kit';
import {
  type IMAPIProp,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_CONTROL_FLAGS,
  PR_CONTROL_ID,
  PR_CONTROL_STRUCTURE,
  PR_CONTROL_TYPE,
  PR_DELTAX,
  PR_DELTAY,
  PR_DETAILS_TABLE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_XPOS,
  PR_YPOS,
  type PropTag,
  PT_BINARY,
  prop,
  propId,
  type Row,
  type RowSet,
  tag,
} from '@nodemapi/mapi';
import type { EntryKind } from './book-entry.ts';
import { decodePropList, encodePropList } from './prop-list-codec.ts';

/** Where the rows of a copied display table lie. */
export const PR_COPIED_DETAILS = tag(0x6602, PT_BINARY);

/** Rows of a display table that are taken over; a dialog of more would not fit on a screen. */
const detailsRowsMax = 1000;

/** DTCT_… */
const CONTROL_LABEL = 0;
const CONTROL_EDIT = 1;
const CONTROL_PAGE = 8;
/** DT_EDITABLE, DT_REQUIRED */
const EDITABLE = 2;
const REQUIRED = 4;

/** Identifiers that clients do not get to see. */
export function isHiddenId(id: number): boolean {
  return id === propId(PR_COPIED_DETAILS);
}

/** Rows of the display table of an entry. @throws MAPI_E_CORRUPT_DATA if the copied one cannot be read */
export function detailsRows(kind: EntryKind, bag: PropBag): RowSet {
  const copied = bag.get(PR_COPIED_DETAILS);
  return copied === undefined ? OWN_ROWS[kind] : decodeRows(copied);
}

/** The display table of any entry, as bytes to be kept with a copy of it; undefined if it has none. */
export async function copyDetails(source: IMAPIProp): Promise<Uint8Array | undefined> {
  try {
    await using table = await source.openProperty(PR_DETAILS_TABLE, 'IMAPITable');
    return encodeRows(await queryAllRows(table, { max: detailsRowsMax }));
  } catch (error) {
    if (MapiError.is(error) && ABSENT.has(error.code)) return undefined;
    throw error;
  }
}

const ABSENT: ReadonlySet<string> = new Set([
  'MAPI_E_NOT_FOUND',
  'MAPI_E_NO_SUPPORT',
  'MAPI_E_INTERFACE_NOT_SUPPORTED',
]);

function encodeRows(rows: RowSet): Uint8Array {
  const parts = [new ByteWriter().u32(rows.length).toBytes()];
  for (const row of rows) {
    const bytes = encodePropList(row);
    parts.push(new ByteWriter().u32(bytes.length).toBytes(), bytes);
  }
  return concatBytes(parts);
}

function decodeRows(bytes: Uint8Array): RowSet {
  const reader = new ByteReader(bytes, 'display table');
  const count = reader.u32();
  if (count > detailsRowsMax) throw new MapiError('MAPI_E_CORRUPT_DATA', `display table of ${count} rows`);
  return Array.from({ length: count }, () => decodePropList(reader.bytes(reader.u32())));
}

/** Height of a line and of the gap below it, in dialog units. */
const LINE = 12;
const STEP = 18;
const PAGE: Row = control({ x: 0, y: 0, width: 200, height: 180 }, CONTROL_PAGE, 0, pageStructure());

const OWN_ROWS: Readonly<Record<EntryKind, RowSet>> = {
  mailUser: page([PR_DISPLAY_NAME, REQUIRED], [PR_EMAIL_ADDRESS, REQUIRED], [PR_ADDRTYPE, 0], [PR_COMMENT, 0]),
  distList: page([PR_DISPLAY_NAME, REQUIRED], [PR_COMMENT, 0]),
};

/** A page of edit fields, one below the other, each with a label beside it. */
function page(...fields: readonly (readonly [PropTag, number])[]): RowSet {
  const rows = fields.flatMap(([field, flags], line) => {
    const y = 6 + line * STEP;
    return [
      control({ x: 6, y, width: 50, height: LINE }, CONTROL_LABEL, 0, fieldStructure(field)),
      control({ x: 60, y, width: 130, height: LINE }, CONTROL_EDIT, EDITABLE | flags, fieldStructure(field)),
    ];
  });
  return [PAGE, ...rows].map((row, index) => [...row, prop(PR_CONTROL_ID, Uint8Array.of(index))]);
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function control({ x, y, width, height }: Place, type: number, flags: number, structure: Uint8Array): Row {
  return [
    prop(PR_XPOS, x),
    prop(PR_YPOS, y),
    prop(PR_DELTAX, width),
    prop(PR_DELTAY, height),
    prop(PR_CONTROL_TYPE, type),
    prop(PR_CONTROL_FLAGS, flags),
    prop(PR_CONTROL_STRUCTURE, structure),
  ];
}

/** The property behind a control and the characters it may have. MAPI: DTBLEDIT, without the offset of a filter */
function fieldStructure(field: PropTag): Uint8Array {
  return new ByteWriter().u32(0).u32(0).u32(1024).u32(field).toBytes();
}

/** MAPI: DTBLPAGE, without label and context. */
function pageStructure(): Uint8Array {
  return new ByteWriter().u32(0).u32(0).u32(0).u32(0).toBytes();
}
