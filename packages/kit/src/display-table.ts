/**
 * Display tables: the fields of a dialog, as rows of controls. spec: display-tables, builddisplaytable
 *
 * A structure names its texts by their offset in bytes from its own beginning:
 * ```
 * DTBLPAGE     | label | flags | component | context |
 * DTBLLABEL    | label | flags |
 * DTBLEDIT     | characters allowed | flags | number of characters | property |
 * DTBLCHECKBOX | label | flags | property |
 * ```
 */
import { ByteReader, ByteWriter, concatBytes, decodeCodePage, MapiError, toHex } from '@nodemapi/base';
import {
  type IMAPITable,
  PR_CONTROL_FLAGS,
  PR_CONTROL_ID,
  PR_CONTROL_STRUCTURE,
  PR_CONTROL_TYPE,
  PR_DELTAX,
  PR_DELTAY,
  PR_XPOS,
  PR_YPOS,
  PROPERTY_TAGS,
  type PropTag,
  PT_BOOLEAN,
  prop,
  propOf,
  propType,
  type Row,
  type RowSet,
  tagFromNumber,
} from '@nodemapi/mapi';
import { queryAllRows } from './prop-access.ts';
import { snapshotTable } from './table-data.ts';

/** PR_CONTROL_TYPE */
export const DTCT_LABEL = 0;
export const DTCT_EDIT = 1;
export const DTCT_COMBOBOX = 3;
export const DTCT_CHECKBOX = 5;
export const DTCT_PAGE = 8;
/** PR_CONTROL_FLAGS */
export const DT_EDITABLE = 0x2;
export const DT_REQUIRED = 0x4;
export const DT_PASSWORD_EDIT = 0x10;

/** Rows of one display table that are looked at; a dialog of more would not fit on a screen. */
export const DISPLAY_ROWS_MAX = 1000;
/** MAPI_UNICODE: the texts of a structure are UTF-16LE. */
const UNICODE = 0x8000_0000;
const CHARS_MAX = 1024;

/** One property of a dialog: a check box if it is Boolean, else a line of text. */
export interface DisplayField {
  readonly label: string;
  readonly tag: PropTag;
  readonly required?: boolean;
  /** Not shown as it is typed. */
  readonly secret?: boolean;
  readonly readOnly?: boolean;
}

export interface DisplayPage {
  readonly label: string;
  readonly fields: readonly DisplayField[];
}

/** BuildDisplayTable: a table for these pages. */
export function buildDisplayTable(pages: readonly DisplayPage[]): Promise<IMAPITable> {
  return snapshotTable(displayRows(pages));
}

/** The rows of a display table, each field one line below the other. */
export function displayRows(pages: readonly DisplayPage[]): RowSet {
  const rows = pages.flatMap((page) => [pageRow(page), ...page.fields.flatMap(fieldRows)]);
  return rows.map((row, index) => [...row, prop(PR_CONTROL_ID, new ByteWriter().u32(index).toBytes())]);
}

/**
 * Reads a display table of anybody's; controls of other kinds than pages, labels, lines and check boxes are passed over.
 *
 * @throws MAPI_E_CORRUPT_DATA for a structure that is cut off
 */
export async function readDisplayTable(table: IMAPITable): Promise<readonly DisplayPage[]> {
  const tags = [PR_CONTROL_TYPE, PR_CONTROL_FLAGS, PR_CONTROL_STRUCTURE];
  const pages: { label: string; fields: DisplayField[] }[] = [];
  let label = '';
  for (const row of await queryAllRows(table, { tags, max: DISPLAY_ROWS_MAX })) {
    const type = propOf(row, PR_CONTROL_TYPE);
    const structure = propOf(row, PR_CONTROL_STRUCTURE) ?? new Uint8Array();
    if (type === DTCT_PAGE) pages.push({ label: textIn(structure), fields: [] });
    else if (type === DTCT_LABEL) label = textIn(structure);
    else if (type === DTCT_EDIT || type === DTCT_COMBOBOX || type === DTCT_CHECKBOX) {
      if (pages.length === 0) pages.push({ label: '', fields: [] });
      pages.at(-1)?.fields.push(fieldOf(type, propOf(row, PR_CONTROL_FLAGS) ?? 0, structure, label));
      label = '';
    }
  }
  return pages;
}

/** The property behind each control of a display table, by PR_CONTROL_ID in hexadecimal. */
export async function controlTags(table: IMAPITable): Promise<ReadonlyMap<string, PropTag>> {
  const tags = [PR_CONTROL_TYPE, PR_CONTROL_STRUCTURE, PR_CONTROL_ID];
  const found = new Map<string, PropTag>();
  for (const row of await queryAllRows(table, { tags, max: DISPLAY_ROWS_MAX })) {
    const type = propOf(row, PR_CONTROL_TYPE);
    const id = propOf(row, PR_CONTROL_ID);
    if (id === undefined || (type !== DTCT_EDIT && type !== DTCT_COMBOBOX && type !== DTCT_CHECKBOX)) continue;
    found.set(toHex(id), propertyIn(type, propOf(row, PR_CONTROL_STRUCTURE) ?? new Uint8Array()));
  }
  return found;
}

