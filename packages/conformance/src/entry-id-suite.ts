/** Entry identifiers as clients have them: compared by the store, short-term or long-term, of what is gone. */
import assert from 'node:assert/strict';
import {
  fnevObjectModified,
  isLongTerm,
  MAPI_NOW,
  MAPI_THISSESSION,
  PR_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_SUBJECT,
  prop,
  shortTermEntryId,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  Collector,
  idOf,
  inboxOf,
  need,
  newFolder,
  openMessage,
  read,
  rejects,
  savedMessage,
  specialFolder,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

export function entryIdSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: entry identifiers`, () => {
    rule('STORE-031: different bytes may name one object, which the store knows', async ({ store }) => {
      const inbox = await inboxOf(store);
      const [message, other] = [await savedMessage(inbox), await savedMessage(inbox)];
      for (const entryId of [message, await idOf(inbox)]) {
        const short = shortTermEntryId(entryId);
        assert.notDeepEqual(short, entryId);
        assert.equal(await store.compareEntryIDs(short, entryId), true);
        assert.equal(await store.compareEntryIDs(entryId, short), true);
        assert.equal(await store.compareEntryIDs(short, other), false);
      }
    });
    rule('STORE-035: with all flags an identifier is for now; without some of them for longer', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store));
      const forms = [{}, { laterDays: true }, { laterSessions: true }].map((how) => shortTermEntryId(entryId, how));
      assert.deepEqual(
        forms.map((form) => form[0]),
        [0xff, 0xff & ~MAPI_NOW, 0xff & ~MAPI_THISSESSION],
      );
      for (const form of forms) {
        assert.equal(isLongTerm(form), false);
        assert.equal(await store.compareEntryIDs(form, entryId), true);
      }
    });
    rule(
      'STORE-037: a short-term identifier is opened by its container, and what opens has a long-term one',
      async (t) => {
        const inbox = await inboxOf(t.store);
        const entryId = await savedMessage(inbox, { subject: 'Short' });
        await using message = await inbox.openEntry(shortTermEntryId(entryId), { iid: 'IMessage', modify: true });
        assert.equal(await read(message, PR_SUBJECT), 'Short');
        assert.deepEqual(await idOf(message), entryId);
      },
    );
    rule('STORE-037: what is kept of a short-term identifier is the object, not its bytes', async (t) => {
      const folder = await newFolder(t.store, 'Kept');
      const entryId = await idOf(folder);
      await t.store.setReceiveFolder('IPM.Short', shortTermEntryId(entryId));
      assert.deepEqual((await t.store.getReceiveFolder('IPM.Short')).entryId, entryId);
      const message = await savedMessage(folder);
      const seen = new Collector();
      await t.store.advise(shortTermEntryId(message), fnevObjectModified, seen);
      await using writer = await openMessage(t.store, message, true);
      await writer.setProps([prop(PR_SUBJECT, 'changed')]);
      await writer.saveChanges({ keepOpenReadOnly: true });
      await t.settle();
      assert.deepEqual(
        seen.of('objectModified').map((each) => each.entryId),
        [message],
      );
    });
    rule('STORE-032, PROP-078: what is gone is told at the opening, or at the first reading', async ({ store }) => {
      const inbox = await inboxOf(store);
      const entryId = await savedMessage(inbox);
      await inbox.deleteMessages([entryId]);
      const folder = await newFolder(store, 'Gone');
      const folderId = await idOf(folder);
      await folder.release();
      await using subtree = await specialFolder(store, PR_IPM_SUBTREE_ENTRYID);
      await subtree.deleteFolder(folderId);
      for (const gone of [entryId, folderId]) {
        const firstReading = async (): Promise<unknown> => {
          await using object = await store.openEntry(gone, { deferredErrors: true });
          return need(object, PR_ENTRYID);
        };
        await rejects('MAPI_E_NOT_FOUND', firstReading());
      }
    });
  });
}
