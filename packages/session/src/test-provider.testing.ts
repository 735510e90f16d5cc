/** What the provider objects of the tests have in common. */
import { RefCounted } from '@nodemapi/kit';
import type { TestLibrary } from './providers.testing.ts';

export abstract class TestProvider extends RefCounted {
  readonly library: TestLibrary;

  constructor(library: TestLibrary) {
    super();
    this.library = library;
  }

  async queryFastShutdown(): Promise<void> {
    await this.library.did(`${this.iid}.queryFastShutdown`, this.library.behaviour.fastShutdown);
  }

  async notifyProcessShutdown(): Promise<void> {
    await this.library.did(`${this.iid}.notifyProcessShutdown`);
  }

  async doFastShutdown(): Promise<void> {
    await this.library.did(`${this.iid}.doFastShutdown`, this.library.behaviour.doFastShutdown);
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.library.did(`${this.iid}.release`);
  }
}
