import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { outcomesOf, type SupportUnderTest, submit, transportSuite } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  MAPI_BCC,
  MAPI_CC,
  MAPI_P1,
  MAPI_TO,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_ENTRYID,
  PR_IDENTITY_DISPLAY,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_SIZE,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_PROVIDER_SUBMIT_TIME,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  prop,
  propOf,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_OFFLINE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { HostileSmtp } from './hostile-smtp.testing.ts';
import { MailServer } from './mail-server.testing.ts';
import {
  PR_SMTP_CONNECTIONS_MAX,
  PR_SMTP_DSN,
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_HOST,
  PR_SMTP_PASSWORD,
  PR_SMTP_SECURITY,
  PR_SMTP_TLS_REJECT_UNAUTHORIZED,
  PR_SMTP_USER,
} from './smtp-properties.ts';
import { XPProviderInit } from './smtp-xp-provider.ts';
import { logOn, messageTo, sectionFor, type TestTransport } from './transport.testing.ts';

const underTest = (support: StandaloneSupport): SupportUnderTest => ({
  support,
  statusRow: () => [...support.statusRow],
  notices: () => support.notices,
  releasedByTransport: () => support.references === 1,
});

transportSuite(
  'SMTP',
  async () => {
    const server = await MailServer.start();
    const host = await standaloneHost();
    const init = await XPProviderInit(host);
    return {
      init,
      newSupport: async () =>
        underTest(new StandaloneSupport({ kind: 'transport', host, section: sectionFor(server.port) })),
      newUnconfigured: async () => underTest(new StandaloneSupport({ kind: 'transport', host })),
      answer: (question) =>
        question === 'Mail server' ? '127.0.0.1' : question === 'Your address' ? 'me@sender.test' : '',
      mine: { addrType: 'SMTP', emailAddress: 'you@receiver.test' },
      foreign: { addrType: 'FAX', emailAddress: '+49 30 1234' },
      arrived: async () => server.mails.length,
      [Symbol.asyncDispose]: async () => {
        await init.provider.shutdown();
        await server[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    };
  },
  { sendOnly: 'SMTP submission only sends' },
);

function statusOf({ support }: TestTransport): number {
  return support.statusRow.get(PR_STATUS_CODE) ?? 0;
}

describe('the message and its envelope', () => {
  test('RECIP-021, XP-033: blind and envelope-only recipients get the message and are named nowhere in it', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    const message = await messageTo([
      ['to@x.test', MAPI_TO],
      ['cc@x.test', MAPI_CC],
      ['blind@x.test', MAPI_BCC],
      ['envelope@x.test', MAPI_P1],
    ]);
    assert.deepEqual(outcomesOf(await submit(transport.logon, message)), Array(4).fill('delivered'));
    const [mail] = server.mails;
    assert.equal(server.mails.length, 1);
    assert.deepEqual(
      mail?.to.map(({ address }) => address),
      ['to@x.test', 'cc@x.test', 'blind@x.test', 'envelope@x.test'],
    );
    assert.doesNotMatch(mail?.text ?? '', /blind|envelope/iu);
    assert.match(mail?.text ?? '', /^To: .*to@x\.test/mu);
    assert.match(mail?.text ?? '', /^Cc: .*cc@x\.test/mu);
  });

  test('XP-025: only the rows that are offered stand in the envelope', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    const message = await messageTo([['a@x.test'], ['b@x.test'], ['c@x.test']]);
    assert.deepEqual(outcomesOf(await submit(transport.logon, message, { rowIds: [2] })), ['delivered']);
    assert.deepEqual(
      server.mails[0]?.to.map(({ address }) => address),
      ['b@x.test'],
    );
  });

  test('XP-060: envelope and header name the identity; the Message-ID stays the same over all attempts', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    const message = await messageTo([['a@x.test']]);
    await submit(transport.logon, message);
    await submit(transport.logon, message);
    assert.equal(server.mails.length, 2);
    for (const mail of server.mails) {
      assert.equal(mail.from, 'me@sender.test');
      assert.match(mail.text, /^Message-ID: <m1@sender\.test>/imu);
      assert.match(mail.text, /^From: "?Me Myself"? <me@sender\.test>/imu);
    }
  });

  test('XP-062: PR_PROVIDER_SUBMIT_TIME is the time when the message was submitted', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    const message = await messageTo([['a@x.test']], [prop(PR_CLIENT_SUBMIT_TIME, 134_000_000_000_000_000n)]);
    await submit(transport.logon, message);
    assert.equal((await message.getProps([PR_PROVIDER_SUBMIT_TIME])).values[0], 134_000_000_000_000_000n);
  });

  test('a report goes out without a sender, so that it is never answered by one', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    await submit(transport.logon, await messageTo([['a@x.test']], [prop(PR_MESSAGE_CLASS, 'REPORT.IPM.Note.NDR')]));
    assert.equal(server.mails[0]?.from, '');
  });

  test('two rows with one address get one copy and two outcomes; what is no address fails', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    const message = await messageTo([
      ['a@x.test'],
      ['a@x.test'],
      ['no address'],
      ['a@x.test>\r\nRCPT TO:<evil@x.test'],
    ]);
    const result = await submit(transport.logon, message);
    assert.deepEqual(outcomesOf(result), ['delivered', 'delivered', 'failed', 'failed']);
    assert.equal(server.mails[0]?.to.length, 1);
    assert.equal(result.outcomes.find(({ rowId }) => rowId === 3)?.enhancedStatus, '5.1.3');
  });

  test('DSN: ENVID, NOTIFY and ORCPT go along when a report is asked for, and only then', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    await submit(
      transport.logon,
      await messageTo([['a@x.test']], [prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)]),
    );
    await submit(transport.logon, await messageTo([['a@x.test']]));
    const [asked, unasked] = server.mails;
    assert.equal(asked?.envelope.dsn?.envid, 'm1@sender.test');
    assert.deepEqual(asked?.to[0]?.dsn?.notify, ['SUCCESS', 'FAILURE', 'DELAY']);
    assert.equal(asked?.to[0]?.dsn?.orcpt, 'rfc822;a@x.test');
    assert.equal(unasked?.to[0]?.dsn?.notify, undefined);
    await using silent = await logOn(sectionFor(server.port, [prop(PR_SMTP_DSN, false)]));
    await submit(silent.logon, await messageTo([['a@x.test']], [prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)]));
    assert.equal(server.mails[2]?.to[0]?.dsn?.notify, undefined);
  });

  test('SMTPUTF8: an address that needs it goes out where the server has it, and fails with 5.6.7 elsewhere', async () => {
    const recipients = [['jörg@x.test'], ['anna@exämple.test'], ['bob@x.test']] as const;
    await using able = await MailServer.start();
    await using first = await logOn(sectionFor(able.port));
    assert.deepEqual(outcomesOf(await submit(first.logon, await messageTo(recipients))), Array(3).fill('delivered'));
    assert.equal(able.mails[0]?.envelope.smtpUtf8, true);
    await using unable = await MailServer.start({ hideSMTPUTF8: true });
    await using second = await logOn(sectionFor(unable.port));
    const result = await submit(second.logon, await messageTo(recipients));
    assert.deepEqual(outcomesOf(result), ['failed', 'delivered', 'delivered']);
    assert.equal(result.outcomes.find(({ rowId }) => rowId === 1)?.enhancedStatus, '5.6.7');
    assert.deepEqual(
      unable.mails[0]?.to.map(({ address }) => address.endsWith('.test')),
      [true, true],
    );
  });
});

