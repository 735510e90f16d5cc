import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './mime-fuzz.testing.ts';

describe('mail', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target, { runs: 300 });
});
