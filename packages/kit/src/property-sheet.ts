/** The standard dialog for the properties of an object, by questions to the user. spec: imapisupport-doconfigpropsheet */
import {
  type IMAPIProp,
  type IMAPITable,
  isPropError,
  MapiError,
  type PropTag,
  type PropValue,
  PT_BOOLEAN,
  PT_LONG,
  PT_UNICODE,
  prop,
  propById,
  propId,
  propType,
  type UserInterface,
} from '@nodemapi/mapi';
import { ControlChanges } from './control-changes.ts';
import { type DisplayField, type DisplayPage, readDisplayTable } from './display-table.ts';
import { setPropList } from './prop-access.ts';

export interface PropertySheetOptions {
  readonly title?: string;
  /** ulTopPage: the page that is shown first, from 0. */
  readonly topPage?: number;
}

/** What a field has on the sheet; undefined: nothing. */
type Draft = Map<PropTag, PropValue['value'] | undefined>;

const EDITABLE_TYPES: ReadonlySet<number> = new Set([PT_UNICODE, PT_LONG, PT_BOOLEAN]);
const SECRET_SHOWN = '********';

/**
 * Shows pages of fields with their values and lets the user change them; at the end the changes are set and saved.
 *
 * Where the display table tells that a control has changed (TABLE_ROW_MODIFIED with PR_CONTROL_ID), its property is read
 * again, and shown in place of what the user has made of it.
 *
 * @returns whether anything was changed
 * @throws MAPI_E_USER_CANCEL if the user gives up: nothing is changed then; MAPI_E_INVALID_PARAMETER for a page that is
 *   not there; what `data` refuses
 */
export async function showPropertySheet(
  display: IMAPITable,
  data: IMAPIProp,
  ui: UserInterface,
  options: PropertySheetOptions = {},
): Promise<boolean> {
  const pages = await readDisplayTable(display);
  const top = options.topPage ?? 0;
  if (!Number.isInteger(top) || top < 0 || top >= Math.max(1, pages.length)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `the sheet has no page ${top}`);
  }
  const tags = pages.flatMap((page) => page.fields.map(({ tag }) => tag));
  const { props } = tags.length === 0 ? { props: [] } : await data.getProps(tags);
  const draft: Draft = new Map();
  await using changes = await ControlChanges.of(display);
  const refresh = async (): Promise<void> => {
    for (const tag of changes.take()) {
      const [entry] = (await data.getProps([tag])).props;
      draft.delete(tag);
      sheet.props = [...(entry === undefined ? [] : [entry]), ...sheet.props];
    }
  };
  const sheet: Sheet = { ui, title: options.title ?? 'Properties', props, draft, refresh };
  for (let page = pages[top]; page !== undefined; ) {
    const next = await showPage(page, pages, sheet);
    if (next === 'ok') break;
    page = next;
  }
  await store(data, draft);
  return draft.size > 0;
}

interface Sheet {
  readonly ui: UserInterface;
  readonly title: string;
  /** As they are stored; of two of one property the first is the newer. */
  props: readonly PropValue[];
  readonly draft: Draft;
  /** Reads anew what the display table said has changed. */
  refresh(): Promise<void>;
}

/** Lets the user work on one page; answers the page to go to. */
async function showPage(page: DisplayPage, pages: readonly DisplayPage[], sheet: Sheet): Promise<DisplayPage | 'ok'> {
  const { ui, title } = sheet;
  const others = pages.filter((other) => other !== page);
  for (;;) {
    await sheet.refresh();
    const choice = await askChoice(ui, page.label === '' ? title : `${title}: ${page.label}`, [
      ...page.fields.map((field) => `${field.label}: ${shownValue(field, sheet)}`),
      ...others.map((other) => `Page ${other.label}`),
      'OK',
      'Cancel',
    ]);
    const field = page.fields[choice];
    const other = others[choice - page.fields.length];
    if (field !== undefined) await edit(field, sheet);
    else if (other !== undefined) return other;
    else if (choice > page.fields.length + others.length) {
      throw new MapiError('MAPI_E_USER_CANCEL', 'the properties stay as they are');
    } else {
      const missing = pages.flatMap(({ fields }) => fields).find((one) => isMissing(one, sheet));
      if (missing === undefined) return 'ok';
      await ui.confirm(`${missing.label} is needed.`);
    }
  }
}

/** Asks by `choose`. @throws MAPI_E_CALL_FAILED for an answer that was not offered, which would be asked for ever */
export async function askChoice(ui: UserInterface, question: string, choices: readonly string[]): Promise<number> {
  const choice = await ui.choose(question, choices);
  if (Number.isInteger(choice) && choice >= 0 && choice < choices.length) return choice;
  throw new MapiError('MAPI_E_CALL_FAILED', `the user interface chose ${choice} of ${choices.length}`);
}

function fieldValue({ tag }: DisplayField, { props, draft }: Sheet): PropValue['value'] | undefined {
  if (draft.has(tag)) return draft.get(tag);
  const stored = propById(props, propId(tag));
  return stored === undefined || isPropError(stored) ? undefined : stored.value;
}

function isMissing(field: DisplayField, sheet: Sheet): boolean {
  const value = fieldValue(field, sheet);
  return field.required === true && field.readOnly !== true && (value === undefined || value === '');
}

function shownValue(field: DisplayField, sheet: Sheet): string {
  const value = fieldValue(field, sheet);
  if (value === undefined || value === '') return '–';
  if (field.secret === true) return SECRET_SHOWN;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value instanceof Uint8Array ? `${value.length} bytes` : String(value);
}

/** A field that cannot be changed is left as it is. */
async function edit(field: DisplayField, sheet: Sheet): Promise<void> {
  const type = propType(field.tag);
  if (field.readOnly === true || !EDITABLE_TYPES.has(type)) return;
  const { ui, draft } = sheet;
  const before = fieldValue(field, sheet);
  if (type === PT_BOOLEAN) {
    draft.set(field.tag, before !== true);
    return;
  }
  const shown = field.secret === true || before === undefined ? {} : { default: String(before) };
  const text = await ui.prompt(field.label, { ...shown, ...(field.secret === true ? { secret: true } : {}) });
  if (type === PT_UNICODE) draft.set(field.tag, text === '' ? undefined : text);
  else if (text === '') draft.set(field.tag, undefined);
  else if (/^-?\d{1,10}$/u.test(text)) draft.set(field.tag, Number(text));
  else await ui.confirm(`${field.label} is a number.`);
}

async function store(data: IMAPIProp, draft: Draft): Promise<void> {
  if (draft.size === 0) return;
  const values: PropValue[] = [];
  const gone: PropTag[] = [];
  for (const [tag, value] of draft) {
    if (value === undefined) gone.push(tag);
    else values.push(prop(tag, value));
  }
  if (gone.length > 0) await data.deleteProps(gone);
  const [problem] = values.length === 0 ? [] : await setPropList(data, values);
  if (problem !== undefined) throw new MapiError(problem.code, `0x${problem.tag.toString(16)} cannot be set`);
  await data.saveChanges({ keepOpenReadWrite: true });
}
