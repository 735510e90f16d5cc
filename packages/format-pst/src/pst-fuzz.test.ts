import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './pst-fuzz.testing.ts';

describe('PST files', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
