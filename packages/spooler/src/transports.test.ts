import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { fromHex } from '@nodemapi/base';
import {
  encodeOneOff,
  MAPI_ONE_OFF_UID,
  MapiError,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const MINUTE = 60_000;

describe('transports', () => {
  test('XP-018, XP-066: are asked for their address types before traffic begins', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    deepStrictEqual(smtp.calls, ['addressTypes', 'notify beginOutbound+beginInbound']);
    deepStrictEqual(world.main.spooler.addressTypes(), ['SMTP']);
  });

  test('LOGOFF-24, AB-040: before the logoff their address types are forgotten, and what the logoff throws changes nothing', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const { spooler, host } = world.main;
    const types: (readonly string[])[] = [spooler.addressTypes()];
    Object.assign(host, {
      closeTransport: async () => {
        types.push(spooler.addressTypes());
        throw new MapiError('MAPI_E_CALL_FAILED', 'no logoff today');
      },
    });
    await spooler.shutdown(1000);
    deepStrictEqual([...types, spooler.addressTypes()], [['SMTP'], [], []]);
    ok(!smtp.calls.slice(smtp.calls.lastIndexOf('notify endInbound+endOutbound') + 1).some((call) => call !== ''));
  });

  test('one that cannot tell its address types does not keep the others from starting', async () => {
    const bad = new ScriptedTransport('bad');
    bad.addressTypes = () => Promise.reject(new Error('broken'));
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [bad, smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    strictEqual(smtp.sent.length, 1);
  });

  test('a start that fails is told, and to those who wait for it as well', async () => {
    const world = await World.make();
    const { spooler, host } = await world.process();
    Object.assign(host, { openTransports: () => Promise.reject(new MapiError('MAPI_E_LOGON_FAILED', 'no')) });
    await rejects(spooler.start(), { code: 'MAPI_E_LOGON_FAILED' });
    await rejects(spooler.ready(), { code: 'MAPI_E_LOGON_FAILED' });
    strictEqual(world.statusTexts.at(-1), 'The transports could not be started');
  });

  test('SPOOL-032, SPOOL-033, SUPP-50, SUPP-51, XP-020, XP-021: UIDs come before types, types match exactly, null takes anybody', async () => {
    const uid = fromHex('00112233445566778899aabbccddeeff');
    const none = new ScriptedTransport('none', { types: [''] });
    const lower = new ScriptedTransport('lower', { types: ['smtp'] });
    const smtp = new ScriptedTransport('smtp');
    const any = new ScriptedTransport('any', { types: null });
    const byUid = new ScriptedTransport('uid', { types: [], uids: [uid, MAPI_ONE_OFF_UID.slice().reverse()] });
    const world = await World.started({ transports: [none, lower, smtp, any, byUid] });
    const message = await world.draft('a', ['x@example.org', 'FAX:1']);
    const entryId = encodeOneOff({
      displayName: 'u',
      addrType: 'SMTP',
      emailAddress: 'u@example.org',
      sendRichInfo: true,
    });
    entryId.set(uid, 4);
    await message.modifyRecipients('add', [
      [
        prop(PR_RECIPIENT_TYPE, 1),
        prop(PR_DISPLAY_NAME, 'u'),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, 'u@example.org'),
        prop(PR_ENTRYID, entryId),
      ],
    ]);
    await message.submitMessage();
    await world.pass();
    const addresses = (transport: ScriptedTransport) => transport.sent.map(({ address }) => address);
    deepStrictEqual([none, lower, smtp, any, byUid].map(addresses), [
      [],
      [],
      ['x@example.org'],
      ['1'],
      ['u@example.org'],
    ]);
  });

  test('SPOOL-060, SUPP-42: after a critical error nothing is called on the transport until it is logged on anew', async () => {
    const first = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [first] });
    const { spooler, closed } = world.main;
    await spooler.notice(first.uid, { kind: 'criticalError', error: 'the card burns' });
    strictEqual(closed.length, 1);
    const before = first.calls.length;
    world.transports = [];
    await world.submit('a', ['x@example.org']);
    await world.pass(5 * MINUTE);
    strictEqual(first.calls.length, before);
    strictEqual(await world.queued(), 1);
    const again = new ScriptedTransport('smtp');
    world.transports = [again];
    await world.pass(10 * MINUTE);
    strictEqual(first.calls.length, before);
    deepStrictEqual(
      again.sent.map(({ subject }) => subject),
      ['a'],
    );
  });

  test('XP-031: a critical error in the middle of a message is no fault of the message', async () => {
    const world = await World.make();
    const smtp: ScriptedTransport = new ScriptedTransport('smtp', {
      onSubmit: async () => {
        await main.spooler.notice(smtp.uid, { kind: 'criticalError', error: 'gone' });
        throw new MapiError('MAPI_E_CALL_FAILED', 'gone');
      },
    });
    world.transports = [smtp];
    const main = await world.process();
    await main.spooler.start();
    await world.submit('a', ['x@example.org']);
    world.transports = [];
    await world.pass();
    const again = new ScriptedTransport('smtp');
    world.transports = [again];
    await world.pass(5 * MINUTE);
    strictEqual(again.sent.length, 1);
    ok((await main.spooler.outgoing())[0]?.reason?.includes('may have been sent'));
  });

  test('SPOOL-063, SUPP-42: READYTOSEND makes a transport take messages again', async () => {
    let dead = true;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () => {
        if (dead) throw new MapiError('MAPI_E_NETWORK_ERROR', 'no route');
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    await world.submit('b', ['x@example.org']);
    await world.pass();
    deepStrictEqual(
      smtp.calls.filter((call) => call.startsWith('submit')),
      ['submit a'],
    );
    dead = false;
    await world.main.spooler.notice(smtp.uid, { kind: 'readyToSend' });
    await world.pass();
    deepStrictEqual(
      smtp.sent.map(({ subject }) => subject),
      ['b'],
    );
  });

  test('SPOOL-061, SUPP-44: CONFIG_CHANGE has the address types asked for again, and waiting messages use them', async () => {
    const smtp = new ScriptedTransport('smtp', { types: [] });
    const world = await World.started({ transports: [smtp], unavailable: ['other'] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    strictEqual(smtp.sent.length, 0);
    smtp.script = { types: ['SMTP'] };
    await world.main.spooler.notice(smtp.uid, { kind: 'configChange' });
    await world.pass();
    strictEqual(smtp.sent.length, 1);
  });

  test('SPOOL-058, SUPP-40: notices of the wrong kind or from nobody are refused', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const { spooler } = world.main;
    await rejects(spooler.notice(undefined, { kind: 'newMail' }), { code: 'MAPI_E_INVALID_PARAMETER' });
    const received = { kind: 'newMailReceived', notification: {} } as never;
    await rejects(spooler.notice(smtp.uid, received), { code: 'MAPI_E_INVALID_PARAMETER' });
    await rejects(spooler.notice(new Uint8Array(16), { kind: 'newMail' }), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('SPOOL-063: READYTOSEND of a store waits until the transports run', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    const { spooler } = await world.process();
    let ready = false;
    const waiting = spooler.notice(undefined, { kind: 'readyToSend' }).then(() => {
      ready = true;
    });
    await world.pass(MINUTE);
    strictEqual(ready, false);
    await spooler.start();
    await waiting;
    deepStrictEqual(spooler.addressTypes(), ['SMTP']);
  });

  test('SPOOL-093, SPOOL-094: ValidateState logs failed transports on again, and asks all for their types', async () => {
    const smtp = new ScriptedTransport('smtp');
    const fax = new ScriptedTransport('fax', { types: ['FAX'] });
    const world = await World.started({ transports: [smtp, fax] });
    const { spooler } = world.main;
    await spooler.notice(fax.uid, { kind: 'criticalError', error: 'paper jam' });
    deepStrictEqual(spooler.addressTypes(), ['SMTP']);
    world.transports = [smtp, new ScriptedTransport('fax', { types: ['FAX'] })];
    const before = smtp.calls.filter((call) => call === 'addressTypes').length;
    await spooler.validateState({ configChanged: true });
    deepStrictEqual(spooler.addressTypes(), ['SMTP', 'FAX']);
    strictEqual(smtp.calls.filter((call) => call === 'addressTypes').length, before + 1);
  });

  test('SPOOL-065, SUPP-45: SpoolerYield says when the message in hand is to be stopped', async () => {
    let go: (() => void) | undefined;
    const smtp: ScriptedTransport = new ScriptedTransport('smtp', {
      onSubmit: ({ options }) =>
        new Promise((_resolve, reject) => {
          go = () => reject(options.signal.reason);
        }),
    });
    const world = await World.started({ transports: [smtp] });
    const { spooler } = world.main;
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    deepStrictEqual(await spooler.yield(smtp.uid), { cancelled: false });
    const cancelled = spooler.cancel(entryId);
    await world.pass();
    deepStrictEqual(await spooler.yield(smtp.uid), { cancelled: true });
    go?.();
    await world.pass();
    await cancelled;
    strictEqual(await world.queued(), 0);
    deepStrictEqual(smtp.notified.at(-1), { flags: { cancelMessage: true }, data: { messageRef: 0, entryId } });
  });
});
