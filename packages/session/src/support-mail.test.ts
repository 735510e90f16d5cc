import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import {
  MAPI_P1,
  MAPI_SUBMITTED,
  MAPI_TO,
  MSGFLAG_RESEND,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

async function storeSupport() {
  const { subsystem, library } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  await session.enumAdrTypes();
  await openStore(session);
  const support = library.lastSupport;
  assert.ok(support);
  return support;
}

async function withRecipients(flags: number): Promise<MessageDouble> {
  const message = new MessageDouble([prop(PR_MESSAGE_FLAGS, flags)]);
  const row = (name: string, type: number) => [prop(PR_DISPLAY_NAME, name), prop(PR_RECIPIENT_TYPE, type)];
  const submitted = (MAPI_TO | MAPI_SUBMITTED) >>> 0;
  await message.modifyRecipients('add', [row('had it', submitted), row('failed', MAPI_P1), row('new', MAPI_TO)]);
  return message;
}

const shown = (message: MessageDouble) =>
  message.recipients.map((row) => [
    propOf(row, PR_DISPLAY_NAME),
    (propOf(row, PR_RECIPIENT_TYPE) ?? 0) >>> 0,
    propOf(row, PR_RESPONSIBILITY),
  ]);

describe('what the support object of a store does with messages', () => {
  test('SUPP-31, SUBMIT-030, C-02: who has had a resent message is not served again, the rest is', async () => {
    const support = await storeSupport();
    const message = await withRecipients(MSGFLAG_RESEND);
    await support.prepareSubmit(message);
    assert.deepEqual(shown(message), [
      ['had it', (MAPI_TO | MAPI_SUBMITTED) >>> 0, true],
      ['failed', MAPI_P1, false],
      ['new', MAPI_TO, false],
    ]);
    const first = await withRecipients(0);
    await support.prepareSubmit(first);
    assert.deepEqual(
      shown(first).map(([, , responsibility]) => responsibility),
      [undefined, undefined, undefined],
    );
  });

  test('SUPP-35: a read report comes from the identity of the session', async () => {
    const support = await storeSupport();
    const sender = [prop(PR_SENDER_ADDRTYPE, 'SMTP'), prop(PR_SENDER_EMAIL_ADDRESS, 'bob@b.c')];
    const report = new MessageDouble();
    await support.readReceipt(new MessageDouble(sender), report, { nonRead: true });
    const values = report.allProps();
    assert.equal(propOf(values, PR_MESSAGE_CLASS), 'REPORT.IPM.Note.IPNNRN');
    assert.equal(propOf(values, PR_SENDER_EMAIL_ADDRESS), 'ann@b.c');
    assert.equal(propOf(report.recipients[0] ?? [], PR_EMAIL_ADDRESS), 'bob@b.c');
  });
});
