import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './ocal-fuzz.testing.ts';

describe('recurrences and time zones', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
