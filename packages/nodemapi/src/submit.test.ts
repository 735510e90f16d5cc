import assert from 'node:assert/strict';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MapiError,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_PARENT_ENTRYID,
  PR_SUBJECT,
} from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { describe, test } from 'vitest';
import { composeMessage } from './compose.ts';
import { submitSaved } from './submit.ts';

async function outboxOf(): Promise<{
  readonly store: IMsgStore;
  readonly outbox: IMAPIFolder;
  readonly id: Uint8Array;
}> {
  const host = await standaloneHost();
  const support = new StandaloneSupport({ kind: 'store', host });
  const store = createMemoryStore(support, host).open();
  const [id = new Uint8Array()] = (await store.getProps([PR_IPM_OUTBOX_ENTRYID])).values;
  const outbox = await store.openEntry(id, { iid: 'IMAPIFolder', modify: true });
  return { store, outbox, id };
}

const draft = { to: ['ada@example.com'], subject: 'Notes', text: 'Dear Ada' };

/** The message, whose `method` loses the subject the first `times` that it is called. */
function losing(message: IMessage, method: 'saveChanges' | 'submitMessage', times: number): IMessage {
  let left = times;
  return new Proxy(message, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== method) return value.bind(target);
      return async (...args: readonly unknown[]) => {
        if (left-- <= 0) return Reflect.apply(value, target, args);
        await target.deleteProps([PR_SUBJECT]);
        throw new MapiError('MAPI_E_CORRUPT_DATA', 'lost');
      };
    },
  });
}

describe('submitting with care', () => {
  test('SUBMIT-010, SUBMIT-006: a message is made in the Outbox, and named by its identifier from before it was submitted', async () => {
    const { store, outbox, id } = await outboxOf();
    await using message = await composeMessage(outbox, draft);
    const entryId = await submitSaved(message);
    await store.abortSubmit(entryId); // what the identifier is for
    await using again = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
    assert.deepEqual((await again.getProps([PR_PARENT_ENTRYID, PR_SUBJECT])).values, [id, 'Notes']);
    let read = 0;
    const order: string[] = [];
    await using second = await composeMessage(outbox, draft);
    const watched = new Proxy(second, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]): unknown => {
          if (name === 'getProps' && (args[0] as readonly number[] | undefined)?.includes(PR_ENTRYID)) {
            read++;
            order.push('read');
          }
          if (name === 'submitMessage') order.push('submit');
          return Reflect.apply(value, target, args);
        };
      },
    });
    await submitSaved(watched);
    assert.deepEqual([read, order], [1, ['read', 'submit']]);
  });

  for (const method of ['saveChanges', 'submitMessage'] as const) {
    test(`SUBMIT-007, MSG-005: after MAPI_E_CORRUPT_DATA from ${method} the data are written again, saved, and it is tried once more`, async () => {
      const { store, outbox } = await outboxOf();
      const message = await composeMessage(outbox, draft);
      const entryId = await submitSaved(losing(message, method, 1));
      await using queued = await store.openEntry(entryId, { iid: 'IMessage' });
      assert.deepEqual((await queued.getProps([PR_SUBJECT])).values, ['Notes']);
      await store.abortSubmit(entryId); // it is in the queue
      await assert.rejects(submitSaved(losing(await composeMessage(outbox, draft), method, 2)), {
        code: 'MAPI_E_CORRUPT_DATA',
      });
    });
  }

  test('any other failure is told at once', async () => {
    const { outbox } = await outboxOf();
    const message = await composeMessage(outbox, { subject: 'to nobody' });
    let saves = 0;
    const full = Object.assign(Object.create(message), {
      getProps: message.getProps.bind(message),
      saveChanges: async () => {
        saves++;
        throw new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
      },
    });
    await assert.rejects(submitSaved(full), { code: 'MAPI_E_NOT_ENOUGH_DISK' });
    assert.equal(saves, 1);
  });
});
