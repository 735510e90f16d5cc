// Tests run against the sources (export condition `source`), in threads that share their modules between test files:
// a test file must leave no state behind in a module, and tests that need signals or a working directory of their
// own start a process.
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['source', ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { target: 'es2022' },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    globalSetup: ['scripts/test-setup.mjs'],
    passWithNoTests: false,
    pool: 'threads',
    isolate: false,
    maxWorkers: 3, // the long tests wait for processes of their own, so there may be more than there are processors
    testTimeout: 300_000, // a limit for what hangs; a machine that is busy may be twenty times slower
    hookTimeout: 300_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'spec/.results/results.json' },
  },
});