describe('size', () => {
  test('SIZE: a message over the limit fails before it is sent, one below goes out', async () => {
    await using server = await MailServer.start({ size: 20_000 });
    await using transport = await logOn(sectionFor(server.port));
    const large = await messageTo([['a@x.test']], [prop(PR_BODY, 'large '.repeat(10_000))]);
    const refused = await submit(transport.logon, large);
    assert.deepEqual(outcomesOf(refused), ['failed']);
    assert.equal(refused.outcomes[0]?.smtpCode, 552);
    assert.match(refused.outcomes[0]?.text ?? '', /20000/u);
    const small = await messageTo([['a@x.test']], [prop(PR_BODY, 'small'), prop(PR_MESSAGE_SIZE, 1000)]);
    assert.deepEqual(outcomesOf(await submit(transport.logon, small)), ['delivered']);
    assert.equal(server.mails.length, 1);
    const args = server.mails[0]?.envelope.mailFrom;
    assert.ok(args !== false && args?.args !== false && Number(args?.args.SIZE) > 0);
  });

  test('a server that says the limit only after the message gives a failure, too', async () => {
    await using server = await HostileSmtp.start({ at: 'message', deed: 'refuse5xx', text: '552 5.3.4 too big' });
    await using transport = await logOn(sectionFor(server.port));
    const result = await submit(transport.logon, await messageTo([['a@x.test']]));
    assert.deepEqual(outcomesOf(result), ['failed']);
    assert.equal(result.outcomes[0]?.enhancedStatus, '5.3.4');
  });
});

