/** The dialogs of the address book, by questions to the user: new entries, details, lists of recipients. */
import { bytesEqual, type Log, MapiError } from '@nodemapi/base';
import { askChoice, noSupport, PropBag, PropObject, queryAllRows, showPropertySheet } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  type AdrParm,
  type DetailsOptions,
  type DetailsResult,
  type EntryId,
  type IABContainer,
  type IAddrBook,
  type IMAPIProp,
  type IMAPITable,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_CREATE_TEMPLATES,
  PR_DETAILS_TABLE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SELECTABLE,
  prop,
  propId,
  propOf,
  type Row,
  type UserInterface,
} from '@nodemapi/mapi';
import { ONE_OFF_TEMPLATE } from './one-off-table.ts';
import { makeOneOff } from './one-off-user.ts';

/** What the dialogs work with. */
export interface AddressDialogs {
  readonly book: Pick<IAddrBook, 'openEntry' | 'resolveName'>;
  oneOffTable(): Promise<IMAPITable>;
  readonly log: Log;
}

/** The properties of a one-off recipient while they are asked for. */
class OneOffDraft extends PropObject {
  readonly iid = 'IMailUser';
}

/**
 * Makes an entry in a container, or a one-off identifier without one; the user chooses a template where none is named.
 *
 * @throws MAPI_E_NO_SUPPORT without a user interface, unless a container and a template are named
 */
export async function newEntry(
  dialogs: AddressDialogs,
  container: EntryId | null,
  template: EntryId | null,
  ui: UserInterface | undefined,
): Promise<EntryId> {
  if (container === null || container.length === 0) {
    const shown = ui ?? noSupport('IAddrBook.newEntry without a container and without a user interface');
    return newOneOff(dialogs, template, shown);
  }
  await using opened = await dialogs.book.openEntry(container, { iid: 'IABContainer', modify: true });
  const templateId = template ?? (await chooseTemplate(opened, ui));
  await using entry = await opened.createEntry(templateId);
  if (ui !== undefined) await showDetails(entry, ui, 'New entry');
  await entry.saveChanges({ keepOpenReadWrite: true });
  const { values } = await entry.getProps([PR_ENTRYID]);
  return values[0] ?? new Uint8Array();
}

/**
 * Shows an entry by its display table, to be changed where it can be; with DIALOG_SDI it answers at once and tells the end
 * by `onDismiss`.
 *
 * @throws MAPI_E_NO_SUPPORT without a user interface; MAPI_E_INVALID_PARAMETER for flags that exclude each other
 */
export async function details(
  dialogs: AddressDialogs,
  entryId: EntryId,
  ui: UserInterface | undefined,
  { modal, sdi, tellChange, onDismiss }: DetailsOptions,
): Promise<DetailsResult> {
  if (modal === true && sdi === true)
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'DIALOG_MODAL excludes DIALOG_SDI');
  const shown = ui ?? noSupport('IAddrBook.details without a user interface');
  // what an identifier of the address book opens has properties
  const entry = (await dialogs.book.openEntry(entryId, { bestAccess: true })) as IMAPIProp;
  const dialog = showDetails(entry, shown, 'Details').finally(() => entry.release());
  if (sdi === true) {
    tellEnd(
      dialogs,
      dialog.then(
        (changed) => () => onDismiss?.({ changed }),
        (error: unknown) => () => onDismiss?.({ error }),
      ),
    );
    return {};
  }
  const changed = await dialog;
  return tellChange === true ? { changed } : {};
}

/** Lets the user make a list of recipients; with DIALOG_SDI it answers at once and tells the end by `onDismiss`. */
export async function address(
  dialogs: AddressDialogs,
  ui: UserInterface | undefined,
  parm: AdrParm,
  list: AdrList | null,
): Promise<AdrList> {
  const shown = ui ?? noSupport('IAddrBook.address without a user interface');
  const before = [...(list ?? [])];
  const answer = askRecipients(dialogs, shown, parm, before);
  if (parm.sdi !== true) return answer;
  tellEnd(
    dialogs,
    answer.then(
      (after) => () => parm.onDismiss?.({ list: after }),
      (error: unknown) => () => parm.onDismiss?.({ error }),
    ),
  );
  return before;
}

/** Tells the program how a dialog ended that nobody waits for; if it throws then, that is logged and no end of the process. */
function tellEnd({ log }: AddressDialogs, end: Promise<() => void>): void {
  void end
    .then((tell) => tell())
    .catch((error: unknown) => log.warn('a program that was told of the end of a dialog threw', { error }));
}

