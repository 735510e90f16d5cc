/** What every transport that receives must do. spec: ixplogon-startmessage */
import { strict as assert } from 'node:assert';
import {
  decodeOneOff,
  type IXPLogon,
  MapiError,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_SEARCH_KEY,
  propOf,
  STATUS_INBOUND_ENABLED,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_FLUSH,
  searchKeyOf,
} from '@nodemapi/mapi';
import { MessageDouble } from './message-double.ts';
import { fails, logOn, type TransportRule, type TransportUnderTest } from './transport-fixture.ts';
import { hasStatusBit, submit, suiteMessageTo } from './transport-steps.ts';

/** What a transport must do that sends nothing. */
export function receiveOnlyRules(rule: TransportRule): void {
  rule('XP-019, XP-026', 'a transport that only receives names no address, and leaves every recipient', async (t) => {
    const { logon } = await logOn(t);
    assert.deepEqual(await logon.addressTypes(), { types: [], uids: [] });
    const { outcomes } = await submit(logon, await suiteMessageTo([t.mine, t.foreign]));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['notMine', 'notMine'],
    );
  });

  rule('XP-017, XP-084', 'a logoff may come while a message is received, which is whole or still there', async (t) => {
    const { logon } = await logOn(t);
    const { arrange, waiting } = inboundOf(t);
    await arrange();
    const message = new MessageDouble();
    const receiving = receive(logon, message).catch(() => undefined);
    await logon.transportLogoff();
    await receiving;
    assert.equal(message.saves + (await waiting()), 1);
    await fails(logon.poll(), 'MAPI_E_INVALID_OBJECT');
  });
}

/** What a transport must do that receives. */
export function inboundRules(rule: TransportRule): void {
  rule('XP-045, XP-050', 'saving is the delivery; only then does the source let go', async (transport) => {
    const { logon } = await logOn(transport);
    const { arrange, waiting } = inboundOf(transport);
    await arrange();
    assert.equal(await logon.poll(), true);
    const message = new MessageDouble();
    await receive(logon, message);
    assert.equal(message.saves, 1);
    assert.equal(await waiting(), 0);
    assert.equal(await logon.poll(), false);
  });

  rule('XP-050', 'a save that fails leaves the message in the source, and it comes again', async (transport) => {
    const { logon } = await logOn(transport);
    const { arrange, waiting } = inboundOf(transport);
    await arrange();
    const message = new MessageDouble();
    message.saveError = new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'the store is full');
    await assert.rejects(receive(logon, message));
    assert.equal(await waiting(), 1);
    await logon.transportLogoff();
    const next = await logOn(transport);
    const again = new MessageDouble();
    await receive(next.logon, again);
    assert.equal(again.saves, 1);
    assert.equal(await waiting(), 0);
  });

  rule('XP-072', 'a message whose reception is cancelled is kept and comes again', async (transport) => {
    const { logon } = await logOn(transport);
    const { arrange, waiting } = inboundOf(transport);
    await arrange();
    const cancelled = new MessageDouble();
    await logon.startMessage(cancelled, { signal: AbortSignal.abort() }).catch(() => undefined);
    assert.equal(cancelled.saves, 0);
    assert.equal(await waiting(), 1);
    const message = new MessageDouble();
    await receive(logon, message);
    assert.equal(message.saves, 1);
  });

  rule(
    'XP-076',
    'the inbound flush is on after the end of the outbound one, and nothing after its own',
    async (transport) => {
      const { logon, outside } = await logOn(transport);
      const bits = (): readonly boolean[] =>
        [STATUS_OUTBOUND_FLUSH, STATUS_INBOUND_FLUSH].map((bit) => hasStatusBit(outside.statusRow(), bit));
      await logon.flushQueues(undefined, { upload: true, download: true });
      await logon.transportNotify({ endOutboundFlush: true });
      assert.deepEqual(bits(), [false, true]);
      await logon.transportNotify({ endInboundFlush: true });
      assert.deepEqual(bits(), [false, false]);
    },
  );

  rule('XP-046', 'each recipient has a name, a type, an address, an identifier and a search key', async (transport) => {
    const { logon } = await logOn(transport);
    await inboundOf(transport).arrange();
    const message = new MessageDouble();
    await receive(logon, message);
    assert.ok(message.recipients.length > 0);
    for (const row of message.recipients) {
      const addrType = propOf(row, PR_ADDRTYPE) ?? '';
      const address = propOf(row, PR_EMAIL_ADDRESS) ?? '';
      assert.ok(addrType !== '' && address !== '' && (propOf(row, PR_DISPLAY_NAME) ?? '') !== '');
      assert.deepEqual(propOf(row, PR_SEARCH_KEY), searchKeyOf(addrType, address));
      const oneOff = decodeOneOff(propOf(row, PR_ENTRYID) ?? new Uint8Array());
      if (oneOff !== undefined) assert.deepEqual([oneOff.addrType, oneOff.emailAddress], [addrType, address]);
      else assert.ok((propOf(row, PR_ENTRYID)?.length ?? 0) > 0);
    }
  });

  rule('SUPP-54', 'with nothing in the source nothing is saved', async (transport) => {
    const { logon } = await logOn(transport);
    const message = new MessageDouble();
    await receive(logon, message);
    assert.equal(message.saves, 0);
  });

  rule('XP-051', 'more mail is announced after the first', async (transport) => {
    const { logon, outside } = await logOn(transport);
    const { arrange } = inboundOf(transport);
    await arrange();
    await arrange();
    await receive(logon, new MessageDouble());
    const announced = outside.notices().some(({ kind }) => kind === 'newMail');
    assert.ok(announced || (await logon.poll()));
  });

  rule('XP-067, XP-068', 'incoming mail is enabled between its begin and its end', async (transport) => {
    const { logon, outside } = await logOn(transport, { noInbound: true });
    const enabled = (): boolean => hasStatusBit(outside.statusRow(), STATUS_INBOUND_ENABLED);
    assert.equal(enabled(), false);
    await logon.transportNotify({ beginInbound: true });
    assert.equal(enabled(), true);
    await logon.transportNotify({ endInbound: true });
    assert.equal(enabled(), false);
  });

  rule(
    '',
    'a message that the store knows by its source is not saved again, and leaves the source',
    async (transport) => {
      const { logon } = await logOn(transport);
      const { arrange, waiting } = inboundOf(transport);
      await arrange();
      const message = new MessageDouble();
      let isNamed = false;
      const recognise = async (): Promise<boolean> => {
        isNamed = true;
        return true;
      };
      await logon.startMessage(message, { signal: new AbortController().signal, recognise });
      assert.equal(message.saves, isNamed ? 0 : 1);
      assert.equal(await waiting(), 0);
    },
  );
}

function receive(logon: IXPLogon, message: MessageDouble): Promise<void> {
  return logon.startMessage(message, { signal: new AbortController().signal });
}

function inboundOf(transport: TransportUnderTest): NonNullable<TransportUnderTest['inbound']> {
  assert.ok(transport.inbound !== undefined, 'the transport under test brings no source');
  return transport.inbound;
}
