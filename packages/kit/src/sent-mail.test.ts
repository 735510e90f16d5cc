import assert from 'node:assert/strict';
import { bytesEqual } from '@nodemapi/base';
import {
  type EntryId,
  type IMAPIFolder,
  type IMessage,
  PR_DELETE_AFTER_SUBMIT,
  PR_ENTRYID,
  PR_PARENT_ENTRYID,
  PR_SENTMAIL_ENTRYID,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';
import { fileSentMessage } from './sent-mail.ts';
import type { SentMailWish } from './spooler-port.ts';

const OUTBOX = Uint8Array.of(1);
const SENT = Uint8Array.of(2);
const MESSAGE = Uint8Array.of(3);

class Folder extends PropObject {
  readonly iid = 'IMAPIFolder';
  readonly calls: string[];
  readonly name: string;
  warning: string | undefined;

  constructor(name: string, calls: string[], warning?: string) {
    super(new PropBag());
    this.name = name;
    this.calls = calls;
    this.warning = warning;
  }

  async copyMessages(_ids: readonly EntryId[], to: Folder, { move }: { move?: boolean }): Promise<object> {
    this.calls.push(`${move === true ? 'move' : 'copy'} from ${this.name} to ${to.name}`);
    return this.warning === undefined ? {} : { warning: this.warning };
  }

  async deleteMessages(): Promise<object> {
    this.calls.push(`delete from ${this.name}`);
    return {};
  }
}

class Message extends PropObject {
  readonly iid = 'IMessage';
}

async function filed(
  values: readonly PropValue[],
  warning?: string,
  wanted: SentMailWish = {},
): Promise<readonly string[]> {
  const calls: string[] = [];
  const bag = new PropBag([prop(PR_ENTRYID, MESSAGE), prop(PR_PARENT_ENTRYID, OUTBOX), ...values]);
  const message = new Message(bag);
  const openFolder = async (entryId: EntryId) => {
    assert.equal(message.released, true);
    const name = bytesEqual(entryId, OUTBOX) ? 'outbox' : bytesEqual(entryId, SENT) ? 'sent' : 'other';
    return new Folder(name, calls, warning) as unknown as IMAPIFolder; // only what filing calls
  };
  const wish = async (): Promise<SentMailWish> => {
    assert.equal(message.released, false);
    calls.push('hooks');
    return wanted;
  };
  await fileSentMessage(message as unknown as IMessage, { wish, openFolder }); // only what filing calls
  assert.equal(calls.shift(), 'hooks');
  assert.equal(message.released, true);
  return calls;
}

describe('IMAPISupport::DoSentMail', () => {
  test('SUPP-33, SUPP-34: it moves, deletes or leaves a sent message as its properties say, and releases it', async () => {
    const sentMail = prop(PR_SENTMAIL_ENTRYID, SENT);
    const gone = prop(PR_DELETE_AFTER_SUBMIT, true);
    assert.deepEqual(await filed([]), []);
    assert.deepEqual(await filed([sentMail]), ['move from outbox to sent']);
    assert.deepEqual(await filed([gone]), ['delete from outbox']);
    assert.deepEqual(await filed([sentMail, gone]), ['move from outbox to sent']);
  });

  test('SPOOL-076, SUBMIT-050: the hooks are asked first, and what they want goes before what the properties say', async () => {
    const sentMail = prop(PR_SENTMAIL_ENTRYID, Uint8Array.of(9));
    const gone = prop(PR_DELETE_AFTER_SUBMIT, true);
    assert.deepEqual(await filed([sentMail], undefined, { delete: true }), ['delete from outbox']);
    assert.deepEqual(await filed([sentMail, gone], undefined, { delete: true, target: SENT }), ['delete from outbox']);
    assert.deepEqual(await filed([gone], undefined, { target: SENT }), ['move from outbox to sent']);
    assert.deepEqual(await filed([sentMail], undefined, { target: SENT }), ['move from outbox to sent']);
    assert.deepEqual(await filed([sentMail]), ['move from outbox to other']);
  });

  test('a store that does not move the message is not taken for one that did', async () => {
    const moving = filed([prop(PR_SENTMAIL_ENTRYID, SENT)], 'MAPI_W_PARTIAL_COMPLETION');
    await assert.rejects(moving, { code: 'MAPI_E_CALL_FAILED' });
  });
});
