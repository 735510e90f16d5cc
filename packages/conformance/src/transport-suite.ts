/**
 * What every transport must do, whoever implements it.
 *
 * The suite talks to a transport as a spooler does: it keeps the order of the calls, offers recipients by their
 * PR_ROWID and reads one outcome for each. spec: transport-provider-and-mapi-spooler-operational-model
 */
import { strict as assert } from 'node:assert';
import {
  ATTACH_BY_VALUE,
  CURRENT_SPI_VERSION,
  MAPI_STATUS,
  MapiError,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_OBJECT_TYPE,
  PR_RESOURCE_METHODS,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  PR_SENDER_SMTP_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_STATUS_CODE,
  prop,
  propOf,
  STATUS_FLUSH_QUEUES,
  STATUS_OUTBOUND_ENABLED,
  STATUS_OUTBOUND_FLUSH,
  STATUS_VALIDATE_STATE,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { countingOpens } from './open-objects.ts';
import { type RuleSkips, ruleTest, ruleTitle } from './rule-test.ts';
import { fails, logOn, type TransportRule, type TransportUnderTest } from './transport-fixture.ts';
import { inboundRules, receiveOnlyRules } from './transport-inbound-suite.ts';
import { configurationRules, logonOptionRules } from './transport-logon-suite.ts';
import { hasStatusBit, submit, suiteMessageTo } from './transport-steps.ts';

export interface TransportSuiteOptions {
  /** Rule id → why the transport cannot be held to it; the reason is shown in the title. */
  readonly skips?: RuleSkips;
  /** Whether the transport receives; without it the tests of receiving are skipped with this reason. */
  readonly sendOnly?: string;
  /** For a transport that sends nothing; the tests of sending are skipped with this reason. */
  readonly receiveOnly?: string;
}

/** Registers the tests of a transport; `open` gives each of them a transport of its own. */
export function transportSuite(
  name: string,
  open: () => Promise<TransportUnderTest>,
  options: TransportSuiteOptions = {},
): void {
  describe(`transport: ${name}`, () => {
    const rule = ruleOf(open, options.skips ?? {});
    const unless =
      (reason: string | undefined): TransportRule =>
      (ids, sentence, run) => {
        if (reason === undefined) rule(ids, sentence, run);
        else test.skip(`${ruleTitle(ids, sentence)} (skipped: ${reason})`);
      };
    const sending = unless(options.receiveOnly);
    logonRules(rule, sending);
    logonOptionRules(rule);
    configurationRules(rule);
    submitRules(sending);
    senderRules(sending);
    notifyRules(rule, sending);
    logoffRules(rule, sending);
    inboundRules(unless(options.sendOnly));
    if (options.receiveOnly !== undefined) receiveOnlyRules(rule);
  });
}

function ruleOf(open: () => Promise<TransportUnderTest>, skips: RuleSkips): TransportRule {
  return (ids, sentence, run) => {
    ruleTest(ruleTitle(ids, sentence), skips, async () => {
      await using transport = await open();
      await run(transport);
    });
  };
}

function logonRules(rule: TransportRule, sending: TransportRule): void {
  rule('XP-001', 'the entry point answers a provider and the SPI version it was written for', async ({ init }) => {
    assert.equal(init.provider.iid, 'IXPProvider');
    assert.equal(init.spiVersion, CURRENT_SPI_VERSION);
  });

  sending('XP-002, XP-017', 'the life cycle in its order works from the logon to the shutdown', async (transport) => {
    const { logon } = await logOn(transport, { noInbound: true, noOutbound: true });
    await logon.addressTypes();
    await logon.transportNotify({ beginOutbound: true });
    const message = await suiteMessageTo([transport.mine]);
    const { messageRef } = await submit(logon, message);
    await logon.endMessage(messageRef);
    await logon.transportNotify({ endOutbound: true });
    await logon.transportLogoff();
    await logon.release();
    await transport.init.provider.shutdown();
  });

  sending('XP-003', 'a second session logs on to the same provider object', async (transport) => {
    const first = await logOn(transport);
    const second = await logOn(transport);
    await first.logon.transportLogoff();
    const result = await submit(second.logon, await suiteMessageTo([transport.mine]));
    assert.equal(result.outcomes[0]?.outcome, 'delivered');
  });

  rule('XP-004, XP-084', 'the support object is kept until the logoff and released then', async (transport) => {
    const { logon, outside } = await logOn(transport);
    assert.equal(outside.releasedByTransport(), false);
    await logon.transportLogoff();
    await logon.release();
    assert.equal(outside.releasedByTransport(), true);
  });

  rule(
    'XP-015, STAT-17, STAT-18',
    'there is a status row, and a status object that shows the same',
    async (transport) => {
      const { logon, outside } = await logOn(transport);
      const code = propOf(outside.statusRow(), PR_STATUS_CODE);
      assert.ok(code !== undefined && code !== 0);
      await using status = await logon.openStatusEntry();
      assert.equal(status.iid, 'IMAPIStatus');
      await using again = await logon.openStatusEntry();
      assert.equal(again, status);
      const [methods = 0, type] = (await status.getProps([PR_RESOURCE_METHODS, PR_OBJECT_TYPE])).values;
      const needed = STATUS_VALIDATE_STATE | STATUS_FLUSH_QUEUES;
      assert.deepEqual([methods & needed, type], [needed, MAPI_STATUS]);
      assert.equal(propOf(outside.statusRow(), PR_RESOURCE_METHODS), methods);
      assert.equal((await status.getProps([PR_STATUS_CODE])).values[0], code);
      assert.notEqual((await status.getProps([PR_DISPLAY_NAME])).values[0], undefined);
    },
  );

  sending('XP-019, XP-022', 'the address types are strings in upper case that stay the same', async (transport) => {
    const { logon } = await logOn(transport);
    const { types } = await logon.addressTypes();
    assert.ok(types?.includes(transport.mine.addrType));
    for (const type of types ?? []) assert.equal(type, type.toUpperCase());
    await submit(logon, await suiteMessageTo([transport.mine]));
    assert.deepEqual((await logon.addressTypes()).types, types);
  });
}

function submitRules(rule: TransportRule): void {
  rule('XP-025', 'one outcome for each recipient offered and for no other', async (transport) => {
    const { logon } = await logOn(transport);
    const message = await suiteMessageTo([transport.mine, transport.mine, transport.foreign]);
    const [, second, third] = message.recipients.map((row) => propOf(row, PR_ROWID) ?? -1);
    assert.ok(second !== undefined && third !== undefined);
    const signal = new AbortController().signal;
    const { outcomes } = await logon.submitMessage(message, { rowIds: [third, second], signal });
    assert.deepEqual(
      [...outcomes].sort((a, b) => a.rowId - b.rowId).map(({ rowId, outcome }) => ({ rowId, outcome })),
      [
        { rowId: second, outcome: 'delivered' },
        { rowId: third, outcome: 'notMine' },
      ],
    );
  });

  rule('XP-026', 'a recipient of another address type is left to other transports', async (transport) => {
    const { logon } = await logOn(transport);
    const message = await suiteMessageTo([transport.foreign]);
    try {
      const { outcomes } = await submit(logon, message);
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ['notMine'],
      );
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_ME')) throw error;
    }
    assert.equal(await transport.arrived(), 0);
    assert.deepEqual(
      message.recipients.map((row) => propOf(row, PR_RESPONSIBILITY)),
      [false],
    );
  });

  rule('XP-030', 'the transport saves nothing: that is for the spooler to decide', async (transport) => {
    const { logon } = await logOn(transport);
    const message = await suiteMessageTo([transport.mine]);
    await submit(logon, message);
    assert.equal(message.saves, 0);
  });

  rule('XP-039, SUPP-53', 'after endMessage the reference is dead', async (transport) => {
    const { logon } = await logOn(transport);
    const { messageRef } = await submit(logon, await suiteMessageTo([transport.mine]));
    assert.equal(await logon.endMessage(messageRef), 'sent');
    await fails(logon.endMessage(messageRef), 'MAPI_E_INVALID_PARAMETER');
  });

  rule('XP-036', 'what it opened from the message it has released when endMessage returns', async (transport) => {
    const { logon } = await logOn(transport);
    const double = await suiteMessageTo([transport.mine]);
    await double.setProps([prop(PR_BODY, 'body')]);
    const { attach } = await double.createAttach();
    await attach.setProps([prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, Uint8Array.of(1, 2, 3))]);
    const { message, open, opened } = countingOpens(double);
    const rowIds = double.recipients.map((row) => propOf(row, PR_ROWID) ?? -1);
    const signal = new AbortController().signal;
    const { messageRef, outcomes } = await logon.submitMessage(message, { rowIds, signal });
    await logon.endMessage(messageRef);
    assert.equal(outcomes[0]?.outcome, 'delivered');
    assert.deepEqual([open(), opened() > 0], [[], true]);
  });

  rule('', 'messages that are sent at the same time have references of their own', async (transport) => {
    const { logon } = await logOn(transport);
    const sends = [1, 2, 3].map(async () => submit(logon, await suiteMessageTo([transport.mine])));
    const results = await Promise.all(sends);
    assert.equal(new Set(results.map(({ messageRef }) => messageRef)).size, 3);
    for (const { outcomes } of results) assert.equal(outcomes[0]?.outcome, 'delivered');
    assert.equal(await transport.arrived(), 3);
  });

  rule('XP-071', 'an attempt that is cancelled before it begins delivers nothing', async (transport) => {
    const { logon } = await logOn(transport);
    const message = await suiteMessageTo([transport.mine]);
    const outcome = await submit(logon, message, { signal: AbortSignal.abort() }).then(
      ({ outcomes }) => outcomes[0]?.outcome,
      () => 'rejected',
    );
    assert.ok(outcome === 'deferred' || outcome === 'rejected', outcome);
    assert.equal(await transport.arrived(), 0);
    await logon.transportNotify({ cancelMessage: true }, { messageRef: 0 });
  });
}

