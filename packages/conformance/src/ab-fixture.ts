/** What the suites of address book providers share: opening, filling and reading the container that can be modified. */
import { strict as assert } from 'node:assert';
import {
  AB_MODIFIABLE,
  type AdrEntry,
  type CheckDuplicates,
  type EntryId,
  type HoldsRecipients,
  type IABContainer,
  type IABLogon,
  type IDistList,
  type IMAPIProp,
  type IMAPITable,
  type IMailUser,
  MapiError,
  type MapiErrorCode,
  type Notification,
  PR_ADDRTYPE,
  PR_CONTAINER_FLAGS,
  PR_CREATE_TEMPLATES,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  type PropTag,
  prop,
  propOf,
  type RowSet,
} from '@nodemapi/mapi';
import { type RuleSkips, ruleTests, ruleTitle } from './rule-test.ts';

/** A provider's logon, as `abSuite` asks for one per test: an empty address book with one container to write to. */
export interface AbUnderTest {
  readonly logon: IABLogon;
  close(): Promise<void>;
  /** Resolves when every notification that is due has arrived. */
  settle(): Promise<void>;
  /** Logs off and on again; the old logon is closed. Without it the tests of durability are skipped. */
  reopen?(): Promise<AbUnderTest>;
}

export interface AbSuiteOptions {
  readonly skips?: RuleSkips;
}

/** Registers one test, with the rules that it shows if any; the book is opened before it and closed after it. */
export type AbRule = (ids: string, sentence: string, run: (book: AbBook) => Promise<void>) => void;

/** Makes the function that registers the tests of one provider. */
export function abRules(open: () => Promise<AbUnderTest>, options: AbSuiteOptions): AbRule {
  const rule = ruleTests(async () => new AbBook(await open()), options.skips);
  return (ids, sentence, run) => rule(ruleTitle(ids, sentence), run);
}

/** An open address book; objects that were opened through it are released with it. */
export class AbBook {
  #under: AbUnderTest;
  #opened: { release(): Promise<void> }[] = [];

  constructor(under: AbUnderTest) {
    this.#under = under;
  }

  get logon(): IABLogon {
    return this.#under.logon;
  }

  get canReopen(): boolean {
    return this.#under.reopen !== undefined;
  }

  settle(): Promise<void> {
    return this.#under.settle();
  }

  /** Releases `object` at the end. */
  keep<T extends { release(): Promise<void> }>(object: T): T {
    this.#opened.push(object);
    return object;
  }

  async reopen(): Promise<void> {
    await this.#releaseAll();
    const again = await this.#under.reopen?.();
    assert.ok(again, 'the provider cannot be reopened');
    this.#under = again;
  }

  async close(): Promise<void> {
    await this.#releaseAll();
    await this.#under.close();
  }

  async root(): Promise<IABContainer> {
    return this.keep(await this.logon.openEntry(null, { iid: 'IABContainer' }));
  }

  /** Identifier of the first container that can be modified. */
  async containerId(): Promise<EntryId> {
    const table = this.keep(await (await this.root()).getHierarchyTable({ convenientDepth: true }));
    for (const row of await allRows(table, [PR_ENTRYID, PR_CONTAINER_FLAGS])) {
      const flags = propOf(row, PR_CONTAINER_FLAGS) ?? 0;
      const entryId = propOf(row, PR_ENTRYID);
      if ((flags & AB_MODIFIABLE) !== 0 && entryId !== undefined) return entryId;
    }
    throw new Error('no container can be modified');
  }

  /** The container that can be modified, open for that. */
  async container(): Promise<IABContainer> {
    const entryId = await this.containerId();
    return this.keep(await this.logon.openEntry(entryId, { iid: 'IABContainer', modify: true }));
  }

  async user(entryId: EntryId, modify = false): Promise<IMailUser> {
    return this.keep(await this.logon.openEntry(entryId, { iid: 'IMailUser', modify }));
  }

  async list(entryId: EntryId, modify = false): Promise<IDistList> {
    return this.keep(await this.logon.openEntry(entryId, { iid: 'IDistList', modify }));
  }

