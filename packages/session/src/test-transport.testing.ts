/** The transport provider of the tests. */
import { RefCounted, StatusObject } from '@nodemapi/kit';
import { type IMAPIStatus, type IMAPISupport, type IXPLogon, type IXPProvider, MapiError } from '@nodemapi/mapi';
import type { TestLibrary } from './providers.testing.ts';
import { statusColumns } from './test-ids.testing.ts';
import { TestProvider } from './test-provider.testing.ts';

export class TestXPProvider extends TestProvider implements IXPProvider {
  readonly iid = 'IXPProvider';

  async shutdown(): Promise<void> {
    await this.library.did('IXPProvider.shutdown');
  }

  async transportLogon(
    ...[support, , options, ui]: Parameters<IXPProvider['transportLogon']>
  ): ReturnType<IXPProvider['transportLogon']> {
    this.library.logonArguments.push(options);
    this.library.transportUis.push(ui);
    const answer = await this.library.did('IXPProvider.transportLogon', this.library.behaviour.transportLogon);
    if (answer !== undefined) return answer as never;
    this.library.keep(support);
    this.library.lastTransportSupport = support;
    await support.modifyStatusRow([...statusColumns('transport'), ...this.library.identity]);
    this.library.lastTransport = new TestXPLogon(this.library, support);
    return { logon: this.library.lastTransport };
  }
}

class TestXPLogon extends RefCounted implements IXPLogon {
  readonly iid = 'IXPLogon';
  readonly #library: TestLibrary;
  readonly #support: IMAPISupport;

  constructor(library: TestLibrary, support: IMAPISupport) {
    super();
    this.#library = library;
    this.#support = support;
  }

  async transportLogoff(): Promise<void> {
    await this.#library.did('IXPLogon.transportLogoff', this.#library.behaviour.transportLogoff);
    await this.#support.release();
  }

  async addressTypes(): ReturnType<IXPLogon['addressTypes']> {
    return { types: ['SMTP'], uids: [] };
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    return new StatusObject(statusColumns('transport'), {
      validateState: async (_ui, options = {}) => void (await this.#library.behaviour.validate?.('transport', options)),
    });
  }

  async transportNotify(): Promise<void> {}
  async idle(): Promise<void> {}
  async validateState(): Promise<void> {}
  async flushQueues(): Promise<void> {}
  async startMessage(): Promise<void> {}

  async poll(): Promise<boolean> {
    return false;
  }

  async submitMessage(): Promise<never> {
    throw new MapiError('MAPI_E_NOT_ME', 'submitMessage');
  }

  async endMessage(): ReturnType<IXPLogon['endMessage']> {
    return 'sent';
  }
}
