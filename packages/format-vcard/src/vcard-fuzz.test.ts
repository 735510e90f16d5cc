import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './vcard-fuzz.testing.ts';

describe('vCards', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