function senderRules(rule: TransportRule): void {
  rule('XP-060', 'the sender is the identity of the logon, whatever the client wrote', async (transport) => {
    const { logon } = await logOn(transport);
    const message = await suiteMessageTo([transport.mine]);
    await message.setProps([
      prop(PR_SENDER_NAME, 'An Impostor'),
      prop(PR_SENDER_EMAIL_ADDRESS, 'other@forged.test'),
      prop(PR_SENDER_SMTP_ADDRESS, 'other@forged.test'),
    ]);
    await submit(logon, message);
    const { values } = await message.getProps([
      PR_SENDER_ADDRTYPE,
      PR_SENDER_EMAIL_ADDRESS,
      PR_SENDER_NAME,
      PR_SENDER_SEARCH_KEY,
      PR_SENDER_ENTRYID,
      PR_SENDER_SMTP_ADDRESS,
    ]);
    const [addrType, address, name, searchKey, entryId, smtpAddress] = values;
    assert.ok(addrType !== undefined && address !== undefined);
    assert.notEqual(address, 'other@forged.test');
    assert.notEqual(name, 'An Impostor');
    assert.equal(smtpAddress, addrType === 'SMTP' ? address : undefined);
    assert.deepEqual(searchKey, searchKeyOf(addrType, address));
    assert.ok(entryId !== undefined && entryId.length > 0);
  });

  rule('XP-061', 'the one whom the sender represents stays as the client wrote it', async (transport) => {
    const { logon } = await logOn(transport);
    const message = await suiteMessageTo([transport.mine]);
    await message.setProps([prop(PR_SENT_REPRESENTING_NAME, 'The Director')]);
    await submit(logon, message);
    assert.equal((await message.getProps([PR_SENT_REPRESENTING_NAME])).values[0], 'The Director');
  });
}

