/** An address book provider with a home of its own, for tests. */
import { join } from 'node:path';
import { AdviseHub, type StandaloneHost, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type EntryId,
  type IABContainer,
  type IABProvider,
  type IDistList,
  type IMAPISupport,
  type IMailUser,
  PR_CREATE_TEMPLATES,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  type PropValue,
  prop,
  propOf,
} from '@nodemapi/mapi';
import type { LocalABLogon } from './ab-logon.ts';
import { PR_BOOK_PATH } from './book-path.ts';
import { check } from './check.ts';
import { ABProviderInit } from './index.ts';

export class TestAddressBook {
  readonly host: StandaloneHost;
  readonly provider: IABProvider;
  readonly hub = new AdviseHub();
  #number = 0;

  private constructor(host: StandaloneHost, provider: IABProvider) {
    this.host = host;
    this.provider = provider;
  }

  static async open(): Promise<TestAddressBook> {
    const host = await standaloneHost();
    return new TestAddressBook(host, (await ABProviderInit(host)).provider);
  }

  path(profile = 'me'): string {
    return join(this.host.home, 'stores', `${profile}.mapiab`);
  }

  support(section: readonly PropValue[] = []): StandaloneSupport {
    return new StandaloneSupport({ kind: 'addressBook', host: this.host, hub: this.hub, section });
  }

  /** With the section of a profile whose book has its usual file. */
  supportOf(profile: string): StandaloneSupport {
    return this.support([prop(PR_BOOK_PATH, join('stores', `${profile}.mapiab`))]);
  }

  /** Logs on to the book of a profile; the support object's own reference is given up. */
  async logon(profile = 'me', support: IMAPISupport = this.supportOf(profile)): Promise<LocalABLogon> {
    const logon = await this.provider.logon(support, profile, {});
    await support.release();
    return logon as LocalABLogon;
  }

  /** A profile name that no other test has. */
  newProfile(): string {
    return `profile ${this.#number++}`;
  }

  async close(): Promise<void> {
    await this.provider.shutdown();
    await this.host[Symbol.asyncDispose]();
  }

  /** What is wrong with the file of a profile, after everything was closed. */
  findings(profile = 'me') {
    return check(this.path(profile));
  }
}

/** Runs a test with an address book of its own; the file is checked at the end. */
export async function withBook(run: (book: TestAddressBook) => Promise<void>): Promise<void> {
  const book = await TestAddressBook.open();
  try {
    await run(book);
  } finally {
    await book.close();
  }
}

/** The container of the book, open for writing. */
export async function containerOf(logon: LocalABLogon): Promise<IABContainer> {
  await using root = await logon.openEntry(null, { iid: 'IABContainer' });
  await using table = await root.getHierarchyTable();
  const [row] = await table.queryRows(1);
  return logon.openEntry(propOf(row ?? [], PR_ENTRYID) ?? null, { iid: 'IABContainer', modify: true });
}

/** A new entry, not saved. */
export async function newEntry(container: IABContainer, displayType: number): Promise<IMailUser | IDistList> {
  await using table = await container.openProperty(PR_CREATE_TEMPLATES, 'IMAPITable');
  const row = (await table.queryRows(10)).find((candidate) => propOf(candidate, PR_DISPLAY_TYPE) === displayType);
  return container.createEntry(propOf(row ?? [], PR_ENTRYID) ?? new Uint8Array());
}

/** Adds a mail user. */
export async function addUser(container: IABContainer, name: string, address: string): Promise<EntryId> {
  await using user = await newEntry(container, 0);
  await user.setProps([prop(PR_DISPLAY_NAME, name), prop(PR_EMAIL_ADDRESS, address)]);
  await user.saveChanges({ keepOpenReadOnly: true });
  return propOf((await user.getProps([PR_ENTRYID])).props, PR_ENTRYID) ?? new Uint8Array();
}
