/** The message store provider of the tests. */
import { bytesEqual, nullLog } from '@nodemapi/base';
import { noSupport, PropBag, PropObject, RefCounted, StatusObject, StoreLogoff, snapshotTable } from '@nodemapi/kit';
import {
  type AdviseConnection,
  type EntryId,
  type IMAPIAdviseSink,
  type IMAPIStatus,
  type IMAPISupport,
  type IMSLogon,
  type IMSProvider,
  type IMsgStore,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_OBJECT_TYPE,
  PR_STORE_SUPPORT_MASK,
  prop,
} from '@nodemapi/mapi';
import { TestFolder } from './objects.testing.ts';
import type { TestLibrary } from './providers.testing.ts';
import { STORE_UID, statusColumns, storeEntryId } from './test-ids.testing.ts';
import { TestProvider } from './test-provider.testing.ts';

export class TestMSProvider extends TestProvider implements IMSProvider {
  readonly iid = 'IMSProvider';

  async shutdown(): Promise<void> {
    await this.library.did('IMSProvider.shutdown', this.library.behaviour.storeShutdown);
  }

  async logon(
    ...[support, , entryId, options, ui]: Parameters<IMSProvider['logon']>
  ): ReturnType<IMSProvider['logon']> {
    this.library.logonArguments.push(entryId);
    this.library.lastLogon = { options, ui };
    const answer = await this.library.did('IMSProvider.logon', this.library.behaviour.storeLogon);
    return (answer as never) ?? this.#open(support);
  }

  async spoolerLogon(
    ...[support, , , security]: Parameters<IMSProvider['spoolerLogon']>
  ): ReturnType<IMSProvider['spoolerLogon']> {
    this.library.givenSecurity = security;
    await this.library.did('IMSProvider.spoolerLogon');
    return this.#open(support);
  }

  async compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async #open(support: IMAPISupport): ReturnType<IMSProvider['logon']> {
    this.library.lastSupport = this.library.keep(support);
    await using section = await support.openProfileSection(null);
    const { values } = await section.getProps([PR_DISPLAY_NAME]);
    await support.setProviderUID(STORE_UID);
    await support.modifyStatusRow(statusColumns(values[0] ?? ''));
    const store = new TestMsgStore(this.library, support, values[0] ?? '');
    this.library.lastStore = store;
    const { spoolerSecurity, storeWarning: warning } = this.library;
    const logon = new TestMSLogon(this.library, support);
    return { store, logon, spoolerSecurity, ...(warning === undefined ? {} : { warning }) };
  }
}

class TestMSLogon extends RefCounted implements IMSLogon {
  readonly iid = 'IMSLogon';
  readonly #library: TestLibrary;
  readonly #support: IMAPISupport;

  constructor(library: TestLibrary, support: IMAPISupport) {
    super();
    this.#library = library;
    this.#support = support;
  }

  async logoff(): Promise<void> {
    await this.#library.did('IMSLogon.logoff', this.#library.behaviour.storeLogoff);
    await this.#support.release();
  }

  readonly openEntry = (async (entryId: EntryId) => {
    const answer = await this.#library.did('IMSLogon.openEntry', this.#library.behaviour.openEntry);
    return answer ?? new TestFolder(this.#library, entryId);
  }) as IMSLogon['openEntry'];

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
    return new StatusObject(statusColumns('store'), {
      validateState: async (_ui, options = {}) => {
        this.#library.calls.push('validate');
        await this.#library.behaviour.validate?.('store', options);
      },
    });
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#library.did('IMSLogon.release');
  }
}

class TestMsgStore extends PropObject implements IMsgStore {
  readonly iid = 'IMsgStore';
  readonly #library: TestLibrary;
  readonly #logoff: StoreLogoff;

  constructor(library: TestLibrary, support: IMAPISupport, name: string) {
    const entryId = support.wrapStoreEntryID(storeEntryId(name));
    const values = [
      prop(PR_ENTRYID, entryId),
      prop(PR_DISPLAY_NAME, name),
      prop(PR_STORE_SUPPORT_MASK, library.supportMask),
    ];
    super(new PropBag([...values, prop(PR_OBJECT_TYPE, 1)]));
    this.#library = library;
    this.#logoff = new StoreLogoff({ support, log: nullLog, hasQueue: () => false });
    library.open++;
  }

  readonly openEntry = (async (entryId: EntryId | null) => {
    const answer = await this.#library.did('IMsgStore.openEntry', this.#library.behaviour.openEntry);
    return answer ?? new TestFolder(this.#library, entryId ?? storeEntryId('root'));
  }) as IMsgStore['openEntry'];

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#library.hub.advise(entryId, mask, sink);
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    this.#library.hub.unadvise(connection);
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async getReceiveFolder(): ReturnType<IMsgStore['getReceiveFolder']> {
    return { entryId: storeEntryId('inbox'), explicitClass: '' };
  }

  async getReceiveFolderTable(): ReturnType<IMsgStore['getReceiveFolderTable']> {
    return snapshotTable([[prop(PR_MESSAGE_CLASS, '')]]);
  }

  storeLogoff(...[mode]: Parameters<IMsgStore['storeLogoff']>): ReturnType<IMsgStore['storeLogoff']> {
    return this.#logoff.request(mode);
  }

  async setReceiveFolder(): Promise<void> {
    noSupport('setReceiveFolder');
  }

  async abortSubmit(): Promise<void> {
    noSupport('abortSubmit');
  }

  async getOutgoingQueue(): ReturnType<IMsgStore['getOutgoingQueue']> {
    return noSupport('getOutgoingQueue');
  }

  async setLockState(): Promise<void> {
    noSupport('setLockState');
  }

  async finishedMsg(): Promise<void> {
    noSupport('finishedMsg');
  }

  async notifyNewMail(): Promise<void> {
    noSupport('notifyNewMail');
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#library.open--;
    await this.#library.did('IMsgStore.release');
    await this.#logoff.released();
  }
}
