/** Everything that a message store must do, noun by noun. */
import { accessSuite } from './access-suite.ts';
import { attachSuite } from './attach-suite.ts';
import { contentsTableSuite } from './contents-table-suite.ts';
import { copySuite } from './copy-suite.ts';
import { defaultStoreSuite } from './default-store-suite.ts';
import { entryIdSuite } from './entry-id-suite.ts';
import { folderSuite } from './folder-suite.ts';
import { messagePropSuite } from './message-prop-suite.ts';
import { messageSuite } from './message-suite.ts';
import { namedPropertySuite } from './named-property-suite.ts';
import { notificationSuite } from './notification-suite.ts';
import { queueSuite } from './queue-suite.ts';
import { readFlagSuite } from './read-flag-suite.ts';
import { receiveFolderSuite } from './receive-folder-suite.ts';
import { receivingSuite } from './receiving-suite.ts';
import { recipientSuite } from './recipient-suite.ts';
import { searchFolderSuite } from './search-folder-suite.ts';
import { storeObjectSuite } from './store-object-suite.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';
import { submitSuite } from './submit-suite.ts';

type Suite = (name: string, open: OpenStoreUnderTest, options?: StoreSuiteOptions) => void;

const SUITES: readonly Suite[] = [
  storeObjectSuite,
  entryIdSuite,
  defaultStoreSuite,
  accessSuite,
  folderSuite,
  messageSuite,
  attachSuite,
  recipientSuite,
  readFlagSuite,
  receiveFolderSuite,
  submitSuite,
  queueSuite,
  receivingSuite,
  notificationSuite,
  namedPropertySuite,
  messagePropSuite,
  copySuite,
  contentsTableSuite,
  searchFolderSuite,
];

/** Registers the tests of all suites about message stores; each can be called by itself as well. */
export function storeSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  for (const suite of SUITES) suite(name, open, options);
}
