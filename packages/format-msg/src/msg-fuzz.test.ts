import { fuzzSuite } from '@nodemapi/conformance';
import { describe } from 'vitest';
import { FUZZ_TARGETS } from './msg-fuzz.testing.ts';

describe('.msg files', () => {
  for (const target of FUZZ_TARGETS) fuzzSuite(target);
});
