export { type AbSuiteOptions, type AbUnderTest, abSuite } from './ab-suite.ts';
export { accessSuite } from './access-suite.ts';
export { attachSuite } from './attach-suite.ts';
export { contentsTableSuite } from './contents-table-suite.ts';
export { copySuite } from './copy-suite.ts';
export { defaultStoreSuite } from './default-store-suite.ts';
export { entryIdSuite } from './entry-id-suite.ts';
export { type EntryPointUnderTest, entryPointSuite } from './entry-point-suite.ts';
export { FAULTS, type Fault, FaultPlan, type FaultPlanOptions } from './fault-plan.ts';
export { faultyModule, faultyObject } from './faulty-module.ts';
export { folderSuite } from './folder-suite.ts';
export { damagedCopy, FUZZ_BYTES_MAX } from './fuzz-damage.ts';
export { type FuzzSuiteOptions, fuzzSuite } from './fuzz-suite.ts';
export type { FuzzTarget } from './fuzz-target.ts';
export { MessageDouble } from './message-double.ts';
export { messagePropSuite } from './message-prop-suite.ts';
export { messageSuite } from './message-suite.ts';
export {
  type MSProviderSuiteOptions,
  type MSProviderUnderTest,
  type MSSupportUnderTest,
  msProviderSuite,
} from './ms-provider-suite.ts';
export { namedPropertySuite } from './named-property-suite.ts';
export { notificationSuite } from './notification-suite.ts';
export { outgoingSuite } from './outgoing-suite.ts';
export { type PropSuiteOptions, propSuite } from './prop-suite.ts';
export { PROVIDER_METHODS } from './provider-methods.ts';
export { queueSuite } from './queue-suite.ts';
export { readFlagSuite } from './read-flag-suite.ts';
export { READ_ONLY_CONTENT, type ReadOnlyStoreUnderTest, readOnlyStoreSuite } from './read-only-store-suite.ts';
export { receiveFolderSuite } from './receive-folder-suite.ts';
export { receivingSuite } from './receiving-suite.ts';
export { recipientSuite } from './recipient-suite.ts';
export { searchFolderSuite } from './search-folder-suite.ts';
export { type ServiceEntrySuiteOptions, type ServiceUnderTest, serviceEntrySuite } from './service-entry-suite.ts';
export { storeObjectSuite } from './store-object-suite.ts';
export { storeSuite } from './store-suite.ts';
export type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest, SubsystemDouble } from './store-under-test.ts';
export { submitSuite } from './submit-suite.ts';
export type { LiveTable } from './table-live-suite.ts';
export { type TableSuiteOptions, tableSuite } from './table-suite.ts';
export type { SupportUnderTest, TransportUnderTest } from './transport-fixture.ts';
export { messageDoubleTo, outcomesOf, type SubmitSteps, submit, type TestRecipient } from './transport-steps.ts';
export { type TransportSuiteOptions, transportSuite } from './transport-suite.ts';
export { forbiddenUser } from './watched-support.ts';
