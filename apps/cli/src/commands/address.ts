/** mapi address: the address book. */
import {
  type EntryId,
  fromHex,
  type IABContainer,
  type IAddrBook,
  MapiError,
  PR_ADDRTYPE,
  PR_ANR,
  PR_CREATE_TEMPLATES,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_SELECTABLE,
  parseAddress,
  prop,
  propOf,
  queryAllRows,
  resProperty,
} from 'nodemapi';
import { type Entry, openContainer, readEntries } from '../address-entries.ts';
import { type CommandSpec, EXIT_DONE, textArg, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { shortIds, theOneNamed } from '../short-id.ts';
import { layOut, paint, printable } from '../terminal.ts';

const NO_ENTRIES = 'The address book is empty. Add somebody: mapi address add "Ada Lovelace <ada@example.com>"';

function withAddressBook<T>(context: Context, work: (addressBook: IAddrBook) => Promise<T>): Promise<T> {
  return context
    .withSession({ noMail: true }, async ({ session }) => {
      const { object, warning } = await session.openAddressBook();
      await using addressBook = object;
      if (warning !== undefined) context.note('mapi: a part of the address book could not be opened');
      return await work(addressBook);
    })
    .then(({ result }) => result);
}

async function openPab(addressBook: IAddrBook): Promise<{ readonly container: IABContainer; readonly name: string }> {
  const entryId = await addressBook.getPAB();
  if (entryId.length === 0)
    throw new MapiError('MAPI_E_NOT_FOUND', 'the profile has no personal address book; add one: mapi service add pab');
  return openContainer(addressBook, entryId);
}

function printEntries(context: Context, entries: readonly Entry[], none = NO_ENTRIES): void {
  context.print({ entries }, () => {
    if (entries.length === 0) return none;
    const ids = shortIds(entries.map((entry) => entry.entryId));
    return layOut(
      context.io.terminal,
      ['name', 'address', 'type', 'container', 'id'],
      entries.map((entry, index) => [
        entry.displayName,
        entry.address,
        entry.addrType,
        entry.container,
        ids[index] ?? '',
      ]),
    );
  });
}

/** The template of the container that makes mail users. */
async function mailUserTemplate(container: IABContainer): Promise<EntryId> {
  await using table = await container.openProperty(PR_CREATE_TEMPLATES, 'IMAPITable');
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_ADDRTYPE, PR_SELECTABLE] });
  const row = rows.find(
    (candidate) => propOf(candidate, PR_SELECTABLE) !== false && propOf(candidate, PR_ADDRTYPE) !== 'MAPIPDL',
  );
  const entryId = row === undefined ? undefined : propOf(row, PR_ENTRYID);
  if (entryId === undefined)
    throw new MapiError('MAPI_E_NO_SUPPORT', 'the personal address book has no template for mail users');
  return entryId;
}

const find: CommandSpec = {
  usage: 'address find <text>',
  summary: 'Find entries by name or address.',
  help: 'Finds the entries whose names or addresses begin with the words of TEXT, the way names are resolved when mail is sent.',
  run: (context, args) =>
    withAddressBook(context, async (addressBook) => {
      const text = textArg(args, 0);
      const entries = await readEntries(addressBook, resProperty('EQ', PR_ANR, text));
      printEntries(context, entries, `No entry begins with "${printable(text)}".`);
      return EXIT_DONE;
    }),
};

const list: CommandSpec = {
  usage: 'address list',
  summary: 'List the address book.',
  help: 'Lists the entries of all containers in which names are looked up.',
  isDefault: true,
  run: (context) =>
    withAddressBook(context, async (addressBook) => {
      printEntries(context, await readEntries(addressBook, undefined));
      return EXIT_DONE;
    }),
};

const add: CommandSpec = {
  usage: 'address add <address> [name]',
  summary: 'Add somebody to the personal address book.',
  help: 'Adds an entry to the personal address book. Nothing is added if the same name with the same address is there already.\n\nExample: mapi address add "Ada Lovelace <ada@example.com>"',
  run: (context, args) =>
    withAddressBook(context, async (addressBook) => {
      const parsed = parseAddress(textArg(args, 0));
      const name = typeof args[1] === 'string' ? args[1] : parsed.name;
      const { container } = await openPab(addressBook);
      await using opened = container;
      await using entry = await opened.createEntry(await mailUserTemplate(opened), { strict: true });
      await entry.setProps([
        prop(PR_DISPLAY_NAME, name),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, parsed.address),
      ]);
      try {
        await entry.saveChanges({ keepOpenReadOnly: true });
      } catch (cause) {
        if (!MapiError.is(cause, 'MAPI_E_COLLISION')) throw cause;
        throw new MapiError(cause.code, `${name} <${parsed.address}> is in the address book already`, { cause });
      }
      if (context.json) printEntries(context, await readEntries(addressBook, undefined));
      else
        context.io.out(
          `${paint(context.io.terminal, 'green', '✓')} ${printable(name)} <${parsed.address}> is in the address book`,
        );
      return EXIT_DONE;
    }),
};

const remove: CommandSpec = {
  usage: 'address remove <entry>',
  summary: 'Remove an entry from the personal address book.',
  help: 'Removes an entry, named by its address or by its id as mapi address list shows it.',
  run: (context, args) =>
    withAddressBook(context, async (addressBook) => {
      const text = textArg(args, 0);
      const entries = await readEntries(addressBook, undefined);
      const named = entries.filter((candidate) => candidate.address.toLowerCase() === text.toLowerCase());
      if (named.length === 0 && text.includes('@'))
        throw new MapiError('MAPI_E_NOT_FOUND', `the address book has no entry with the address ${text}`);
      if (named.length > 1)
        throw new UsageError(`${named.length} entries have the address ${text}; write the id of the one you mean`);
      const entry =
        named[0] ?? theOneNamed(text, entries, (candidate) => candidate.entryId, 'entry of the address book');
      const { container } = await openPab(addressBook);
      await using opened = container;
      await opened.deleteEntries([fromHex(entry.entryId)]);
      if (context.json) printEntries(context, await readEntries(addressBook, undefined));
      else
        context.io.out(
          `${paint(context.io.terminal, 'green', '✓')} ${printable(entry.displayName)} <${entry.address}> is removed`,
        );
      return EXIT_DONE;
    }),
};

export const ADDRESS_COMMANDS: readonly CommandSpec[] = [list, find, add, remove];