function propertyIn(type: number, structure: Uint8Array): PropTag {
  return tagFromNumber(numberAt(structure, type === DTCT_CHECKBOX ? 8 : 12));
}

function fieldOf(type: number, flags: number, structure: Uint8Array, label: string): DisplayField {
  const isBox = type === DTCT_CHECKBOX;
  const tag = propertyIn(type, structure);
  const own = isBox ? textIn(structure) : '';
  return {
    label: own || label.replace(/:$/u, '') || nameOf(tag),
    tag,
    required: (flags & DT_REQUIRED) !== 0,
    secret: (flags & DT_PASSWORD_EDIT) !== 0,
    readOnly: (flags & DT_EDITABLE) === 0,
  };
}

function pageRow({ label }: DisplayPage): Row {
  return control(0, DTCT_PAGE, 0, structureOf(label, [0, 0]));
}

function fieldRows(field: DisplayField, line: number): readonly Row[] {
  const flags =
    (field.readOnly === true ? 0 : DT_EDITABLE) |
    (field.required === true ? DT_REQUIRED : 0) |
    (field.secret === true ? DT_PASSWORD_EDIT : 0);
  if (propType(field.tag) === PT_BOOLEAN) {
    return [control(line, DTCT_CHECKBOX, flags, structureOf(field.label, [field.tag]))];
  }
  return [
    control(line, DTCT_LABEL, 0, structureOf(field.label, [])),
    control(line, DTCT_EDIT, flags, structureOf('', [CHARS_MAX, field.tag])),
  ];
}

/** In dialog units: the size of a page, and the distance of two lines. */
const PAGE_WIDTH = 200;
const PAGE_HEIGHT = 180;
const STEP = 18;

function control(line: number, type: number, flags: number, structure: Uint8Array): Row {
  const isPage = type === DTCT_PAGE;
  const isLabel = type === DTCT_LABEL;
  return [
    prop(PR_XPOS, isPage ? 0 : isLabel ? 6 : 60),
    prop(PR_YPOS, isPage ? 0 : 6 + line * STEP),
    prop(PR_DELTAX, isPage ? PAGE_WIDTH : isLabel ? 50 : 130),
    prop(PR_DELTAY, isPage ? PAGE_HEIGHT : 12),
    prop(PR_CONTROL_TYPE, type),
    prop(PR_CONTROL_FLAGS, flags),
    prop(PR_CONTROL_STRUCTURE, structure),
  ];
}

/** Offset of the text, flags, the other numbers, then the text with its zero. */
function structureOf(text: string, numbers: readonly number[]): Uint8Array {
  const head = new ByteWriter().u32(text === '' ? 0 : 8 + numbers.length * 4).u32(UNICODE);
  for (const number of numbers) head.u32(number >>> 0);
  if (text === '') return head.toBytes();
  const body = new ByteWriter();
  for (let index = 0; index < text.length; index++) body.u16(text.charCodeAt(index));
  return concatBytes([head.toBytes(), body.u16(0).toBytes()]);
}

/** The text that the first number of a structure points to; '' if it points to none. */
function textIn(structure: Uint8Array): string {
  const offset = numberAt(structure, 0);
  if (offset === 0) return '';
  const unicode = (numberAt(structure, 4) & UNICODE) !== 0;
  if (offset > structure.length) throw new MapiError('MAPI_E_CORRUPT_DATA', `a control has its text at ${offset}`);
  const bytes = structure.subarray(offset);
  if (!unicode) {
    const end = bytes.indexOf(0);
    return decodeCodePage(end < 0 ? bytes : bytes.subarray(0, end), 1252).text;
  }
  const reader = new ByteReader(bytes, 'text of a control');
  let text = '';
  while (reader.remaining >= 2) {
    const unit = reader.u16();
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

function numberAt(structure: Uint8Array, offset: number): number {
  if (structure.length < offset + 4) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', `a control of ${structure.length} bytes needs ${offset + 4}`);
  }
  return new DataView(structure.buffer, structure.byteOffset).getUint32(offset, true);
}

/** `PR_COMMENT` as `Comment`; the number of a property that has no name. */
function nameOf(tag: PropTag): string {
  for (const [name, known] of PROPERTY_TAGS) {
    if (known !== (tag as number)) continue;
    const words = name.replace(/^PR_/u, '').replaceAll('_', ' ').toLowerCase();
    return words.charAt(0).toUpperCase() + words.slice(1);
  }
  return `0x${(tag as number).toString(16).padStart(8, '0')}`;
}