  /** A new entry of the template whose rows show `displayType`, not saved. */
  async create(holder: HoldsRecipients, displayType: number, check?: CheckDuplicates): Promise<IMailUser | IDistList> {
    const templates = await this.rowsOfTemplates(holder);
    const row = templates.find((candidate) => propOf(candidate, PR_DISPLAY_TYPE) === displayType);
    const template = propOf(row ?? [], PR_ENTRYID);
    assert.ok(template, `no template makes entries of display type ${displayType}`);
    return this.keep(await holder.createEntry(template, check));
  }

  async rowsOfTemplates(holder: HoldsRecipients): Promise<RowSet> {
    const table = this.keep(await holder.openProperty(PR_CREATE_TEMPLATES, 'IMAPITable'));
    return allRows(table, [PR_ENTRYID, PR_DISPLAY_TYPE]);
  }

  /** Adds a mail user and answers its identifier. */
  async add(holder: HoldsRecipients, name: string, address: string, check?: CheckDuplicates): Promise<EntryId> {
    const entry = await this.create(holder, 0, check);
    await setUser(entry, name, address);
    await entry.saveChanges({ keepOpenReadOnly: true });
    return idOf(entry);
  }

  /** Adds a personal distribution list with members and answers its identifier. */
  async addList(holder: HoldsRecipients, name: string, members: readonly EntryId[] = []): Promise<EntryId> {
    const entry = await this.create(holder, 5);
    await entry.setProps([prop(PR_DISPLAY_NAME, name)]);
    await entry.saveChanges({ keepOpenReadOnly: true });
    const entryId = await idOf(entry);
    if (members.length > 0) assert.deepEqual(await (await this.list(entryId, true)).copyEntries(members), {});
    return entryId;
  }

  /** Display names in a container or list, in the order of its contents table. */
  async names(holder: HoldsRecipients): Promise<readonly string[]> {
    const table = this.keep(await holder.getContentsTable());
    return (await allRows(table, [PR_DISPLAY_NAME])).map((row) => propOf(row, PR_DISPLAY_NAME) ?? '');
  }

  async #releaseAll(): Promise<void> {
    const opened = this.#opened;
    this.#opened = [];
    for (const object of opened.reverse()) await object.release();
  }
}

/** Sets what a mail user needs. */
export async function setUser(entry: IMAPIProp, name: string, address: string): Promise<void> {
  const values = [prop(PR_DISPLAY_NAME, name), prop(PR_ADDRTYPE, 'SMTP'), prop(PR_EMAIL_ADDRESS, address)] as const;
  assert.deepEqual(await entry.setProps(values), []);
}

export async function idOf(object: IMAPIProp): Promise<EntryId> {
  const entryId = await oneProp(object, PR_ENTRYID);
  assert.ok(entryId, 'no PR_ENTRYID');
  return entryId;
}

export async function oneProp<T>(object: IMAPIProp, tag: PropTag<T>): Promise<T | undefined> {
  return propOf((await object.getProps([tag])).props, tag);
}

/** All rows of a table from its beginning, with these columns. */
export async function allRows(table: IMAPITable, tags: readonly PropTag[]): Promise<RowSet> {
  await table.setColumns(tags);
  await table.seekRow('beginning', 0);
  const rows = [];
  for (let part = await table.queryRows(100); part.length > 0; part = await table.queryRows(100)) rows.push(...part);
  return rows;
}

/** Fails unless `action` fails with one of `codes`. */
export async function failsWith(action: Promise<unknown>, ...codes: readonly MapiErrorCode[]): Promise<void> {
  await assert.rejects(action, (error: unknown) => {
    if (!MapiError.is(error)) return false;
    assert.ok(codes.includes(error.code), `${error.message}; expected ${codes.join(' or ')}`);
    return true;
  });
}

/** A recipient that has but a name. */
export function unresolved(name: string): AdrEntry {
  return [prop(PR_DISPLAY_NAME, name)];
}

/** Collects what a sink is told. */
export function collector(): { readonly seen: Notification[]; onNotify(notifications: readonly Notification[]): void } {
  const seen: Notification[] = [];
  return { seen, onNotify: (notifications) => void seen.push(...notifications) };
}