async function newOneOff(dialogs: AddressDialogs, template: EntryId | null, ui: UserInterface): Promise<EntryId> {
  const row = await templateRow(await dialogs.oneOffTable(), template, ui);
  const templateId = propOf(row, PR_ENTRYID) ?? template ?? new Uint8Array();
  if (bytesEqual(templateId, ONE_OFF_TEMPLATE)) {
    const name = await ui.prompt('Name');
    const addrType = await ui.prompt('Type of the address', { default: 'SMTP' });
    return makeOneOff(name === '' ? null : name, addrType, await ui.prompt('Address'), false);
  }
  // what a template opens has properties
  await using entry = (await dialogs.book.openEntry(templateId, {})) as IMAPIProp;
  const known = propOf(row, PR_ADDRTYPE);
  await using draft = new OneOffDraft(new PropBag(known === undefined ? [] : [prop(PR_ADDRTYPE, known)]));
  await using display = await entry.openProperty(PR_DETAILS_TABLE, 'IMAPITable');
  await showPropertySheet(display, draft, ui, { title: 'New address' });
  const [name = null, addrType = '', emailAddress = ''] = (
    await draft.getProps([PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS])
  ).values;
  return makeOneOff(name, addrType, emailAddress, false);
}

/** The row of a template, chosen by the user unless it is named; an empty row for one that is not in the table. */
async function templateRow(table: IMAPITable, template: EntryId | null, ui: UserInterface | undefined): Promise<Row> {
  await using templates = table;
  const tags = [PR_DISPLAY_NAME, PR_ENTRYID, PR_SELECTABLE, PR_ADDRTYPE];
  const rows = await queryAllRows(templates, { tags });
  if (template !== null) {
    const isMeant = (entryId: EntryId | undefined): boolean => entryId !== undefined && bytesEqual(entryId, template);
    return rows.find((row) => isMeant(propOf(row, PR_ENTRYID))) ?? [];
  }
  const choices = rows.filter((row) => propOf(row, PR_SELECTABLE) !== false);
  const shown = ui ?? noSupport('a choice of templates without a user interface');
  const chosen = choices.length === 1 ? 0 : await askChoice(shown, 'What kind of entry?', choices.map(nameOf));
  return choices[chosen] ?? [];
}

/** Chooses among the templates of a container. @throws MAPI_E_NO_SUPPORT if it has none */
async function chooseTemplate(container: IABContainer, ui: UserInterface | undefined): Promise<EntryId> {
  const row = await templateRow(await container.openProperty(PR_CREATE_TEMPLATES, 'IMAPITable'), null, ui);
  return propOf(row, PR_ENTRYID) ?? noSupport('the container has no templates');
}

async function showDetails(entry: IMAPIProp, ui: UserInterface, title: string): Promise<boolean> {
  await using display = await entry.openProperty(PR_DETAILS_TABLE, 'IMAPITable');
  return await showPropertySheet(display, entry, ui, { title });
}

async function askRecipients(
  dialogs: AddressDialogs,
  ui: UserInterface,
  parm: AdrParm,
  before: AdrList,
): Promise<AdrList> {
  const list = before.filter((entry) => entry.length > 0);
  const kinds = parm.destinations ?? ['To'];
  const titleOf = (entry: AdrEntry): string => kinds[(propOf(entry, PR_RECIPIENT_TYPE) ?? MAPI_TO) - MAPI_TO] ?? 'To';
  for (;;) {
    const choice = await askChoice(ui, parm.caption ?? 'Recipients', [
      ...list.map((entry) => `Remove ${titleOf(entry)}: ${nameOf(entry)}`),
      ...kinds.map((kind) => `Add ${kind}`),
      'OK',
      'Cancel',
    ]);
    const added = choice - list.length;
    if (choice < list.length) list.splice(choice, 1);
    else if (added < kinds.length) list.push(...(await askRecipient(dialogs, ui, MAPI_TO + added)));
    else if (added === kinds.length) return list;
    else throw new MapiError('MAPI_E_USER_CANCEL', 'the recipients stay as they are');
  }
}

/** Asks for names or addresses; those that nobody knows stay unresolved. */
async function askRecipient({ book }: AddressDialogs, ui: UserInterface, kind: number): Promise<AdrList> {
  const names = (await ui.prompt('Names or addresses, separated by ";"')).split(';').map((name) => name.trim());
  const entries = names
    .filter((name) => name !== '')
    .map((name) => [prop(PR_DISPLAY_NAME, name), prop(PR_RECIPIENT_TYPE, kind)]);
  if (entries.length === 0) return [];
  const { list } = await book.resolveName(entries, { dialog: true }, ui);
  return list.map((entry) => [
    ...entry.filter(({ tag }) => propId(tag) !== propId(PR_RECIPIENT_TYPE)),
    prop(PR_RECIPIENT_TYPE, kind),
  ]);
}

function nameOf(row: Row | AdrEntry): string {
  return propOf(row, PR_DISPLAY_NAME) ?? propOf(row, PR_EMAIL_ADDRESS) ?? '';
}
