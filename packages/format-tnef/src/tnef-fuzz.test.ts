import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './tnef-fuzz.testing.ts';

describe('TNEF', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