describe('encryption and authentication', () => {
  for (const security of ['starttls', 'tls'] as const) {
    test(`${security}: the session is encrypted and logged on`, async () => {
      await using server = await MailServer.start({ secure: security === 'tls', authOptional: false });
      const more = [prop(PR_SMTP_SECURITY, security), prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'right')];
      await using transport = await logOn(sectionFor(server.port, more));
      assert.deepEqual(outcomesOf(await submit(transport.logon, await messageTo([['a@x.test']]))), ['delivered']);
      assert.equal(server.mails[0]?.secure, true);
      assert.equal(server.mails[0]?.user, 'me');
    });
  }

  test('a certificate that does not verify is refused unless the profile allows it', async () => {
    await using server = await MailServer.start();
    const more = [prop(PR_SMTP_SECURITY, 'starttls'), prop(PR_SMTP_TLS_REJECT_UNAUTHORIZED, true)];
    await using transport = await logOn(sectionFor(server.port, more));
    const result = await submit(transport.logon, await messageTo([['a@x.test']]));
    assert.deepEqual(outcomesOf(result), ['deferred']);
    assert.match(result.outcomes[0]?.text ?? '', /certificate/iu);
    assert.equal(server.mails.length, 0);
  });

  test('a wrong password defers, and the status row shows the failure until the right one is there', async () => {
    await using server = await MailServer.start({ authOptional: false });
    const more = [prop(PR_SMTP_SECURITY, 'starttls'), prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'wrong')];
    await using transport = await logOn(sectionFor(server.port, more));
    const result = await submit(transport.logon, await messageTo([['a@x.test']]));
    assert.deepEqual(outcomesOf(result), ['deferred']);
    assert.equal(result.outcomes[0]?.smtpCode, 535);
    assert.equal(await transport.logon.endMessage(result.messageRef), 'resendLater');
    assert.equal(statusOf(transport) & (STATUS_FAILURE | STATUS_AVAILABLE), STATUS_FAILURE);
    assert.match(transport.support.statusRow.get(PR_STATUS_STRING) ?? '', /password/u);
    await assert.rejects(transport.logon.validateState(), (error) => MapiError.is(error, 'MAPI_E_LOGON_FAILED'));
    await using section = await transport.support.openProfileSection(null, { modify: true });
    await section.setProps([prop(PR_SMTP_PASSWORD, 'right')]);
    await transport.logon.validateState(undefined, { configChanged: true });
    assert.equal(statusOf(transport) & (STATUS_FAILURE | STATUS_AVAILABLE), STATUS_AVAILABLE);
    assert.deepEqual(outcomesOf(await submit(transport.logon, await messageTo([['a@x.test']]))), ['delivered']);
  });

  test('a password that another process has stored is taken at once, though the refused one rests', async () => {
    await using server = await MailServer.start({ authOptional: false });
    const more = [prop(PR_SMTP_SECURITY, 'starttls'), prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'wrong')];
    await using transport = await logOn(sectionFor(server.port, more));
    const send = async () => submit(transport.logon, await messageTo([['a@x.test']]));
    for (let count = 0; count < 3; count++) assert.deepEqual(outcomesOf(await send()), ['deferred']);
    assert.equal(server.sessions.size, 1);
    assert.equal((await send()).retryAfterSeconds, 300);
    await using section = await transport.support.openProfileSection(null, { modify: true });
    await section.setProps([prop(PR_SMTP_PASSWORD, 'right')]);
    assert.deepEqual(outcomesOf(await send()), ['delivered']);
  });
});

