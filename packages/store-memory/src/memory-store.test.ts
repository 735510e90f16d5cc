import { outgoingSuite, storeSuite } from '@nodemapi/conformance';
import { openMemoryStore } from './memory-store.testing.ts';

storeSuite('memory store', openMemoryStore);
outgoingSuite('memory store', openMemoryStore);
