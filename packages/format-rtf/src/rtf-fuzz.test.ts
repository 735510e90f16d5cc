import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './rtf-fuzz.testing.ts';

describe('RTF', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
