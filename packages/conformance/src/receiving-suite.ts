/** Stores that remember where received messages came from, so that none comes twice. */
import assert from 'node:assert/strict';
import { type IMsgStore, PR_ENTRYID, PR_SUBJECT, prop, type ReceivingStore, supportsReceiving } from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import { column, idOf, inboxOf, newMessage, read } from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

const key = (text: string): Uint8Array => new TextEncoder().encode(text);

function receiving(store: IMsgStore): ReceivingStore {
  assert.ok(supportsReceiving(store));
  return store;
}

async function receive(store: IMsgStore, subject: string, ...sources: readonly string[]): Promise<boolean> {
  await using inbox = await inboxOf(store);
  await using message = await newMessage(inbox);
  await message.setProps([prop(PR_SUBJECT, subject)]);
  return receiving(store).saveReceived(message, sources.map(key));
}

async function subjects(store: IMsgStore): Promise<unknown[]> {
  await using inbox = await inboxOf(store);
  return column(inbox.getContentsTable(), PR_SUBJECT);
}

/** Registers the tests of stores that implement `ReceivingStore`. */
export function receivingSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: receiving`, () => {
    rule('a message whose source is known is not saved again, whatever its text', async ({ spoolerStore: store }) => {
      assert.equal(await receiving(store).hasReceived(key('a')), false);
      assert.equal(await receive(store, 'one', 'a'), true);
      assert.equal(await receiving(store).hasReceived(key('a')), true);
      assert.equal(await receive(store, 'one again', 'a'), false);
      assert.equal(await receive(store, 'two', 'b'), true);
      assert.deepEqual((await subjects(store)).sort(), ['one', 'two']);
    });

    rule('only the first of its names decides, and all are remembered', async ({ spoolerStore: store }) => {
      assert.equal(await receive(store, 'one', 'a', 'x'), true);
      assert.equal(await receive(store, 'two', 'b', 'x'), true);
      assert.equal(await receive(store, 'one', 'x'), false);
      assert.deepEqual((await subjects(store)).sort(), ['one', 'two']);
    });

    rule('what is saved stays open, and has an identifier', async ({ spoolerStore: store }) => {
      await using inbox = await inboxOf(store);
      await using message = await newMessage(inbox);
      await receiving(store).saveReceived(message, [key('a')]);
      assert.ok((await read(message, PR_ENTRYID)) instanceof Uint8Array);
      await message.setProps([prop(PR_SUBJECT, 'later')]);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.deepEqual(await subjects(store), ['later']);
    });

    rule('a save that fails notes nothing', async ({ spoolerStore: store }) => {
      await using inbox = await inboxOf(store);
      const message = await newMessage(inbox);
      await message.release();
      await assert.rejects(receiving(store).saveReceived(message, [key('a')]));
      assert.equal(await receive(store, 'one', 'a'), true);
    });

    rule('two spoolers at once save a message once', async (t) => {
      const other = await t.secondSpooler();
      const results = await Promise.all([receive(t.spoolerStore, 'one', 'a'), receive(other, 'one', 'a')]);
      assert.deepEqual(results.sort(), [false, true]);
      assert.equal((await subjects(t.spoolerStore)).length, 1);
    });

    rule('a source outlives its message, and the session', async (t) => {
      const inbox = await inboxOf(t.spoolerStore);
      const message = await newMessage(inbox);
      await receiving(t.spoolerStore).saveReceived(message, [key('a')]);
      const entryId = await idOf(message);
      await message.release();
      await inbox.deleteMessages([entryId]);
      await inbox.release();
      const next = await t.reopen();
      try {
        assert.equal(await receive(next.spoolerStore, 'one', 'a'), false);
        assert.deepEqual(await subjects(next.spoolerStore), []);
      } finally {
        await next.close();
      }
    });
  });
}
