import { outgoingSuite, storeSuite } from '@nodemapi/conformance';
import { storeUnderTest } from './store.testing.ts';

storeSuite('store-sql', storeUnderTest);
outgoingSuite('store-sql', storeUnderTest);
