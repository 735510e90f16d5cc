/** Everything that a message store must do, noun by noun. */
import { folderSuite } from './folder-suite.ts';
import { storeObjectSuite } from './store-object-suite.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

type Suite = (name: string, open: OpenStoreUnderTest, options?: StoreSuiteOptions) => void;

const SUITES: readonly Suite[] = [storeObjectSuite, folderSuite];

/** Registers the tests of all suites about message stores; each can be called by itself as well. */
export function storeSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  for (const suite of SUITES) suite(name, open, options);
}
