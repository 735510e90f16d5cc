/**
 * Every call of every provider, going wrong in every way, each at one way to end a session; with EVERY_END=1 calls that
 * belong to the end of a session at every end, and more random faults.
 */
import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import { FAULTS, PROVIDER_METHODS } from '@nodemapi/conformance';
import { describe, test } from 'vitest';
import { ENDINGS, FaultyWorld, withFault, withoutUnhandled, withPlan } from './faulty-world.testing.ts';

/** Its profile is that of all others. */
const FIRST = await FaultyWorld.withProfile();
/** The calls that a session with nothing wrong makes, each once. */
const CALLS: readonly string[] = await (async () => {
  const calls = new Set<string>();
  for (const ending of ENDINGS) {
    const world = await FaultyWorld.withProfile();
    await world.session(ending);
    await world.uninitialize();
    for (const call of world.plan.calls) calls.add(call);
  }
  return [...calls].sort();
})();

const everyEnd = process.env.EVERY_END === '1';
const SEEDS = everyEnd ? 60 : 10;
/** The spooler's calls of a transport, which its own tests let go wrong; and what the session asks of no logon object. */
const ELSEWHERE =
  /^IXPLogon\.(addressTypes|\w+Message|flushQueues|idle|poll|transportNotify|validateState)$|Logon\.getLastError$/;
/** Calls of which something is expected at an end. */
const OF_THE_END = /\.(release|logoff|transportLogoff|shutdown|unadvise|\w*Shutdown)$/;

describe('faulty providers', () => {
  test('every method of every provider interface is among the calls that go wrong', () => {
    for (const iid of ['IMSProvider', 'IMSLogon', 'IMsgStore', 'IABProvider', 'IABLogon', 'IXPProvider', 'IXPLogon']) {
      assert.ok(
        CALLS.some((call) => call.startsWith(`${iid}.`)),
        `none of ${iid}`,
      );
    }
    assert.ok(CALLS.length > 40, CALLS.join());
    const missing = Object.entries(PROVIDER_METHODS).flatMap(([iid, all]) =>
      all.map((method) => `${iid}.${method}`).filter((call) => !CALLS.includes(call) && !ELSEWHERE.test(call)),
    );
    assert.deepEqual(missing, []);
  });

  for (let seed = 1; seed <= SEEDS; seed++) {
    const ending = ENDINGS[seed % ENDINGS.length] ?? 'logoff';
    test(`many faults at a time, by seed ${seed}, ended by ${ending}`, () =>
      withoutUnhandled(() =>
        withPlan(FIRST, (plan) => plan.seed(seededRandom(seed), seed % 2 === 0 ? 0.1 : 0.4), ending),
      ));
  }

  for (const [index, where] of CALLS.entries()) {
    for (const [at, ending] of ENDINGS.entries()) {
      const faults = FAULTS.filter(
        (_, number) => (everyEnd && OF_THE_END.test(where)) || (index + number) % ENDINGS.length === at,
      );
      test(`${where}, ended by ${ending}`, () =>
        withoutUnhandled(async () => {
          for (const fault of faults) {
            try {
              await withFault(FIRST, where, fault, ending);
            } catch (cause) {
              throw new Error(`${where}: ${fault}, ended by ${ending}: ${String(cause)}`, { cause });
            }
          }
        }));
    }
  }
});
