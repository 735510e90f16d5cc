/** A message store in memory: reference and test double. */
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './create-memory-store.ts';
export { MSProviderInit } from './ms-provider.ts';
export { ServiceEntry } from './service-entry.ts';
