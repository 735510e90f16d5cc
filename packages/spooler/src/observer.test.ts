import assert from 'node:assert/strict';
import { Metrics, type Span, type SpanOptions, type Tracer } from '@nodemapi/base';
import { PR_BODY, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

interface SpanSeen {
  readonly name: string;
  readonly attributes: Record<string, string | number | boolean>;
  status?: { code: number; message?: string };
  ended: boolean;
}

/** Remembers spans. */
class SpanList implements Tracer {
  readonly spans: SpanSeen[] = [];

  startSpan(name: string, options: SpanOptions = {}): Span {
    const seen: SpanSeen = { name, attributes: { ...options.attributes }, ended: false };
    this.spans.push(seen);
    return {
      setAttribute: (key, value) => (seen.attributes[key] = value),
      setStatus: (status) => (seen.status = status),
      end: () => (seen.ended = true),
    };
  }

  startActiveSpan<T>(name: string, options: SpanOptions, run: (span: Span) => T): T {
    return run(this.startSpan(name, options));
  }
}

/** What people have written or are called: it must not show anywhere. */
const SECRETS = ['ada@secret.example', 'secret plan', 'secret body', 'no such user'];

const smtpTransport = (): ScriptedTransport => new ScriptedTransport('Mail of ada@secret.example');

describe('telemetry of a spooler', () => {
  test('attempts, outcomes, latency, depth and age are counted', async () => {
    const metrics = new Metrics();
    const transport = smtpTransport();
    const isSlow = (address: string, { call }: { readonly call: number }): boolean =>
      address.startsWith('slow') && call < 3;
    transport.script = { outcome: (address, offer) => (isSlow(address, offer) ? 'deferred' : 'delivered') };
    const world = await World.started({ transports: [transport], options: { telemetry: { metrics } } });
    await world.submit('one', ['slow@example.org']);
    await world.submit('two', ['b@example.org', 'c@example.org']);
    await world.pass();
    const text = await metrics.text();
    assert.match(text, /^mapi_attempts_total\{fate="later"\} 1$/mu);
    assert.match(text, /^mapi_attempts_total\{fate="sent"\} 1$/mu);
    assert.match(text, /^mapi_attempt_seconds_count 2$/mu);
    assert.match(text, /^mapi_messages_finished_total\{state="sent"\} 1$/mu);
    assert.match(text, /^mapi_transport_recipients_total\{transport="smtp",outcome="deferred"\} 1$/mu);
    assert.match(text, /^mapi_transport_recipients_total\{transport="smtp",outcome="delivered"\} 2$/mu);
    assert.match(text, /^mapi_transports\{transport="smtp",state="running"\} 1$/mu);
    assert.match(text, /^mapi_queue_messages\{state="waiting"\} 1$/mu);
    assert.match(text, /^mapi_queue_uncounted_stores 0$/mu);
    await world.pass(30_000);
    assert.match(await metrics.text(), /^mapi_queue_oldest_seconds\{state="waiting"\} 30$/mu);
    await world.pass(40_000);
    const later = await metrics.text();
    assert.doesNotMatch(later, /^mapi_queue_messages\{/mu);
    assert.match(later, /^mapi_delivery_seconds_bucket\{state="sent",le="15"\} 1$/mu);
    assert.match(later, /^mapi_delivery_seconds_bucket\{state="sent",le="300"\} 2$/mu);
    await world.main.spooler.shutdown(0);
    assert.doesNotMatch(await metrics.text(), /^mapi_(?:transports|queue_messages)\{/mu);
  });

  test('an attempt is a span, and the work of the transport is one within it', async () => {
    const tracer = new SpanList();
    const transport = smtpTransport();
    transport.script = { onSubmit: () => Promise.reject(new Error('unforeseen')) };
    const world = await World.started({ transports: [transport], options: { telemetry: { tracer } } });
    await world.submit('one', ['a@example.org']);
    await world.pass();
    const [attempt, call] = tracer.spans;
    assert.deepEqual(
      [attempt?.name, attempt?.attributes['mapi.fate'], attempt?.ended],
      ['mapi.attempt', 'later', true],
    );
    assert.deepEqual(call, {
      name: 'mapi.transport',
      attributes: { 'mapi.transport': 'smtp', 'mapi.recipients': 1, 'mapi.outcome.unforeseen': 1 },
      status: { code: 2, message: 'MAPI_E_CALL_FAILED' },
      ended: true,
    });
  });

  test('a tracer that fails delays no mail', async () => {
    const boom = (): never => {
      throw new Error('exporter is down');
    };
    const transport = smtpTransport();
    const options = { telemetry: { tracer: { startSpan: boom, startActiveSpan: boom } } };
    const world = await World.started({ transports: [transport], options });
    await world.submit('one', ['a@example.org']);
    await world.pass();
    assert.equal(transport.sent.length, 1);
    assert.equal(await world.queued(), 0);
  });

  test('reports and received mail are counted', async () => {
    const metrics = new Metrics();
    const transport = smtpTransport();
    transport.script = { poll: true, outcome: () => 'failed' };
    const world = await World.make({ transports: [transport], options: { telemetry: { metrics } } });
    transport.incoming.push(async (message) => message.saveChanges());
    const { spooler } = await world.process();
    await spooler.start();
    await world.submit('one', ['a@example.org']);
    await world.pass(1);
    const text = await metrics.text();
    assert.match(text, /^mapi_reports_total\{kind="NDR"\} 1$/mu);
    assert.match(text, /^mapi_received_total\{transport="smtp",result="received"\} 1$/mu);
  });

  test('nothing that a person has written, no address and no answer of a server shows', async () => {
    const metrics = new Metrics();
    const tracer = new SpanList();
    const transport = smtpTransport();
    const text = 'no such user: ada@secret.example';
    transport.script = {
      outcome: (_address, { call }) => ({ outcome: call === 1 ? 'deferred' : 'failed', smtpCode: 550, text }),
    };
    const world = await World.started({ transports: [transport], options: { telemetry: { metrics, tracer } } });
    await world.submit('secret plan', ['ada@secret.example'], [prop(PR_BODY, 'secret body')]);
    await world.pass();
    await world.pass(70_000);
    const told = JSON.stringify(tracer.spans) + (await metrics.text());
    assert.match(told, /"mapi.fate":"failed"/u);
    for (const secret of SECRETS) assert.ok(!told.includes(secret), secret);
    const log = JSON.stringify(world.log.entries, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    for (const secret of ['secret plan', 'secret body']) assert.ok(!log.includes(secret), secret);
  });
});
