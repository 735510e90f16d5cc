/** What the spooler's status object, and those of transports, ask of the spooler. */
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { MapiError, STATUS_INBOUND_FLUSH, STATUS_OUTBOUND_FLUSH, type ValidateStateOptions } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

/** A transport that notes what it is to validate, and may fail at it. */
class Validated extends ScriptedTransport {
  readonly asked: (ValidateStateOptions | undefined)[] = [];
  failure: MapiError | undefined;

  override async validateState(_ui?: unknown, options?: ValidateStateOptions): Promise<void> {
    this.asked.push(options);
    if (this.failure !== undefined) throw this.failure;
  }
}

const count = (transport: ScriptedTransport, call: string): number =>
  transport.calls.filter((one) => one === call).length;

describe('validateState of the spooler', () => {
  test('STAT-24: every transport that runs is asked, with the flags of the client', async () => {
    const transports = [new Validated('smtp'), new Validated('fax', { types: ['FAX'] })];
    const world = await World.started({ transports });
    const options = { suppressUi: true, forceConnect: true };
    await world.main.spooler.validateState(options);
    deepStrictEqual(
      transports.map(({ asked }) => asked),
      [[options], [options]],
    );
  });

  test('STAT-25: with CONFIG_CHANGED every transport is asked for its address types again', async () => {
    const smtp = new Validated('smtp');
    const world = await World.started({ transports: [smtp] });
    const before = count(smtp, 'addressTypes');
    await world.main.spooler.validateState({});
    strictEqual(count(smtp, 'addressTypes'), before);
    smtp.script = { types: ['SMTP', 'FAX'] };
    await world.main.spooler.validateState({ configChanged: true });
    strictEqual(count(smtp, 'addressTypes'), before + 1);
    deepStrictEqual(world.main.spooler.addressTypes(), ['SMTP', 'FAX']);
  });

  test('STAT-26: with CONFIG_CHANGED a transport comes back after a critical error, in the same session', async () => {
    const smtp = new Validated('smtp');
    const world = await World.started({ transports: [smtp] });
    await world.main.spooler.notice(smtp.uid, { kind: 'criticalError', error: 'broken' });
    await world.pass();
    await world.submit('a', ['ann@example.org']);
    await world.pass();
    strictEqual(smtp.sent.length, 0);
    await world.main.spooler.validateState({ configChanged: true });
    await world.pass();
    deepStrictEqual(
      smtp.sent.map(({ subject }) => subject),
      ['a'],
    );
  });

  test('STAT-28: a transport that is busy, or whose user cancels, is told; other troubles are in its row', async () => {
    const [smtp, fax] = [new Validated('smtp'), new Validated('fax', { types: ['FAX'] })];
    const world = await World.started({ transports: [smtp, fax] });
    const { spooler } = world.main;
    smtp.failure = new MapiError('MAPI_E_NETWORK_ERROR', 'away');
    await spooler.validateState({});
    for (const code of ['MAPI_E_BUSY', 'MAPI_E_USER_CANCEL'] as const) {
      smtp.failure = new MapiError(code, 'not now');
      const before = fax.asked.length;
      await rejects(spooler.validateState({}), { code });
      strictEqual(fax.asked.length, before + 1);
    }
  });
});

describe('flushQueues of a transport’s status object', () => {
  test('STAT-42, SPOOL-083: the transport sets its bits and says so, and the spooler flushes it later, and ends that', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null, outcome: () => 'deferred' });
    const world = await World.started({ transports: [smtp], options: { retryFirstMs: 3_600_000 } });
    await world.submit('a', ['ann@example.org']);
    await world.pass();
    smtp.script = { types: null };
    smtp.statusCode |= STATUS_OUTBOUND_FLUSH;
    smtp.calls.length = 0;
    await world.main.spooler.notice(smtp.uid, { kind: 'readyToSend' });
    ok(!smtp.calls.includes('submit a'));
    await world.pass();
    deepStrictEqual(smtp.calls, ['flushQueues', 'submit a', 'end a', 'notify endOutboundFlush']);
    strictEqual(smtp.statusCode & STATUS_OUTBOUND_FLUSH, 0);
    smtp.statusCode &= ~STATUS_INBOUND_FLUSH;
    smtp.calls.length = 0;
    await world.main.spooler.notice(smtp.uid, { kind: 'readyToSend' });
    await world.pass();
    deepStrictEqual(smtp.calls, []);
  });

  test('SPOOL-088: a transport that sets its bits by itself is flushed, and not again while it is', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null, outcome: () => 'deferred' });
    const world = await World.started({ transports: [smtp], options: { retryFirstMs: 3_600_000 } });
    await world.submit('a', ['ann@example.org']);
    await world.pass();
    smtp.script = { types: null, onFlush: () => world.main.spooler.flushAsked(smtp.uid) };
    smtp.statusCode |= STATUS_OUTBOUND_FLUSH;
    smtp.calls.length = 0;
    world.main.spooler.flushAsked(smtp.uid);
    await world.pass();
    deepStrictEqual(
      smtp.calls.filter((call) => call === 'flushQueues' || call === 'submit a' || call === 'notify endOutboundFlush'),
      ['flushQueues', 'submit a', 'notify endOutboundFlush'],
    );
    strictEqual(await world.queued(), 0);
  });
});
