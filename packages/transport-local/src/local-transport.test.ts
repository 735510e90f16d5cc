import assert from 'node:assert/strict';
import { join } from 'node:path';
import { MapiError, memoryLog, utf8Decode, utf8Encode, VirtualClock } from '@nodemapi/base';
import { MessageDouble, outcomesOf, type SupportUnderTest, submit, transportSuite } from '@nodemapi/conformance';
import { getProp, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  encodeOneOff,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  MSGFLAG_FROMME,
  MSGFLAG_UNSENT,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_ENTRYID,
  PR_MESSAGE_CC_ME,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIP_ME,
  PR_MESSAGE_TO_ME,
  PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
  PR_RCVD_REPRESENTING_ENTRYID,
  PR_RCVD_REPRESENTING_NAME,
  PR_RECEIVED_BY_ADDRTYPE,
  PR_RECEIVED_BY_EMAIL_ADDRESS,
  PR_RECEIVED_BY_ENTRYID,
  PR_RECEIVED_BY_NAME,
  PR_RECEIVED_BY_SEARCH_KEY,
  PR_REPLY_RECIPIENT_NAMES,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SUBJECT,
  type PropTag,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { PR_LOCAL_ADDRESS_LIST, PR_LOCAL_ADDRESSES } from './local-properties.ts';
import { XPProviderInit } from './local-xp-provider.ts';
import { folderPath, messageTo, newHome, receive, TestProcess } from './transport.testing.ts';

const ANNA = 'anna@home.test';
const BOB = 'bob@home.test';

const underTest = (support: StandaloneSupport): SupportUnderTest => ({
  support,
  statusRow: () => [...support.statusRow],
  notices: () => support.notices,
  releasedByTransport: () => support.references === 1,
});

transportSuite('local', async () => {
  const host = await standaloneHost();
  const init = await XPProviderInit(host);
  const away = await TestProcess.start(host);
  const bob = await away.logOn([BOB], { noInbound: true });
  let arranged = 0;
  return {
    init,
    newSupport: async () =>
      underTest(new StandaloneSupport({ kind: 'transport', host, section: [prop(PR_LOCAL_ADDRESSES, [ANNA])] })),
    newUnconfigured: async () => underTest(new StandaloneSupport({ kind: 'transport', host })),
    answer: (question) => (question.startsWith('Addresses') ? ANNA : ''),
    mine: { addrType: 'SMTP', emailAddress: BOB },
    foreign: { addrType: 'SMTP', emailAddress: 'stranger@elsewhere.test' },
    arrived: async () => (await away.names(BOB, 'new')).length,
    inbound: {
      arrange: async () => {
        const submitTime = 134_000_000_000_000_000n + BigInt(++arranged);
        const message = await messageTo([[ANNA]], [prop(PR_CLIENT_SUBMIT_TIME, submitTime)]);
        assert.deepEqual(outcomesOf(await submit(bob.logon, message)), ['delivered']);
      },
      waiting: async () => (await away.names(ANNA, 'new')).length + (await away.names(ANNA, 'cur')).length,
    },
    [Symbol.asyncDispose]: async () => {
      await init.provider.shutdown();
      await away[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
});

async function values<T>(message: MessageDouble, tags: readonly PropTag<T>[]): Promise<readonly unknown[]> {
  return Promise.all(tags.map((tag) => getProp(message, tag as PropTag)));
}

describe('outgoing', () => {
  test('every mailbox of the home gets one file with its own head; strangers are left to others', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA], {}, 'Anna');
    await home.logOn([BOB, 'bobby@home.test'], { noInbound: true });
    const message = await messageTo([
      ['BOB@home.test', MAPI_TO],
      ['bobby@home.test', MAPI_BCC],
      [BOB, MAPI_CC],
      ['stranger@elsewhere.test'],
      ['+49 30 1234', MAPI_TO, 'FAX'],
    ]);
    const result = await submit(anna.logon, message);
    assert.deepEqual(outcomesOf(result), ['delivered', 'delivered', 'delivered', 'notMine', 'notMine']);
    for (const address of [BOB, 'bobby@home.test']) {
      const names = await home.names(address, 'new');
      assert.equal(names.length, 1);
      const path = join(folderPath(home.host, address, 'new'), names[0] ?? '');
      const text = utf8Decode(await home.host.files.readFile(path));
      assert.ok(text.startsWith(`Return-Path: <${ANNA}>\r\nDelivered-To: ${address}\r\n`), text);
      assert.doesNotMatch(text.split('\r\n').slice(2).join('\n'), /bobby/iu);
      assert.equal((await home.host.files.stat(path)).mode & 0o077, 0);
      assert.deepEqual(await home.names(address, 'tmp'), []);
    }
  });

  test('a message is said to be offered before it is in any mailbox, and never if it is not ours', async () => {
    await using home = await newHome();
    const { logon } = await home.logOn([ANNA]);
    await home.logOn([BOB], { noInbound: true });
    assert.equal(logon.tellsOffers, true);
    let offers = 0;
    const stranger = await submit(logon, await messageTo([['x@elsewhere.test']]), { onOffer: () => offers++ });
    assert.deepEqual([outcomesOf(stranger), offers], [['notMine'], 0]);
    const refused = submit(logon, await messageTo([[BOB]]), {
      onOffer: () => {
        throw new MapiError('MAPI_E_BUSY', 'it cannot be noted');
      },
    });
    await assert.rejects(refused, { code: 'MAPI_E_BUSY' });
    assert.deepEqual(await home.names(BOB, 'new'), []);
    await submit(logon, await messageTo([[BOB]]), { onOffer: () => offers++ });
    assert.deepEqual([offers, (await home.names(BOB, 'new')).length], [1, 1]);
  });

  test('the address type LOCAL names a mailbox that is no Internet address', async () => {
    await using home = await newHome();
    const { logon } = await home.logOn([ANNA]);
    await home.logOn(['kitchen']);
    assert.deepEqual(outcomesOf(await submit(logon, await messageTo([['Kitchen', MAPI_TO, 'LOCAL']]))), ['delivered']);
    assert.deepEqual(outcomesOf(await submit(logon, await messageTo([['cellar', MAPI_TO, 'LOCAL']]))), ['notMine']);
    assert.deepEqual((await logon.addressTypes()).types, ['SMTP', 'LOCAL']);
  });

  test('RECIP-010: where address and identifier of a recipient contradict each other, the address decides', async () => {
    await using home = await newHome();
    const { logon } = await home.logOn([ANNA]);
    await home.logOn([BOB], { noInbound: true });
    await home.logOn(['carol@home.test'], { noInbound: true });
    const message = await messageTo([[BOB]]);
    const carol = { displayName: 'Carol', addrType: 'SMTP', emailAddress: 'carol@home.test', sendRichInfo: false };
    const [row = []] = message.recipients;
    await message.modifyRecipients('modify', [[...row, prop(PR_ENTRYID, encodeOneOff(carol))]]);
    assert.deepEqual(outcomesOf(await submit(logon, message)), ['delivered']);
    const arrived = await Promise.all([BOB, 'carol@home.test'].map((address) => home.names(address, 'new')));
    assert.deepEqual(
      arrived.map(({ length }) => length),
      [1, 0],
    );
  });

  test('a repeat replaces the file that still waits, and is not delivered a second time afterwards', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA]);
    const bob = await home.logOn([BOB], { noInbound: true });
    const message = await messageTo([[BOB]]);
    for (let count = 0; count < 3; count++) await submit(anna.logon, message);
    assert.equal((await home.names(BOB, 'new')).length, 1);
    assert.equal((await receive(bob.logon)).saves, 1);
    assert.deepEqual(outcomesOf(await submit(anna.logon, message)), ['delivered']);
    assert.equal((await receive(bob.logon)).saves, 0);
    const again = await messageTo([[BOB]], [prop(PR_CLIENT_SUBMIT_TIME, 134_000_000_000_000_001n)]);
    await submit(anna.logon, again);
    assert.equal((await receive(bob.logon)).saves, 1, 'a copy that was submitted anew is another message');
  });
});

