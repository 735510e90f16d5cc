import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLog, type Span, type Tracer } from '@nodemapi/base';
import { endSession } from '@nodemapi/session';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem, type SubsystemOptions } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { observeOptions } from './observe.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mapi-observe-'));
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  await using admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('p');
  await admin.setDefaultProfile('p');
  await using services = await admin.adminServices('p');
  await services.createMsgServiceEx('sql');
  await subsystem.MAPIUninitialize();
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Submits a message in a session of a subsystem with these options, and calls `look` while it is in the queue. */
async function submitting(options: SubsystemOptions, look: (subsystem: HomeSubsystem) => Promise<void>): Promise<void> {
  const subsystem = await createSubsystem({ home, ...options });
  await subsystem.MAPIInitialize();
  const session = await subsystem.MAPILogonEx(null, null, null, { newSession: true, useDefault: true, extended: true });
  try {
    const spooler = await subsystem.readySpoolerOf(session);
    await using store = await openDefaultStore(session);
    await using outbox = await openSpecialFolder(store, 'outbox');
    await using message = await composeMessage(outbox, { to: ['ada@example.com'], subject: 'plan', text: 'text' });
    await message.submitMessage();
    await look(subsystem);
    for (const { entryId } of (await spooler?.outgoing()) ?? []) await spooler?.cancel(entryId);
  } finally {
    await endSession(session, { policy: 'leave', deadlineMs: 5000 });
  }
}

describe('what is observed', () => {
  test('nothing, unless somebody asks', async () => {
    await submitting({}, (subsystem) => assert.rejects(subsystem.metricsText(), { code: 'MAPI_E_NO_SUPPORT' }));
  });

  test('submissions, and the depth of the queue of a file', async () => {
    await submitting({ observe: { metrics: true } }, async (subsystem) => {
      const text = await subsystem.metricsText();
      assert.match(text, /^mapi_submits_total\{result="ok"\} 1$/mu);
      assert.match(text, /^mapi_submit_seconds_count 1$/mu);
      assert.match(text, /^mapi_queue_messages\{state="[a-z]+"\} 1$/mu);
      assert.match(text, /^mapi_queue_uncounted_stores 0$/mu);
    });
  });

  test('spans by the tracer that a program gives, and a trace hook beside it', async () => {
    const names: string[] = [];
    const span: Span = { setAttribute: () => {}, setStatus: () => {}, end: () => {} };
    const startSpan = (name: string): Span => {
      names.push(name);
      return span;
    };
    const tracer: Tracer = { startSpan, startActiveSpan: (name, _options, run) => run(startSpan(name)) };
    let calls = 0;
    const trace = (): undefined => {
      calls++;
    };
    await submitting({ observe: { spans: tracer }, trace }, async () => {});
    assert.ok(names.includes('mapi.submit'), names.join());
    assert.ok(calls > 3);
  });

  test('spans without OpenTelemetry are refused by name', async () => {
    await assert.rejects(createSubsystem({ home, observe: { spans: true } }), {
      code: 'MAPI_E_NOT_FOUND',
      message: /@opentelemetry\/api/u,
    });
  });

  test('everything: spans only where there is OpenTelemetry, and the log says that there is none', async () => {
    const log = memoryLog();
    const subsystem = await createSubsystem({ home, observe: true, log });
    assert.match(await subsystem.metricsText(), /^process_uptime_seconds /mu);
    assert.deepEqual(
      log.entries.map(({ event }) => event),
      ['no spans'],
    );
  });

  test('$MAPI_OBSERVE is a list of words, and a wrong one is named', () => {
    assert.deepEqual(observeOptions(undefined), {});
    assert.deepEqual(observeOptions('all'), { log: true, metrics: true, spans: 'ifPossible' });
    assert.deepEqual(observeOptions('log, metrics'), { log: true, metrics: true });
    assert.throws(() => observeOptions('metrics,traces'), { code: 'MAPI_E_INVALID_PARAMETER', message: /"traces"/u });
  });
});
