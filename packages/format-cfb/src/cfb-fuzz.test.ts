import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './cfb-fuzz.testing.ts';

describe('compound files', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
