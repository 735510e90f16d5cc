import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { type IMessage, type IMsgStore, MapiError, type SubmitResult } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { answerOf } from './submit-answer.ts';
import { overlaid, World } from './world.testing.ts';

const MINUTE = 60_000;

describe('an answer that makes no sense', () => {
  const answers: Readonly<Record<string, unknown>> = {
    nothing: undefined,
    'a text': 'ok',
    'no outcomes': { messageRef: 1 },
    'outcomes that are none': { messageRef: 1, outcomes: null },
    'outcomes by name': { messageRef: 1, outcomes: { 0: 'delivered' } },
    'a recipient nobody asked about': { messageRef: 1, outcomes: [{ rowId: 4711, outcome: 'delivered' }] },
    'an unknown outcome': { messageRef: 1, outcomes: [0, 1, 2].map((rowId) => ({ rowId, outcome: 'toString' })) },
    'an outcome of nobody': { outcomes: [null, { outcome: 'delivered' }] },
  };
  for (const [what, answer] of Object.entries(answers)) {
    test(`${what}: the message may have been sent, is tried a few times, and held`, async () => {
      const smtp = new ScriptedTransport('smtp');
      let calls = 0;
      smtp.submitMessage = async () => {
        calls++;
        return answer as SubmitResult;
      };
      const world = await World.started({ transports: [smtp] });
      await world.submit('a', ['x@example.org']);
      await world.pass();
      const [first] = await world.main.spooler.outgoing();
      deepStrictEqual([first?.state, first?.recipients[0]?.state], ['unknown', 'unknown']);
      for (let minute = 0; minute < 60; minute++) await world.pass(MINUTE);
      strictEqual(calls, 3);
      const [message] = await world.main.spooler.outgoing();
      strictEqual(message?.state, 'held');
      ok(message?.reason?.includes('the transport answered'), message?.reason ?? '');
      ok(message?.recipients[0]?.lastError?.includes('may have been sent'));
    });
  }

  test('what it says of one recipient counts, whatever it says of another', async () => {
    const smtp = new ScriptedTransport('smtp');
    const asked: (readonly number[])[] = [];
    smtp.submitMessage = async (_message, { rowIds }) => {
      asked.push(rowIds);
      const [first, second] = rowIds;
      return { messageRef: 1, outcomes: [{ rowId: first, outcome: 'delivered' }, { rowId: second }] } as SubmitResult;
    };
    smtp.endMessage = () => Promise.resolve('sent');
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org', 'y@example.org']);
    await world.pass();
    const [message] = await world.main.spooler.outgoing();
    deepStrictEqual(
      message?.recipients.map(({ state }) => state),
      ['sent', 'unknown'],
    );
    await world.pass(MINUTE);
    deepStrictEqual(asked[1], asked[0]?.slice(1));
  });

  test('an end of the message that nobody knows is the common one: who is deferred expires with a report', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: () => 'deferred', onEnd: () => 'dunno' as never });
    const world = await World.started({ transports: [smtp], options: { expiryMs: 60 * MINUTE } });
    await world.submit('a', ['x@example.org']);
    for (let hour = 0; hour < 5; hour++) await world.pass(60 * MINUTE);
    strictEqual(await world.queued(), 0);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
  });

  test('texts and times that are none are left out', () => {
    const outcome = { rowId: 1, outcome: 'failed', smtpCode: '550', text: 5, remote: null, enhancedStatus: {} };
    const read = answerOf({ messageRef: 'x', outcomes: [outcome], retryAfterSeconds: Number.NaN }, [1], 'smtp');
    deepStrictEqual(read, { outcomes: new Map([[1, { rowId: 1, outcome: 'failed' }]]) });
  });
});

test('whom a transport has delivered to is not forgotten when the next call of it cannot be made', async () => {
  let calls = 0;
  const smtp = new ScriptedTransport('smtp', {
    onSubmit: () => void calls++,
    outcome: (address): Outcome['outcome'] => (address.startsWith('y') && calls === 1 ? 'deferred' : 'delivered'),
    onEnd: () => (calls === 1 ? 'resendNow' : 'sent'),
  });
  const world = await World.make({ transports: [smtp] });
  const fail = (): Promise<never> => Promise.reject(new MapiError('MAPI_E_DISK_ERROR', 'bad block'));
  let failures = 1;
  const damaged = (store: IMsgStore): IMsgStore => {
    const wrapped: IMsgStore = overlaid(store, {
      addRef: () => wrapped,
      openEntry: async (...args: Parameters<IMsgStore['openEntry']>) => {
        const message = (await store.openEntry(...args)) as IMessage;
        return overlaid(message, {
          modifyRecipients: (...change: Parameters<IMessage['modifyRecipients']>) =>
            calls === 1 && failures-- > 0 ? fail() : message.modifyRecipients(...change),
        });
      },
    });
    return wrapped;
  };
  const { spooler } = await world.process({}, damaged);
  await spooler.start();
  await world.submit('a', ['x@example.org', 'y@example.org']);
  await world.pass(MINUTE);
  deepStrictEqual(smtp.sent.map(({ address }) => address).sort(), ['x@example.org', 'y@example.org']);
  strictEqual(await world.queued(), 0);
});
