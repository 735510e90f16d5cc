/** CopyTo and CopyProps between the objects of stores. */
import assert from 'node:assert/strict';
import {
  changePropType,
  type IMessage,
  PR_BODY,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_IMPORTANCE,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_NULL,
  PR_SUBJECT,
  type PropTag,
  PT_LONG,
  prop,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  column,
  idOf,
  inboxOf,
  newFolder,
  newMessage,
  openMessage,
  read,
  recipient,
  rejects,
  savedMessage,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

/** A message with a recipient and an attachment, and an empty one to copy it into. */
async function pair({ store }: StoreUnderTest): Promise<{ source: IMessage; target: IMessage }> {
  const inbox = await inboxOf(store);
  const source = await newMessage(inbox, {
    subject: 'Original',
    recipients: [recipient('Ann')],
    attachments: [Uint8Array.of(1, 2)],
  });
  await source.saveChanges({ keepOpenReadWrite: true });
  return { source, target: await inbox.createMessage() };
}

async function counts(message: IMessage): Promise<readonly [number, number]> {
  await using recipients = await message.getRecipientTable();
  await using attachments = await message.getAttachmentTable();
  return [await recipients.getRowCount(), await attachments.getRowCount()];
}

export function copySuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: copying objects`, () => {
    rule('PROP-053, PROP-054: a copy has the properties, the recipients and the attachments', async (t) => {
      const { source, target } = await pair(t);
      await source.copyTo(target);
      assert.equal(await read(target, PR_SUBJECT), 'Original');
      assert.equal(await read(target, PR_BODY), 'Body');
      assert.deepEqual(await counts(target), [1, 1]);
      assert.deepEqual(await counts(source), [1, 1]);
    });
    rule('PROP-058: the copy is permanent with the save of its destination', async (t) => {
      const { source, target } = await pair(t);
      const inbox = await inboxOf(t.store);
      await source.copyTo(target);
      assert.equal((await column(inbox.getContentsTable(), PR_ENTRYID)).length, 1);
      await target.saveChanges({ keepOpenReadWrite: true });
      const saved = await openMessage(t.store, await idOf(target));
      assert.equal(await read(saved, PR_DISPLAY_TO), 'Ann');
      assert.deepEqual(await counts(saved), [1, 1]);
      assert.notDeepEqual(await idOf(target), await idOf(source));
    });
    rule('PROP-051, PROP-054: what is excluded stays behind, by its identifier', async (t) => {
      const { source, target } = await pair(t);
      await source.copyTo(target, [
        changePropType(PR_SUBJECT, PT_LONG) as PropTag,
        PR_MESSAGE_RECIPIENTS,
        PR_MESSAGE_ATTACHMENTS,
      ]);
      assert.equal(await read(target, PR_SUBJECT), undefined);
      assert.equal(await read(target, PR_BODY), 'Body');
      assert.deepEqual(await counts(target), [0, 0]);
    });
    rule('PROP-054: of a list of properties only these are copied, subobjects among them', async (t) => {
      const { source, target } = await pair(t);
      await source.copyProps([PR_SUBJECT, PR_MESSAGE_RECIPIENTS], target);
      assert.equal(await read(target, PR_SUBJECT), 'Original');
      assert.equal(await read(target, PR_BODY), undefined);
      assert.deepEqual(await counts(target), [1, 0]);
    });
    rule('PROP-053, PROP-047: values are overwritten unless that is forbidden, others stay', async (t) => {
      const { source, target } = await pair(t);
      await write(target, prop(PR_SUBJECT, 'Own'), prop(PR_IMPORTANCE, 2));
      await source.copyTo(target, undefined, { noReplace: true });
      assert.equal(await read(target, PR_SUBJECT), 'Own');
      assert.equal(await read(target, PR_BODY), 'Body');
      await source.copyTo(target);
      assert.equal(await read(target, PR_SUBJECT), 'Original');
      assert.equal(await read(target, PR_IMPORTANCE), 2);
    });
    rule('PROP-048: an object is not copied into itself', async (t) => {
      const { source } = await pair(t);
      await rejects('MAPI_E_NO_ACCESS', source.copyTo(source));
      await rejects('MAPI_E_NO_ACCESS', source.copyProps([PR_SUBJECT], source));
    });
    rule('PROP-050: empty lists and PR_NULL are refused', async (t) => {
      const { source, target } = await pair(t);
      await rejects('MAPI_E_INVALID_PARAMETER', source.copyTo(target, []));
      await rejects('MAPI_E_INVALID_PARAMETER', source.copyTo(target, [PR_NULL]));
      await rejects('MAPI_E_INVALID_PARAMETER', source.copyProps([], target));
      await rejects('MAPI_E_INVALID_PARAMETER', source.copyProps([PR_NULL], target));
    });
    rule('PROP-057: a move takes away what was copied', async (t) => {
      const { source, target } = await pair(t);
      await source.copyProps([PR_SUBJECT], target, { move: true });
      assert.equal(await read(source, PR_SUBJECT), undefined);
      assert.equal(await read(source, PR_BODY), 'Body');
      assert.equal(await read(target, PR_SUBJECT), 'Original');
    });
    rule('PROP-029: a destination opened for reading takes nothing', async (t) => {
      const { source } = await pair(t);
      const reader = await openMessage(t.store, await savedMessage(await inboxOf(t.store)));
      await rejects('MAPI_E_NO_ACCESS', source.copyProps([PR_SUBJECT], reader));
      assert.equal(await read(reader, PR_SUBJECT), 'Subject');
    });
    rule('PROP-054: a message goes into a message of another store', async (t) => {
      const { source } = await pair(t);
      const target = await (await newFolder(await t.otherStore(), 'There')).createMessage();
      await source.copyTo(target);
      await target.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await read(target, PR_SUBJECT), 'Original');
      assert.deepEqual(await counts(target), [1, 1]);
    });
    rule('PROP-054, PROP-055: a folder is copied with what is in it, but not into itself', async (t) => {
      const source = await newFolder(t.store, 'Source');
      await write(source, prop(PR_COMMENT, 'words'));
      await savedMessage(source, { subject: 'Inside' });
      await source.createFolder('Inner');
      const target = await newFolder(t.store, 'Target');
      await source.copyTo(target, [PR_DISPLAY_NAME]);
      assert.equal(await read(target, PR_COMMENT), 'words');
      assert.deepEqual(await column(target.getContentsTable(), PR_SUBJECT), ['Inside']);
      assert.deepEqual(await column(target.getHierarchyTable(), PR_DISPLAY_NAME), ['Inner']);
      await rejects('MAPI_E_FOLDER_CYCLE', source.copyTo(await source.createFolder('Below'), [PR_DISPLAY_NAME]));
    });
  });
}
