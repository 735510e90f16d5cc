import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { MailServer } from './mail-server.testing.ts';
import { logOn, messageTo, sectionFor } from './transport.testing.ts';

const TO = [['a@x.test']] as const;

/** What comes of a message, and how often it was told that it is offered. */
async function submitted(port: number, onOffer: () => void) {
  await using transport = await logOn(sectionFor(port));
  assert.equal(transport.logon.tellsOffers, true);
  let offers = 0;
  const { outcomes } = await transport.logon.submitMessage(await messageTo(TO), {
    rowIds: [1],
    signal: new AbortController().signal,
    onOffer: () => {
      offers++;
      onOffer();
    },
  });
  return { outcome: outcomes[0]?.outcome, text: outcomes[0]?.text, offers };
}

describe('a message is said to be offered', () => {
  test('right before its text goes out, and not before', async () => {
    await using server = await MailServer.start();
    const { outcome, offers } = await submitted(server.port, () => assert.equal(server.received, 0));
    assert.deepEqual([outcome, offers, server.mails.length], ['delivered', 1, 1]);
  });

  test('never if its recipients are refused, or there is no server', async () => {
    const refuse = (_address: unknown, _session: unknown, done: (error: Error) => void): void =>
      done(Object.assign(new Error('no'), { responseCode: 450 }));
    let port: number;
    {
      await using server = await MailServer.start({ onRcptTo: refuse });
      ({ port } = server);
      const { outcome, offers } = await submitted(port, () => {});
      assert.deepEqual([outcome, offers], ['deferred', 0]);
    }
    const { outcome, offers } = await submitted(port, () => {});
    assert.deepEqual([outcome, offers], ['deferred', 0]);
  });

  test('to somebody who may refuse: then nothing of its text goes out, and it is tried again', async () => {
    await using server = await MailServer.start();
    const { outcome, text, offers } = await submitted(server.port, () => {
      throw new MapiError('MAPI_E_BUSY', 'it cannot be noted');
    });
    assert.deepEqual([outcome, offers, server.received, server.mails.length], ['deferred', 1, 0, 0]);
    assert.match(text ?? '', /it cannot be noted/u);
  });
});
