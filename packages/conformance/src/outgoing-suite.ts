/** The records of the queue, of stores that keep them by themselves (`OutgoingStore`). */
import assert from 'node:assert/strict';
import { type Random, seededRandom, toHex } from '@nodemapi/base';
import {
  type EntryId,
  MapiError,
  NEW_STANDING,
  type OutgoingStanding,
  type OutgoingState,
  type OutgoingStore,
  outgoingState,
  PR_BODY,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_STATE,
  PR_SPOOLER_STATE,
  prop,
  propOf,
  type RecipientStanding,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import { openMessage, queue, read, recipient, rejects, rowsOf, submitted } from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const MINUTE_MS = 60_000;
const TICKS_PER_MS = 10_000n;
const DAY_TICKS = 86_400_000n * TICKS_PER_MS;
const STATES: readonly OutgoingState[] = ['ready', 'waiting', 'sending', 'held', 'unknown', 'sent', 'failed'];

function recording(store: StoreUnderTest['spoolerStore']): OutgoingStore {
  if (!supportsOutgoing(store)) throw new Error('the store keeps no records of its queue: leave this suite out');
  return store;
}

const standing = (state: OutgoingState, more: Partial<OutgoingStanding> = {}): OutgoingStanding => ({
  ...NEW_STANDING,
  state,
  ...more,
});

/** Identifiers of what is due now, page by page. */
async function due(t: StoreUnderTest, store = recording(t.spoolerStore)): Promise<readonly string[]> {
  const found: string[] = [];
  for (let page: unknown; ; ) {
    const query = { now: t.now(), beyond: t.now() + 2n * DAY_TICKS };
    const { rows, next } = await store.dueOutgoing(page === undefined ? query : { ...query, page });
    found.push(...rows.map(({ entryId }) => toHex(entryId)));
    if (next === undefined) return found;
    page = next;
  }
}

async function recordOf(store: OutgoingStore, entryId: EntryId) {
  await using message = await openMessage(store, entryId);
  return store.readOutgoing(message);
}

export function outgoingSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: records of the queue`, () => {
    rule(
      'SPOOL-035: where a message and its recipients stand is read as it was written, by every process',
      async (t) => {
        const store = recording(t.spoolerStore);
        const recipients = [recipient('Ann'), recipient('Bob')];
        const entryId = await submitted(t, { recipients });
        const before = await recordOf(store, entryId);
        assert.deepEqual(before.standing, NEW_STANDING);
        const rowIds = before.rows.map((row) => propOf(row, PR_ROWID) ?? -1);
        const now = t.now();
        const written = standing('waiting', { attempts: 2, lastAttempt: now, nextAttempt: now + 5n, reason: 'busy' });
        const ann: RecipientStanding = {
          ...{ rowId: rowIds[0] ?? 0, state: 'sent', attempts: 2, error: undefined, responsibility: true },
          ...{ reported: true, added: [] },
        };
        const bob: RecipientStanding = {
          ...ann,
          rowId: rowIds[1] ?? 1,
          state: 'waiting',
          error: '450',
          responsibility: false,
        };
        await store.writeOutgoing(entryId, { after: before.lock, standing: written, recipients: [ann, bob] });
        const other = recording(await t.secondSpooler());
        const after = await recordOf(other, entryId);
        assert.deepEqual(after.standing, written);
        assert.deepEqual(
          after.rows.map((row) => [
            outgoingState(propOf(row, PR_SPOOLER_RECIPIENT_STATE)),
            propOf(row, PR_RESPONSIBILITY),
            propOf(row, PR_SPOOLER_RECIPIENT_ERROR),
          ]),
          [
            ['sent', true, undefined],
            ['waiting', false, '450'],
          ],
        );
        const [row] = await rowsOf(await t.spoolerStore.getOutgoingQueue(), PR_SPOOLER_STATE, PR_SPOOLER_NEXT_ATTEMPT);
        assert.deepEqual(
          [propOf(row ?? [], PR_SPOOLER_STATE), propOf(row ?? [], PR_SPOOLER_NEXT_ATTEMPT)],
          [1, now + 5n],
        );
      },
    );

    rule('SPOOL-048, SPOOL-028: who has lost the lock neither renews, nor records, nor finishes', async (t) => {
      const first = recording(t.spoolerStore);
      const second = recording(await t.secondSpooler());
      const entryId = await submitted(t);
      const lock = await first.writeOutgoing(entryId, { leaseMs: MINUTE_MS, standing: standing('sending') });
      await rejects('MAPI_E_BUSY', second.writeOutgoing(entryId, { leaseMs: MINUTE_MS }));
      await rejects('MAPI_E_UNABLE_TO_ABORT', t.store.abortSubmit(entryId));
      await t.advance(MINUTE_MS);
      const taken = await second.writeOutgoing(entryId, { leaseMs: MINUTE_MS });
      assert.ok(taken > lock);
      await rejects('MAPI_E_OBJECT_CHANGED', first.writeOutgoing(entryId, { lock, leaseMs: MINUTE_MS }));
      await rejects('MAPI_E_OBJECT_CHANGED', first.writeOutgoing(entryId, { lock, standing: standing('sent') }));
      await rejects('MAPI_E_OBJECT_CHANGED', first.finishOutgoing(entryId, { lock }));
      await using message = await openMessage(first, entryId, true);
      await message.setProps([prop(PR_BODY, 'of the first')]);
      await rejects('MAPI_E_OBJECT_CHANGED', first.writeOutgoing(entryId, { lock }, message));
      await second.finishOutgoing(entryId, { lock: taken });
      await rejects('MAPI_E_NOT_IN_QUEUE', first.finishOutgoing(entryId, { lock }));
      assert.deepEqual(await queue(t), []);
    });

    rule('SPOOL-028: a lock that has ended and that nobody has taken is as good as before', async (t) => {
      const store = recording(t.spoolerStore);
      const entryId = await submitted(t);
      const lock = await store.writeOutgoing(entryId, { leaseMs: 1000, standing: standing('sending') });
      await t.advance(2000);
      await store.finishOutgoing(entryId, { lock, standing: standing('sent') });
      assert.deepEqual(await queue(t), []);
    });

    rule(
      'SPOOL-028: nobody acts on a record that another has changed, nor on that of an earlier submission',
      async (t) => {
        const store = recording(t.spoolerStore);
        const other = recording(await t.secondSpooler());
        const entryId = await submitted(t);
        const { lock } = await recordOf(store, entryId);
        await other.writeOutgoing(entryId, { standing: standing('held') });
        await rejects('MAPI_E_OBJECT_CHANGED', store.writeOutgoing(entryId, { after: lock, leaseMs: MINUTE_MS }));
        const { lock: next } = await recordOf(store, entryId);
        await t.store.abortSubmit(entryId);
        await using draft = await openMessage(t.store, entryId, true);
        await draft.submitMessage();
        await rejects('MAPI_E_OBJECT_CHANGED', store.writeOutgoing(entryId, { after: next, leaseMs: MINUTE_MS }));
      },
    );

    rule('SPOOL-028: nobody acts on a record that was read while another had the message', async (t) => {
      const store = recording(t.spoolerStore);
      const other = recording(await t.secondSpooler());
      const entryId = await submitted(t);
      await using early = await openMessage(other, entryId, true);
      const lock = await store.writeOutgoing(entryId, { leaseMs: MINUTE_MS, standing: standing('sending') });
      const { lock: seen } = await recordOf(other, entryId);
      const [row = []] = (await recordOf(store, entryId)).rows;
      const served: RecipientStanding = {
        ...{ rowId: propOf(row, PR_ROWID) ?? 0, state: 'sent', attempts: 1, error: undefined, responsibility: true },
        ...{ reported: false, added: [] },
      };
      await store.writeOutgoing(entryId, { lock, standing: standing('waiting'), recipients: [served] });
      await rejects('MAPI_E_OBJECT_CHANGED', other.writeOutgoing(entryId, { after: seen, leaseMs: MINUTE_MS }));
      const now = await other.readOutgoing(early);
      assert.equal(outgoingState(propOf(now.rows[0] ?? [], PR_SPOOLER_RECIPIENT_STATE)), 'sent');
      await other.writeOutgoing(entryId, { after: now.lock, leaseMs: MINUTE_MS });
    });

    rule('SPOOL-023: what waits in the message is saved with the record, or neither', async (t) => {
      const store = recording(t.spoolerStore);
      const entryId = await submitted(t);
      await using message = await openMessage(store, entryId, true);
      await message.setProps([prop(PR_BODY, 'changed')]);
      await store.writeOutgoing(entryId, { standing: standing('held') }, message);
      await using seen = await openMessage(t.spoolerStore, entryId);
      assert.equal(await read(seen, PR_BODY), 'changed');
      assert.equal((await recordOf(store, entryId)).standing.state, 'held');
    });

    rule('SUBMIT-034, SPOOL-035: every step is in the history, through a withdrawal and to the end', async (t) => {
      const store = recording(t.spoolerStore);
      const entryId = await submitted(t);
      await store.writeOutgoing(entryId, { standing: standing('held'), step: { state: 'held', text: 'for a test' } });
      await t.store.abortSubmit(entryId);
      const texts = async (): Promise<readonly (readonly [string, string])[]> =>
        (await store.outgoingHistory(entryId)).map(({ state, text }) => [state, text] as const);
      const begin = [
        ['ready', 'submitted, to 1 recipient'],
        ['held', 'for a test'],
        ['cancelled', 'taken out of the queue'],
      ];
      assert.deepEqual(await texts(), begin);
      assert.equal((await store.finishedOutgoing(1))[0]?.state, 'cancelled');
      await using draft = await openMessage(t.store, entryId, true);
      await draft.submitMessage();
      const lock = await store.writeOutgoing(entryId, { leaseMs: MINUTE_MS });
      const answered = [{ address: 'ann', state: 'sent' as const, text: '250 taken' }];
      await store.finishOutgoing(entryId, { lock, step: { state: 'sent', text: 'sent', recipients: answered } });
      assert.deepEqual(await texts(), [...begin, ['ready', 'submitted, to 1 recipient'], ['sent', 'sent']]);
      const [last] = (await store.outgoingHistory(entryId)).slice(-1);
      assert.deepEqual(last?.recipients, answered);
      assert.deepEqual(
        (await store.finishedOutgoing(5)).map(({ state }) => state),
        ['sent'],
      );
    });

    rule(
      'SPOOL-035: a history has a limit; its beginning and its end stay, and it says what is left out',
      async (t) => {
        const store = recording(t.spoolerStore);
        const entryId = await submitted(t);
        const text = 'x'.repeat(500);
        for (let count = 0; count < 120; count++) {
          await store.writeOutgoing(entryId, { step: { state: 'waiting', text: `${count} ${text}` } });
        }
        const events = await store.outgoingHistory(entryId);
        assert.ok(events.length < 110);
        assert.equal(events[0]?.text, 'submitted, to 1 recipient');
        assert.ok(events.some((event) => /^\d+ earlier events are not kept$/u.test(event.text)));
        assert.ok(events.at(-1)?.text.startsWith('119 '));
      },
    );

    rule(
      'SPOOL-001: no state is without an owner: whatever a record says, the message becomes due or is held',
      async (t) => {
        const seed = 20261123;
        await everyRecordIsVisited(t, seededRandom(seed), `seed ${seed}`);
      },
    );
  });
}

/** Writes random records, lets time pass to where the store says that something is due, and looks what comes. */
async function everyRecordIsVisited(t: StoreUnderTest, random: Random, seed: string): Promise<void> {
  const store = recording(t.spoolerStore);
  const other = recording(await t.secondSpooler());
  const expected = new Map<string, string>();
  for (let count = 0; count < 60; count++) {
    const entryId = await submitted(t);
    const what = await randomRecord(t, random.uint32() % 2 === 0 ? store : other, entryId, random);
    if (what !== undefined) expected.set(toHex(entryId), what);
  }
  const looker = recording(await t.secondSpooler());
  for (let looks = 0; expected.size > 0; looks++) {
    for (const id of await due(t, looker)) {
      assert.ok(expected.delete(id) || looks > 0, `a held message is due, ${seed}`);
    }
    if (expected.size === 0) return;
    const wait = await looker.nextOutgoingMs(t.now());
    assert.ok(wait !== undefined && looks < 200, `nobody will look at ${[...expected.values()].join('; ')}, ${seed}`);
    await t.advance(Math.ceil(wait) + 1);
  }
}

/** Answers what was written; undefined for a message that is held. */
async function randomRecord(
  t: StoreUnderTest,
  store: OutgoingStore,
  entryId: EntryId,
  random: Random,
): Promise<string | undefined> {
  const state = STATES[random.uint32() % STATES.length] ?? 'ready';
  const waitMs = [undefined, -1000, 0, 500, 3_600_000, 400 * 86_400_000][random.uint32() % 6];
  const leaseMs = [undefined, 1000, 90_000][random.uint32() % 3];
  const nextAttempt = waitMs === undefined ? undefined : t.now() + BigInt(waitMs) * TICKS_PER_MS;
  const change = { standing: standing(state, { nextAttempt }), ...(leaseMs === undefined ? {} : { leaseMs }) };
  try {
    await store.writeOutgoing(entryId, change);
  } catch (error) {
    throw new MapiError('MAPI_E_CALL_FAILED', `${state} cannot be written`, { cause: error });
  }
  return state === 'held' ? undefined : `${state}, next ${waitMs}, locked for ${leaseMs}`;
}
