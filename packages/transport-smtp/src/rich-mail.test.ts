import assert from 'node:assert/strict';
import { submit } from '@nodemapi/conformance';
import {
  encodeOneOff,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_SEND_RICH_INFO,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { MailServer } from './mail-server.testing.ts';
import { sendForms } from './rich-mail.ts';
import { logOn, messageTo, sectionFor } from './transport.testing.ts';

const recipient = (emailAddress: string, more: readonly PropValue[]): readonly PropValue[] => [
  prop(PR_RECIPIENT_TYPE, MAPI_TO),
  prop(PR_DISPLAY_NAME, emailAddress),
  prop(PR_ADDRTYPE, 'SMTP'),
  prop(PR_EMAIL_ADDRESS, emailAddress),
  prop(PR_RESPONSIBILITY, false),
  ...more,
];
const oneOff = (emailAddress: string, sendRichInfo: boolean): PropValue =>
  prop(PR_ENTRYID, encodeOneOff({ displayName: emailAddress, addrType: 'SMTP', emailAddress, sendRichInfo }));

async function taken(rows: readonly (readonly PropValue[])[]): Promise<readonly string[]> {
  await using server = await MailServer.start();
  await using transport = await logOn(sectionFor(server.port));
  const message = await messageTo([], [prop(PR_BODY, 'the text')]);
  await message.modifyRecipients('replace', rows);
  const { outcomes } = await submit(transport.logon, message);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    rows.map(() => 'delivered'),
  );
  return server.mails
    .map(({ to, text }) => {
      const addresses = to.map(({ address }) => address).sort();
      assert.match(text, /the text/);
      return `${addresses.join()}: ${/application\/ms-tnef/.test(text) ? 'TNEF' : 'plain'}`;
    })
    .sort();
}

describe('TNEF', () => {
  test('TNEF-045: goes to those alone whose PR_SEND_RICH_INFO, or else their one-off identifier, asks for it', async () => {
    const rows = [
      recipient('yes@a.test', [prop(PR_SEND_RICH_INFO, true)]),
      recipient('no@a.test', [prop(PR_SEND_RICH_INFO, false), oneOff('no@a.test', true)]),
      recipient('unsaid@a.test', []),
      recipient('once@a.test', [oneOff('once@a.test', true)]),
      recipient('never@a.test', [oneOff('never@a.test', false)]),
    ];
    assert.deepEqual(await taken(rows), [
      'never@a.test,no@a.test,unsaid@a.test: plain',
      'once@a.test,yes@a.test: TNEF',
    ]);
  });

  test('TNEF-045: a message for which all want the same is sent once', async () => {
    assert.deepEqual(await taken([recipient('a@a.test', []), recipient('b@a.test', [])]), ['a@a.test,b@a.test: plain']);
    const rich = [prop(PR_SEND_RICH_INFO, true)];
    assert.deepEqual(await taken([recipient('a@a.test', rich)]), ['a@a.test: TNEF']);
  });
});

describe('two forms', () => {
  const recipients = [
    { address: 'plain', rich: false },
    { address: 'rich', rich: true },
  ];
  const delivered = { outcome: 'delivered' } as const;

  test('the second of which cannot be made leave its recipients for later, and the others served', async () => {
    const report = await sendForms(recipients, async (some, rich) =>
      rich
        ? { outcomes: new Map(), bodyError: new Error('no memory') }
        : { outcomes: new Map(some.map(({ address }) => [address, delivered])), retryAfterSeconds: 7 },
    );
    assert.equal(report.bodyError, undefined);
    assert.equal(report.retryAfterSeconds, 7);
    assert.deepEqual(report.outcomes.get('plain'), delivered);
    assert.equal(report.outcomes.get('rich')?.outcome, 'deferred');
    assert.match(report.outcomes.get('rich')?.text ?? '', /no memory/);
  });

  test('the first of which cannot be made send nothing', async () => {
    let calls = 0;
    const report = await sendForms(recipients, async () => {
      calls++;
      return { outcomes: new Map(), bodyError: new Error('no memory') };
    });
    assert.deepEqual([calls, report.outcomes.size], [1, 0]);
    assert.ok(report.bodyError instanceof Error);
  });
});
