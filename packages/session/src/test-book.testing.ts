/** The address book provider of the tests. */
import { bytesEqual } from '@nodemapi/base';
import { noSupport, RefCounted, StatusObject } from '@nodemapi/kit';
import {
  type AdviseConnection,
  type EntryId,
  entryIdData,
  type IABLogon,
  type IABProvider,
  type IMAPIAdviseSink,
  type IMAPIProp,
  type IMAPIStatus,
  type IMAPISupport,
  type IMAPITable,
} from '@nodemapi/mapi';
import { TestContainer } from './objects.testing.ts';
import type { TestLibrary } from './providers.testing.ts';
import { BOOK_UID, statusColumns } from './test-ids.testing.ts';
import { TestProvider } from './test-provider.testing.ts';

export class TestABProvider extends TestProvider implements IABProvider {
  readonly iid = 'IABProvider';

  async shutdown(): Promise<void> {
    await this.library.did('IABProvider.shutdown');
  }

  async logon(...[support, , options, ui]: Parameters<IABProvider['logon']>): Promise<IABLogon> {
    this.library.lastLogon = { options, ui };
    const answer = await this.library.did('IABProvider.logon', this.library.behaviour.bookLogon);
    if (answer !== undefined) return answer as IABLogon;
    this.library.keep(support);
    this.library.lastBookSupport = support;
    await support.setProviderUID(BOOK_UID);
    return new TestABLogon(this.library, support);
  }
}

class TestABLogon extends RefCounted implements IABLogon {
  readonly iid = 'IABLogon';
  readonly #library: TestLibrary;
  readonly #support: IMAPISupport;

  constructor(library: TestLibrary, support: IMAPISupport) {
    super();
    this.#library = library;
    this.#support = support;
  }

  async logoff(): Promise<void> {
    await this.#library.did('IABLogon.logoff', this.#library.behaviour.bookLogoff);
    await this.#support.release();
  }

  readonly openEntry = (async (entryId: EntryId | null) => {
    const isRoot = entryId === null;
    return new TestContainer(isRoot ? 'root' : new TextDecoder().decode(entryIdData(entryId, BOOK_UID)), this.#library);
    // one answer for every interface: these tests ask for containers only
  }) as unknown as IABLogon['openEntry'];

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#library.hub.advise(entryId, mask, sink);
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    this.#library.hub.unadvise(connection);
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    return new StatusObject(statusColumns('book'), {
      validateState: async (_ui, options = {}) => void (await this.#library.behaviour.validate?.('book', options)),
    });
  }

  async openTemplateID(...args: Parameters<IABLogon['openTemplateID']>): Promise<IMAPIProp> {
    return this.#library.behaviour.openTemplateID?.(...args) ?? noSupport('openTemplateID');
  }

  async getOneOffTable(): Promise<IMAPITable> {
    return (await this.#library.behaviour.oneOffTable?.()) ?? noSupport('getOneOffTable');
  }

  async prepareRecips(...[, list]: Parameters<IABLogon['prepareRecips']>): ReturnType<IABLogon['prepareRecips']> {
    return list;
  }
}
