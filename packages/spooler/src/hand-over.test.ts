import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { nullLog } from '@nodemapi/base';
import { type IMessage, MapiError, PR_SUBJECT, type SubmitResult } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type HandOver, handOver } from './hand-over.ts';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import type { Transport } from './transports.ts';
import { overlaid } from './world.testing.ts';

const SENT: SubmitResult = { messageRef: 1, outcomes: [{ rowId: 1, outcome: 'delivered' }] };

interface Run {
  readonly submit: (message: IMessage) => Promise<SubmitResult>;
  readonly tellsOffers?: boolean;
  readonly onOffer?: () => void;
  readonly signal?: AbortSignal;
}

/** Hands a message to a transport; answers how often it was taken for offered, too. */
async function handed(
  run: Run,
): Promise<{ readonly answer: HandOver; readonly offers: number; readonly reads: number }> {
  let [offers, reads] = [0, 0];
  const message = {
    getProps: async () => {
      reads++;
      return { values: [] };
    },
    release: async () => {},
  } as unknown as IMessage; // no more of a message is asked for
  const logon = overlaid(new ScriptedTransport('fax'), {
    submitMessage: run.submit,
    tellsOffers: run.tellsOffers,
    endMessage: async () => 'sent',
  });
  const transport = { own: { logon, displayName: 'Fax' } } as unknown as Transport; // nor of a transport
  const answer = await handOver(
    transport,
    {
      ...{ message, rowIds: [1], deferred: false, resendNowMax: 0 },
      signal: run.signal ?? new AbortController().signal,
      present: async () => {},
      onStarted: () => {},
      onOffer: () => {
        run.onOffer?.();
        offers++;
      },
    },
    nullLog,
  );
  return { answer, offers, reads };
}

describe('a transport that does not tell when it offers a message', () => {
  test('has offered it when it has looked at it, once', async () => {
    const { offers, answer } = await handed({
      submit: async (message) => {
        await message.release();
        await message.getProps([PR_SUBJECT]);
        await message.getProps([PR_SUBJECT]);
        return SENT;
      },
    });
    deepStrictEqual([offers, answer.outcomes.get(1)?.outcome], [1, 'delivered']);
  });

  test('has not sent what it never looked at, however it fails', async () => {
    const submit = async (): Promise<SubmitResult> => {
      throw new Error('out of paper');
    };
    const { offers, answer } = await handed({ submit });
    deepStrictEqual([offers, answer.refusal?.kind, answer.refusal?.unsent], [0, 'unforeseen', true]);
    const looked = await handed({
      submit: async (message) => {
        await message.getProps([PR_SUBJECT]);
        return submit();
      },
    });
    deepStrictEqual([looked.offers, looked.answer.refusal?.unsent], [1, false]);
  });

  test('does not see it any more when it was told to stop before it looked, nor where that cannot be noted', async () => {
    const stop = new AbortController();
    const reason = new MapiError('MAPI_E_USER_CANCEL', 'cancelled');
    const stopped = await handed({
      signal: stop.signal,
      onOffer: () => stop.signal.throwIfAborted(),
      submit: async (message) => {
        stop.abort(reason);
        await rejects(message.getProps([PR_SUBJECT]), reason);
        throw new Error('no message');
      },
    });
    deepStrictEqual([stopped.answer.refusal?.kind, stopped.reads], ['notAsked', 0]);
    const full = new MapiError('MAPI_E_BUSY', 'cannot be noted');
    const unnoted = await handed({
      onOffer: () => {
        throw full;
      },
      submit: async (message) => {
        await message.getProps([PR_SUBJECT]).catch(() => {});
        throw new Error('no message');
      },
    });
    deepStrictEqual(unnoted.answer.refusal, { kind: 'busy', error: full });
    strictEqual(unnoted.reads, 0);
  });

  test('goes on looking when it is told to stop after it has looked', async () => {
    const stop = new AbortController();
    const { reads, answer } = await handed({
      signal: stop.signal,
      onOffer: () => stop.signal.throwIfAborted(),
      submit: async (message) => {
        await message.getProps([PR_SUBJECT]);
        stop.abort(new MapiError('MAPI_E_USER_CANCEL', 'cancelled'));
        await message.getProps([PR_SUBJECT]);
        return SENT;
      },
    });
    deepStrictEqual([reads, answer.outcomes.get(1)?.outcome], [2, 'delivered']);
  });
});

test('one that tells may look as it likes: its word counts', async () => {
  const { offers, reads } = await handed({
    tellsOffers: true,
    submit: async (message) => {
      await message.getProps([PR_SUBJECT]);
      return SENT;
    },
  });
  deepStrictEqual([offers, reads], [0, 1]);
});
