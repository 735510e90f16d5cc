import { deepStrictEqual } from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import fc from 'fast-check';
import { test } from 'vitest';
import { OrderGate } from './order-gate.ts';
import { turns } from './world.testing.ts';

test('a later message waits for an earlier one on the same transport, and only on that', async () => {
  const gate = new OrderGate();
  const [first, second] = [gate.open(), gate.open()];
  const passed: string[] = [];
  gate.plan(second, ['smtp', 'fax']);
  for (const transport of ['smtp', 'fax']) void gate.enter(second, transport).then(() => passed.push(transport));
  await turns(1);
  deepStrictEqual(passed, []);
  gate.plan(first, ['smtp']);
  await turns(1);
  deepStrictEqual(passed, ['fax']);
  gate.started(first, 'smtp');
  await turns(1);
  deepStrictEqual(passed, ['fax', 'smtp']);
});

test('a message that is closed without having started lets the next one go', async () => {
  const gate = new OrderGate();
  const [first, second] = [gate.open(), gate.open()];
  const entered = gate.enter(second, 'smtp');
  gate.close(first);
  await entered;
});

test('SPOOL-013: whatever the preparation takes, every transport sees the order of the tickets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(fc.subarray(['a', 'b', 'c']), { maxLength: 12 }), async (seed, plans) => {
      const random = seededRandom(seed);
      const gate = new OrderGate();
      const started: Record<string, number[]> = { a: [], b: [], c: [] };
      const pause = () => turns(random.uint32() % 4);
      await Promise.all(
        plans.map(async (plan, index) => {
          const ticket = gate.open();
          await pause();
          gate.plan(ticket, plan);
          for (const transport of plan) {
            await gate.enter(ticket, transport);
            started[transport]?.push(index);
            gate.started(ticket, transport);
            await pause();
          }
          gate.close(ticket);
        }),
      );
      for (const order of Object.values(started))
        deepStrictEqual(
          order,
          [...order].sort((a, b) => a - b),
        );
    }),
    { seed: 1, numRuns: 50 },
  );
});