function notifyRules(rule: TransportRule, sending: TransportRule): void {
  sending(
    'XP-006, XP-067, XP-069',
    'outgoing mail flows between its begin and its end, and the row says so',
    async (transport) => {
      const { logon, outside } = await logOn(transport, { noInbound: true, noOutbound: true });
      const enabled = (): boolean => hasStatusBit(outside.statusRow(), STATUS_OUTBOUND_ENABLED);
      assert.equal(enabled(), false);
      await fails(submit(logon, await suiteMessageTo([transport.mine])), 'MAPI_E_BUSY');
      await logon.transportNotify({ beginOutbound: true });
      assert.equal(enabled(), true);
      const { outcomes } = await submit(logon, await suiteMessageTo([transport.mine]));
      assert.equal(outcomes[0]?.outcome, 'delivered');
      await logon.transportNotify({ endOutbound: true });
      assert.equal(enabled(), false);
      await fails(submit(logon, await suiteMessageTo([transport.mine])), 'MAPI_E_BUSY');
      assert.equal(await transport.arrived(), 1);
    },
  );

  sending('XP-074', 'it may be told things in the middle of a message, which goes on', async (transport) => {
    const { logon, outside } = await logOn(transport);
    const sending = submit(logon, await suiteMessageTo([transport.mine]));
    await Promise.all([
      logon.transportNotify({ beginOutboundFlush: true }),
      logon.transportNotify({ endOutbound: true }),
      logon.transportNotify({ endOutboundFlush: true }),
      logon.transportNotify({ beginOutbound: true }),
    ]);
    const { outcomes, messageRef } = await sending;
    assert.equal(outcomes[0]?.outcome, 'delivered');
    assert.equal(await logon.endMessage(messageRef), 'sent');
    const row = outside.statusRow();
    assert.deepEqual(
      [hasStatusBit(row, STATUS_OUTBOUND_ENABLED), hasStatusBit(row, STATUS_OUTBOUND_FLUSH)],
      [true, false],
    );
    assert.equal(await transport.arrived(), 1);
  });

  rule('XP-066, SUPP-47', 'begin and end of one direction exclude each other', async (transport) => {
    const { logon } = await logOn(transport);
    await fails(logon.transportNotify({ beginOutbound: true, endOutbound: true }), 'MAPI_E_INVALID_PARAMETER');
    await fails(logon.transportNotify({ beginInbound: true, endInbound: true }), 'MAPI_E_INVALID_PARAMETER');
  });

  rule('XP-070, XP-075, STAT-42', 'a flush shows in the row from its begin to its end', async (transport) => {
    const { logon, outside } = await logOn(transport);
    const flushing = (): boolean => hasStatusBit(outside.statusRow(), STATUS_OUTBOUND_FLUSH);
    await logon.flushQueues(undefined, { upload: true });
    assert.equal(flushing(), true);
    await logon.transportNotify({ endOutboundFlush: true });
    assert.equal(flushing(), false);
    await logon.transportNotify({ beginOutboundFlush: true });
    assert.equal(flushing(), true);
    await logon.transportNotify({ endOutboundFlush: true });
  });

  rule('XP-077', 'validateState works on the logon and on its status object', async (transport) => {
    const { logon } = await logOn(transport);
    await logon.validateState(undefined, { suppressUi: true });
    await using status = await logon.openStatusEntry();
    await status.validateState(undefined, { suppressUi: true });
  });
}