describe('connections', () => {
  test('one connection serves one message after the other', async () => {
    await using server = await MailServer.start();
    await using transport = await logOn(sectionFor(server.port));
    for (let count = 0; count < 5; count++) await submit(transport.logon, await messageTo([['a@x.test']]));
    assert.equal(server.mails.length, 5);
    assert.equal(server.sessions.size, 1);
  });

  test('no more connections than the profile allows', async () => {
    await using server = await HostileSmtp.start();
    await using transport = await logOn(sectionFor(server.port, [prop(PR_SMTP_CONNECTIONS_MAX, 3)]));
    const sends = Array.from({ length: 12 }, async () => submit(transport.logon, await messageTo([['a@x.test']])));
    for (const result of await Promise.all(sends)) assert.deepEqual(outcomesOf(result), ['delivered']);
    assert.ok(server.connections <= 3, `${server.connections} connections`);
    assert.equal(server.delivered, 12);
  });

  test('a connection that the server closed in the meantime costs no message', async () => {
    await using server = await HostileSmtp.start();
    await using transport = await logOn(sectionFor(server.port));
    await submit(transport.logon, await messageTo([['a@x.test']]));
    server.dropConnections();
    assert.deepEqual(outcomesOf(await submit(transport.logon, await messageTo([['a@x.test']]))), ['delivered']);
    assert.equal(server.connections, 2);
  });
});

