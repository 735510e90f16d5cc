import fc from 'fast-check';
import { test } from 'vitest';
import { BEHAVIOURS, type Command, RandomHistory } from './history.testing.ts';

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('submit' as const), recipients: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('behave' as const), behaviour: fc.constantFrom(...BEHAVIOURS) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 7_000, 61_000, 1_000_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('hold' as const, 'retry', 'cancel'), which: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('crash' as const, 'shutdown', 'critical', 'ready', 'flush', 'second'),
    }),
  },
);

test('SPOOL-001, SPOOL-035, SPOOL-043: whatever happens to a queue, every message that is not final is looked at again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(command, { minLength: 4, maxLength: 24 }), async (seed, commands) => {
      const history = await RandomHistory.begin(seed);
      for (const one of commands) await history.run(one);
      await history.end();
    }),
    { seed: 20261122, numRuns: 60 },
  );
}, 120_000);
