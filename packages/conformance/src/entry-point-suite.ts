/** What the entry point of every provider library must do: ABProviderInit, MSProviderInit, XPProviderInit. */
import { strict as assert } from 'node:assert';
import {
  CURRENT_SPI_VERSION,
  type IABProvider,
  type IMSProvider,
  type Initialised,
  type IXPProvider,
  MapiError,
  type ProviderHost,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTest } from './rule-test.ts';

export interface EntryPointUnderTest<P> {
  /** The exported function, under the name that it must have. */
  readonly init: (host: ProviderHost) => Promise<Initialised<P>>;
  /** A host for one test. */
  newHost(): Promise<ProviderHost & AsyncDisposable>;
}

/** Registers the tests of an entry point. */
export function entryPointSuite<P extends IABProvider | IMSProvider | IXPProvider>(
  name: string,
  { init, newHost }: EntryPointUnderTest<P>,
): void {
  const rule = (title: string, run: (host: ProviderHost) => Promise<void>): void =>
    ruleTest(title, {}, async () => {
      await using host = await newHost();
      await run(host);
    });
  describe(`entry point of ${name}`, () => {
    rule('LOGON-60: it has the name of its kind', async (host) => {
      const { provider } = await init(host);
      const names = { IABProvider: 'ABProviderInit', IMSProvider: 'MSProviderInit', IXPProvider: 'XPProviderInit' };
      assert.equal(init.name, names[provider.iid]);
      await provider.release();
    });
    rule('LOGON-62: a subsystem with an older SPI is refused', async (host) => {
      const older = { ...host, mapiVersion: CURRENT_SPI_VERSION - 0x0001_0000 };
      await assert.rejects(init(older), (error) => MapiError.is(error, 'MAPI_E_VERSION'));
      const newerUpdate = await init({ ...host, mapiVersion: CURRENT_SPI_VERSION + 1 });
      await newerUpdate.provider.release();
    });
    rule('LOGON-64: each initialisation makes another provider object, which lives by itself', async (host) => {
      const [first, second] = [await init(host), await init(host)];
      assert.notEqual(first.provider, second.provider);
      assert.equal(first.spiVersion, CURRENT_SPI_VERSION);
      await first.provider.shutdown();
      await first.provider.release();
      assert.equal(second.provider.addRef(), second.provider);
      await second.provider.release();
      await second.provider.shutdown();
      await second.provider.release();
    });
  });
}