describe('incoming', () => {
  test('XP-054, XP-055, XP-057, XP-058: the message says from whom, for whom and when it came', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA], {}, 'Anna');
    const bob = await home.logOn([BOB], { noInbound: true }, 'Bob');
    await submit(anna.logon, await messageTo([[BOB]], [prop(PR_BODY, 'hello')]));
    const message = await receive(bob.logon);
    const entryId = encodeOneOff({ displayName: 'Bob', addrType: 'SMTP', emailAddress: BOB, sendRichInfo: false });
    assert.deepEqual(
      await values(message, [
        PR_SENDER_NAME,
        PR_SENDER_EMAIL_ADDRESS,
        PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        PR_REPLY_RECIPIENT_NAMES,
        PR_RECEIVED_BY_NAME,
        PR_RECEIVED_BY_EMAIL_ADDRESS,
        PR_RECEIVED_BY_ADDRTYPE,
        PR_RECEIVED_BY_SEARCH_KEY,
        PR_RCVD_REPRESENTING_NAME,
        PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
        PR_SUBJECT,
        PR_BODY,
      ] as readonly PropTag[]),
      [...['Anna', ANNA, ANNA, 'Anna', 'Bob', BOB, 'SMTP', searchKeyOf('SMTP', BOB), 'Bob', BOB, 'Hello'], 'hello'],
    );
    const [receivedBy, representing] = await values(message, [PR_RECEIVED_BY_ENTRYID, PR_RCVD_REPRESENTING_ENTRYID]);
    assert.deepEqual(receivedBy, representing);
    assert.equal((receivedBy as Uint8Array).length, entryId.length);
    const delivered = await getProp(message, PR_MESSAGE_DELIVERY_TIME);
    assert.ok(delivered !== undefined && delivered > 134_000_000_000_000_000n);
    assert.equal(((await getProp(message, PR_MESSAGE_FLAGS)) ?? MSGFLAG_UNSENT) & MSGFLAG_UNSENT, 0);
  });

  test('XP-056: to me, cc me and recip me are true only where my address is named', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA]);
    const bob = await home.logOn([BOB], { noInbound: true });
    const flags = [PR_MESSAGE_TO_ME, PR_MESSAGE_CC_ME, PR_MESSAGE_RECIP_ME];
    const cases = [
      { type: MAPI_TO, wanted: [true, false, true] },
      { type: MAPI_CC, wanted: [false, true, true] },
      { type: MAPI_BCC, wanted: [false, false, false] },
    ];
    for (const [index, { type, wanted }] of cases.entries()) {
      const submitTime = 134_000_000_000_000_000n + BigInt(index);
      const recipients = [[BOB, type] as const, ['other@elsewhere.test', MAPI_TO] as const];
      await submit(anna.logon, await messageTo(recipients, [prop(PR_CLIENT_SUBMIT_TIME, submitTime)]));
      assert.deepEqual(await values(await receive(bob.logon), flags), wanted);
    }
  });

  test('XP-059: what I sent to myself says so', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA], { noInbound: true });
    const bob = await home.logOn([BOB], { noInbound: true });
    await submit(anna.logon, await messageTo([[ANNA], [BOB]]));
    const own = await getProp(await receive(anna.logon), PR_MESSAGE_FLAGS);
    const other = await getProp(await receive(bob.logon), PR_MESSAGE_FLAGS);
    assert.equal((own ?? 0) & MSGFLAG_FROMME, MSGFLAG_FROMME);
    assert.equal((other ?? 0) & MSGFLAG_FROMME, 0);
  });

  test('XP-053: a message without a class is an IPM.Note', async () => {
    await using home = await newHome();
    const bob = await home.logOn([BOB], { noInbound: true });
    await home.host.files.writeFileAtomic(
      join(folderPath(home.host, BOB, 'new'), 'plain.eml'),
      utf8Encode('From: a@x.test\r\n\r\nhello\r\n'),
    );
    const message = await receive(bob.logon);
    assert.equal(message.saves, 1);
    assert.equal(await getProp(message, PR_MESSAGE_CLASS), 'IPM.Note');
  });

  test('messages come in the order in which they were submitted', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA]);
    const bob = await home.logOn([BOB], { noInbound: true });
    for (const number of [3, 1, 2]) {
      const submitTime = 134_000_000_000_000_000n + BigInt(number);
      const more = [prop(PR_CLIENT_SUBMIT_TIME, submitTime), prop(PR_SUBJECT, `number ${number}`)];
      const message = await messageTo([[BOB]], more);
      await submit(anna.logon, message);
    }
    const subjects: unknown[] = [];
    while (await bob.logon.poll()) subjects.push(await getProp(await receive(bob.logon), PR_SUBJECT));
    assert.deepEqual(subjects, ['number 1', 'number 2', 'number 3']);
  });

  test('a file that cannot be read is set aside with its reason, and the next one comes', async () => {
    const log = memoryLog();
    await using home = await newHome({ log });
    const bob = await home.logOn([BOB], { noInbound: true });
    const folder = folderPath(home.host, BOB, 'new');
    await home.host.files.writeFileAtomic(join(folder, '1.eml'), utf8Encode('Subject: bad\r\n\r\n'));
    await home.host.files.writeFileAtomic(join(folder, '2.eml'), utf8Encode('Subject: good\r\n\r\n'));
    const poisoned = new MessageDouble();
    poisoned.saveError = new MapiError('MAPI_E_TOO_COMPLEX', 'no store takes it');
    await receive(bob.logon, poisoned);
    assert.deepEqual(await home.names(BOB, 'bad'), ['1.eml', '1.eml.reason']);
    assert.equal(await getProp(await receive(bob.logon), PR_SUBJECT), 'good');
    assert.equal(await bob.logon.poll(), false);
  });

  test('XP-050: after an error the message waits a while, and others pass it', async () => {
    const clock = new VirtualClock();
    await using home = await newHome({ clock });
    const bob = await home.logOn([BOB], { noInbound: true });
    const folder = folderPath(home.host, BOB, 'new');
    for (const name of ['1', '2']) {
      await home.host.files.writeFileAtomic(join(folder, `${name}.eml`), utf8Encode(`Subject: ${name}\r\n\r\n`));
    }
    const failing = new MessageDouble();
    failing.saveError = new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
    await assert.rejects(receive(bob.logon, failing), (error) => MapiError.is(error, 'MAPI_E_NOT_ENOUGH_DISK'));
    assert.equal(await getProp(await receive(bob.logon), PR_SUBJECT), '2');
    assert.equal(await bob.logon.poll(), false);
    await clock.advance(60_000);
    assert.equal(await bob.logon.poll(), true);
    assert.equal(await getProp(await receive(bob.logon), PR_SUBJECT), '1');
  });

  test('XP-072: a message that is cancelled while it is being filled stays in the mailbox', async () => {
    await using home = await newHome();
    const bob = await home.logOn([BOB], { noInbound: true });
    await home.host.files.writeFileAtomic(
      join(folderPath(home.host, BOB, 'new'), 'm.eml'),
      utf8Encode('Subject: x\r\n\r\nhello\r\n'),
    );
    const message = new MessageDouble();
    const getProps = message.getProps.bind(message);
    message.getProps = async (tags) => {
      await bob.logon.transportNotify({ cancelMessage: true }, { messageRef: 1 });
      return getProps(tags);
    };
    await assert.rejects(receive(bob.logon, message), (error) => MapiError.is(error, 'MAPI_E_CANCEL'));
    assert.equal(message.saves, 0);
    assert.deepEqual(await home.names(BOB, 'new'), ['m.eml']);
    assert.equal((await receive(bob.logon)).saves, 1);
  });

  test('XP-012, XP-068: mail is announced while incoming mail is enabled, and not afterwards', async () => {
    await using home = await newHome();
    const anna = await home.logOn([ANNA]);
    const bob = await home.logOn([BOB], { noInbound: true });
    const announced = (): boolean => bob.support.notices.some(({ kind }) => kind === 'newMail');
    await submit(anna.logon, await messageTo([[BOB]]));
    await home.host.clock.delay(50);
    assert.equal(announced(), false);
    await bob.logon.transportNotify({ beginInbound: true });
    while (!announced()) await home.host.clock.delay(10); // for ever, if it is not
    await bob.logon.transportNotify({ endInbound: true });
    bob.support.notices.length = 0;
    await submit(anna.logon, await messageTo([[BOB]], [prop(PR_CLIENT_SUBMIT_TIME, 5n)]));
    await home.host.clock.delay(50);
    assert.equal(announced(), false);
  });
});

describe('configuration', () => {
  test('XP-010: without an address the logon is MAPI_E_UNCONFIGURED; a list in one text will do', async () => {
    await using home = await newHome();
    const isUnconfigured = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_UNCONFIGURED');
    await assert.rejects(home.logOn([]), isUnconfigured);
    await assert.rejects(home.logOn(['new\nline@x.test']), isUnconfigured);
    const section = [prop(PR_LOCAL_ADDRESS_LIST, ' Anna@home.test; anna2@home.test ;')];
    const support = new StandaloneSupport({ kind: 'transport', host: home.host, section });
    await home.provider.transportLogon(support, 'test', {});
    assert.deepEqual(await home.names('anna@home.test', 'new'), []);
    assert.deepEqual(await home.names('anna2@home.test', 'new'), []);
  });
});