function logoffRules(rule: TransportRule, sending: TransportRule): void {
  sending(
    'XP-084',
    'a logoff may come at any time: what runs ends, and the logon is of no use afterwards',
    async (transport) => {
      const { logon } = await logOn(transport);
      const sending = submit(logon, await suiteMessageTo([transport.mine])).then(
        ({ outcomes }) => outcomes[0]?.outcome ?? 'none',
        () => 'rejected',
      );
      await logon.transportLogoff();
      const outcome = await sending;
      const arrived = await transport.arrived();
      if (outcome === 'delivered') assert.equal(arrived, 1);
      if (outcome === 'deferred' || outcome === 'rejected') assert.equal(arrived, 0);
      await logon.transportLogoff();
      await fails(submit(logon, await suiteMessageTo([transport.mine])), 'MAPI_E_INVALID_OBJECT');
      await fails(logon.addressTypes(), 'MAPI_E_INVALID_OBJECT');
      await fails(logon.poll(), 'MAPI_E_INVALID_OBJECT');
    },
  );

  rule('XP-017', 'a shutdown ends what is still logged on', async (transport) => {
    const { logon, outside } = await logOn(transport);
    await transport.init.provider.shutdown();
    await fails(logon.addressTypes(), 'MAPI_E_INVALID_OBJECT');
    await logon.release();
    assert.equal(outside.releasedByTransport(), true);
  });
}
