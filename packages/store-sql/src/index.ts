/** A message store in one SQLite file. */
export { checkStore, repairStore, type StoreProblem } from './check.ts';
export { PR_STORE_SQL_PATH } from './config.ts';
export { MSProviderInit } from './ms-provider.ts';
export { ProviderCheck } from './provider-check.ts';
export { ServiceEntry } from './service-entry.ts';
export { MUID_STORE_SQL } from './store-ids.ts';