describe('the logon', () => {
  test('XP-009, XP-010: without server or identity the logon is MAPI_E_UNCONFIGURED', async () => {
    for (const section of [[], [prop(PR_SMTP_HOST, 'x.test')], [prop(PR_SMTP_FROM_ADDRESS, 'me@x.test')]]) {
      await assert.rejects(logOn(section), (error) => MapiError.is(error, 'MAPI_E_UNCONFIGURED'));
    }
  });

  test('LOGON-88, XP-007: offline no connection is made, until it is asked for', async () => {
    await using server = await HostileSmtp.start();
    await using transport = await logOn(sectionFor(server.port), { noConnect: true });
    assert.notEqual(statusOf(transport) & STATUS_OFFLINE, 0);
    const message = await messageTo([['a@x.test']]);
    await assert.rejects(submit(transport.logon, message), (error) => MapiError.is(error, 'MAPI_E_NETWORK_ERROR'));
    await transport.logon.validateState();
    assert.equal(server.connections, 0);
    await transport.logon.validateState(undefined, { forceConnect: true });
    assert.deepEqual(outcomesOf(await submit(transport.logon, message)), ['delivered']);
    await transport.logon.validateState(undefined, { forceDisconnect: true });
    assert.notEqual(statusOf(transport) & STATUS_OFFLINE, 0);
  });

  test('XP-071: a message is cancelled by its reference while it is being sent', async () => {
    await using server = await HostileSmtp.start({ at: 'data', deed: 'stall' });
    await using transport = await logOn(sectionFor(server.port));
    const sending = submit(transport.logon, await messageTo([['a@x.test']]));
    while (!server.commands.includes('DATA')) await transport.host.clock.delay(5);
    await transport.logon.transportNotify({ cancelMessage: true }, { messageRef: 1 });
    assert.deepEqual(outcomesOf(await sending), ['deferred']);
    assert.equal(statusOf(transport) & STATUS_FAILURE, 0);
  });

  test('XP-071: without a reference the identifier tells which of the running messages is meant', async () => {
    await using server = await HostileSmtp.start({ at: 'rcpt', deed: 'stall', address: 'slow@x.test' });
    await using transport = await logOn(sectionFor(server.port));
    const id = Uint8Array.of(1, 2, 3);
    const kept = submit(transport.logon, await messageTo([['slow@x.test']], [prop(PR_ENTRYID, Uint8Array.of(9))]));
    const gone = submit(transport.logon, await messageTo([['slow@x.test']], [prop(PR_ENTRYID, id)]));
    while (server.commands.filter((line) => line.startsWith('RCPT')).length < 2) await transport.host.clock.delay(5);
    await transport.logon.transportNotify({ cancelMessage: true }, { messageRef: 0 });
    await transport.logon.transportNotify({ cancelMessage: true }, { messageRef: 0, entryId: id });
    assert.match((await gone).outcomes[0]?.text ?? '', /cancelled/u);
    server.dropConnections();
    assert.match((await kept).outcomes[0]?.text ?? '', /closed/iu);
  });

  test('XP-041: a message waits for ever for a better configuration, but not for a better server', async () => {
    const more = [prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'secret')];
    await using unwilling = await HostileSmtp.start();
    await using misconfigured = await logOn(sectionFor(unwilling.port, more));
    const first = await submit(misconfigured.logon, await messageTo([['a@x.test']]));
    assert.deepEqual(outcomesOf(first), ['deferred']);
    assert.equal(await misconfigured.logon.endMessage(first.messageRef), 'resendLater');
    await using busy = await HostileSmtp.start({ at: 'rcpt', deed: 'refuse4xx' });
    await using configured = await logOn(sectionFor(busy.port));
    const second = await submit(configured.logon, await messageTo([['a@x.test']]));
    assert.deepEqual(outcomesOf(second), ['deferred']);
    assert.equal(await configured.logon.endMessage(second.messageRef), 'sent');
  });

  test('STAT-35: the password is changed for whoever knows the old one', async () => {
    const account = [prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'secret')];
    await using server = await HostileSmtp.start();
    await using transport = await logOn(sectionFor(server.port, account));
    await using status = await transport.logon.openStatusEntry();
    const stored = async () => {
      await using section = await transport.support.openProfileSection(null);
      return (await section.getProps([PR_SMTP_PASSWORD])).values[0];
    };
    await assert.rejects(status.changePassword('wrong', 'new'), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(status.changePassword('secret', ''), { code: 'MAPI_E_INVALID_PARAMETER' });
    assert.equal(await stored(), 'secret');
    await status.changePassword('secret', 'new');
    assert.equal(await stored(), 'new');
    await assert.rejects(status.changePassword('secret', 'newer'), { code: 'MAPI_E_NO_ACCESS' });
    await status.changePassword('new', 'newer');
  });

  test('STAT-17: its settings can be changed by a dialog, but not to what cannot be used', async () => {
    await using server = await HostileSmtp.start();
    await using transport = await logOn(sectionFor(server.port));
    await using status = await transport.logon.openStatusEntry();
    const dialog = (answers: string[]) => {
      const choose = async (_question: string, choices: readonly string[]) => {
        const answer = answers.shift() ?? 'Cancel';
        return choices.findIndex((choice) => choice.startsWith(answer));
      };
      return status.settingsDialog({ choose, prompt: async () => answers.shift() ?? '' } as never);
    };
    await assert.rejects(dialog(['Sender address', 'not an address', 'OK']), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(dialog(['Sender name', 'Somebody']), { code: 'MAPI_E_USER_CANCEL' });
    await dialog(['Sender name', 'Somebody', 'OK']);
    assert.deepEqual(transport.support.notices.at(-1), { kind: 'configChange' });
    assert.equal(propOf([...transport.support.statusRow], PR_IDENTITY_DISPLAY), 'Somebody');
  });

  test('XP-084: a logoff in the middle of a message ends it at once', async () => {
    await using server = await HostileSmtp.start({ at: 'message', deed: 'stall' });
    await using transport = await logOn(sectionFor(server.port));
    const sending = submit(transport.logon, await messageTo([['a@x.test']]));
    while (server.messages.length === 0) await transport.host.clock.delay(5);
    await transport.logon.transportLogoff();
    assert.deepEqual(outcomesOf(await sending), ['unknown']);
    assert.equal(transport.support.references, 1);
  });
});
