import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import {
  decodeOneOff,
  MapiError,
  PR_CLIENT_SUBMIT_TIME,
  PR_IDENTITY_DISPLAY,
  PR_PROVIDER_SUBMIT_TIME,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SMTP_ADDRESS,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  type PropProblem,
  type PropValue,
  prop,
  propOf,
  searchKeyOf,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { identifySender, identityProps, representingProps, senderProps } from './identity-props.ts';

const ANN = { displayName: 'Ann', addrType: 'SMTP', emailAddress: 'ann@home.test' };

test('the properties of an identity name the same person by entry id, address and search key', () => {
  const ids = [senderProps, representingProps, identityProps].map((propsOf) => {
    const binaries = propsOf(ANN).flatMap(({ value }) => (value instanceof Uint8Array ? [value] : []));
    const [entryId, searchKey] = binaries;
    assert.ok(entryId !== undefined);
    assert.deepEqual(searchKey, searchKeyOf('SMTP', 'ann@home.test'));
    return entryId;
  });
  for (const id of ids) {
    assert.deepEqual(decodeOneOff(id), { ...ANN, sendRichInfo: false });
  }
  assert.equal(propOf(identityProps(ANN), PR_IDENTITY_DISPLAY), 'Ann');
});

test('the sender is the identity, whatever was there; a message that represents nobody represents it', async () => {
  const message = new MessageDouble([prop(PR_SENDER_NAME, 'Mallory'), prop(PR_CLIENT_SUBMIT_TIME, 7n)]);
  assert.equal(await identifySender(message, ANN, 9n), 7n);
  const { values } = await message.getProps([
    PR_SENDER_NAME,
    PR_SENDER_ADDRTYPE,
    PR_SENDER_EMAIL_ADDRESS,
    PR_SENT_REPRESENTING_NAME,
    PR_PROVIDER_SUBMIT_TIME,
  ]);
  assert.deepEqual(values, ['Ann', 'SMTP', 'ann@home.test', 'Ann', 7n]);
});

test('the one whom a message represents stays; without a time of the client it was submitted now', async () => {
  const message = new MessageDouble([prop(PR_SENT_REPRESENTING_NAME, 'The boss')]);
  assert.equal(await identifySender(message, ANN, 9n), undefined);
  const { values } = await message.getProps([
    PR_SENT_REPRESENTING_NAME,
    PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    PR_PROVIDER_SUBMIT_TIME,
  ]);
  assert.deepEqual(values, ['The boss', undefined, 9n]);
});

test('a message that does not take the sender is not sent', async () => {
  class Refusing extends MessageDouble {
    override async setProps(_values: readonly PropValue[]): Promise<readonly PropProblem[]> {
      return [{ index: 0, tag: PR_SENDER_ENTRYID, code: 'MAPI_E_NO_ACCESS' }];
    }
  }
  await assert.rejects(identifySender(new Refusing(), ANN, 9n), (error) => MapiError.is(error, 'MAPI_E_NO_ACCESS'));
});

test('an SMTP address of another sender, as mail that was read from a file has it, does not stay', async () => {
  const forged = prop(PR_SENDER_SMTP_ADDRESS, 'boss@other.test');
  const byMail = new MessageDouble([forged]);
  await identifySender(byMail, ANN, 9n);
  assert.equal((await byMail.getProps([PR_SENDER_SMTP_ADDRESS])).values[0], 'ann@home.test');
  const byPhone = new MessageDouble([forged]);
  await identifySender(byPhone, { displayName: 'Ann', addrType: 'SMS', emailAddress: '+41' }, 9n);
  assert.equal((await byPhone.getProps([PR_SENDER_SMTP_ADDRESS])).values[0], undefined);
});

test('a sender without a name has the one that the client wrote for its address, and no other', async () => {
  const nameless = { ...ANN, displayName: ANN.emailAddress };
  const senderOf = async (address: string): Promise<string | undefined> => {
    const written = [prop(PR_SENT_REPRESENTING_NAME, 'Ann Lee'), prop(PR_SENT_REPRESENTING_EMAIL_ADDRESS, address)];
    const message = new MessageDouble(written);
    await identifySender(message, nameless, 9n);
    return (await message.getProps([PR_SENDER_NAME])).values[0];
  };
  assert.equal(await senderOf('Ann@home.test'), 'Ann Lee');
  assert.equal(await senderOf('boss@home.test'), 'ann@home.test');
});
