import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import {
  type FormCall,
  type IMessage,
  MapiError,
  MSGFLAG_UNSENT,
  makeEntryId,
  PR_ENTRYID,
  PR_SUBJECT,
  prop,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { STORE_UID } from './test-ids.testing.ts';
import { user } from './user.testing.ts';

class Message extends MessageDouble {
  references = 1;
  submits = 0;

  override addRef(): this {
    this.references++;
    return this;
  }

  override async release(): Promise<void> {
    this.references--;
  }

  override async submitMessage(): Promise<void> {
    this.submits++;
  }
}

async function withMessage(ui: UserInterface = user()) {
  const { subsystem, library } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(ui, 'Work', null, { noMail: true });
  await openStore(session);
  const target = new Message([prop(PR_SUBJECT, 'shown'), prop(PR_ENTRYID, Uint8Array.of(1))]);
  library.behaviour.openEntry = () => target;
  const message: IMessage = await session.openEntry(makeEntryId(STORE_UID, utf8Encode('m')), { iid: 'IMessage' });
  return { session, target, message };
}

const form = (answer: (call: FormCall) => Promise<'done' | 'closed'>): UserInterface => user({ form: answer });

describe('forms', () => {
  test('SESS-56: a token holds the message and is used up by the form', async () => {
    const { session, target, message } = await withMessage();
    const token = await session.prepareForm(message);
    assert.equal(target.references, 2);
    assert.notEqual(await session.prepareForm(message, 'IMessage'), token);
    await message.release();
    assert.equal(target.references, 2);
    const seen: unknown[] = [];
    const ui = form(async ({ message: shown, ...call }) => {
      seen.push((await shown.getProps([PR_SUBJECT])).values[0], call);
      return 'closed';
    });
    await session.showForm({ token, iid: null }, ui);
    assert.deepEqual(seen, [
      'shown',
      {
        messageClass: 'IPM.Note',
        messageStatus: 0,
        messageFlags: MSGFLAG_UNSENT,
        access: 0,
        post: false,
        newMessage: false,
      },
    ]);
    assert.deepEqual([target.references, target.saves, target.submits], [1, 0, 0]);
    await assert.rejects(session.showForm({ token }, ui), { code: 'MAPI_E_INVALID_PARAMETER' });
    await session.logoff();
    assert.equal(target.references, 0); // the token that no form used up
  });

  test('SESS-56: a form shows messages and nothing else', async () => {
    const { session, message } = await withMessage();
    await using table = await session.getMsgStoresTable();
    const odd = [session.prepareForm(table as never), session.prepareForm(message, 'IMAPIFolder' as never)];
    for (const one of odd) await assert.rejects(one, { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' });
  });

  test('SESS-57: with the caller’s reference released, the last one goes with the form', async () => {
    const { session, target, message } = await withMessage();
    const token = await session.prepareForm(message);
    await message.release();
    await session.showForm(
      { token },
      form(async () => 'closed'),
    );
    assert.equal(target.references, 0);
  });

  test('SESS-58: what the user is done with is sent, or posted', async () => {
    const { session, target, message } = await withMessage(form(async () => 'done'));
    await session.showForm({ token: await session.prepareForm(message) });
    assert.deepEqual([target.saves, target.submits], [0, 1]);
    const posted = { post: true, newMessage: true, messageClass: 'IPM.Post' };
    await session.showForm({ token: await session.prepareForm(message), ...posted });
    assert.deepEqual([target.saves, target.submits], [1, 1]);
    const token = await session.prepareForm(message);
    await assert.rejects(session.showForm({ token, messageSent: message } as never), {
      code: 'MAPI_E_INVALID_PARAMETER',
    });
    await assert.rejects(session.showForm({ token, later: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('SESS-58: a cancel is a cancel, what MAPI does not know is a failed call, and nothing is sent', async () => {
    const { session, target, message } = await withMessage();
    const failing = [
      [new MapiError('MAPI_E_USER_CANCEL', 'no'), 'MAPI_E_USER_CANCEL'],
      [new RangeError('off the screen'), 'MAPI_E_CALL_FAILED'],
    ] as const;
    for (const [error, code] of failing) {
      const ui = form(() => Promise.reject(error));
      await assert.rejects(session.showForm({ token: await session.prepareForm(message) }, ui), { code });
    }
    await assert.rejects(session.showForm({ token: await session.prepareForm(message) }, user()), {
      code: 'MAPI_E_NO_SUPPORT',
    });
    assert.deepEqual([target.references, target.saves, target.submits], [1, 0, 0]);
  });
});
