import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import {
  type AddressTypes,
  type IMessage,
  MapiError,
  type MapiErrorCode,
  PR_DISPLAY_NAME,
  PR_STATUS_CODE,
  type PropValue,
  prop,
  propOf,
  STATUS_AVAILABLE,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_ENABLED,
  STATUS_OUTBOUND_FLUSH,
  type SubmitResult,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { getProp } from './prop-access.ts';
import { standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';
import { TransportStatus } from './transport-status.ts';
import { type SendAttempt, type SendResult, XPLogonBase, type XPLogonPorts } from './xp-logon-base.ts';
import { XPProviderBase } from './xp-provider-base.ts';

/** Sends when it is told to. */
class LogonDouble extends XPLogonBase<string> {
  /** Attempts that wait for an answer. */
  readonly attempts: { readonly attempt: SendAttempt; readonly answer: (result: SendResult) => void }[] = [];
  ended = false;

  constructor(ports: XPLogonPorts<string>, name: string, options: TransportLogonOptions) {
    super(ports, name, options, new TransportStatus(ports.support, 'Double'));
  }

  async addressTypes(): Promise<AddressTypes> {
    return { types: [], uids: [] };
  }

  async poll(): Promise<boolean> {
    return false;
  }

  async startMessage(): Promise<void> {}

  protected async validate(): Promise<void> {
    this.config = await this.ports.reload();
  }

  protected row(): readonly PropValue[] {
    return this.status.row(this.config, []);
  }

  protected override async onAttemptsEnded(): Promise<void> {
    this.ended = true;
  }

  protected send(_message: IMessage, attempt: SendAttempt): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason));
      this.attempts.push({ attempt, answer: resolve });
    });
  }
}

class ProviderDouble extends XPProviderBase<string, LogonDouble> {
  protected readonly sectionTags = [PR_DISPLAY_NAME];
  protected readonly logonFlags = { poll: true };
  protected readonly settings = [];

  protected configOf(values: readonly PropValue[]): string {
    const name = propOf(values, PR_DISPLAY_NAME) ?? '';
    if (name === '') throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an empty name');
    return name;
  }

  protected newLogon(ports: XPLogonPorts<string>, name: string, options: TransportLogonOptions): LogonDouble {
    return new LogonDouble(ports, name, options);
  }
}

interface Transport {
  readonly provider: ProviderDouble;
  readonly support: StandaloneSupport;
  readonly logon: LogonDouble;
}

async function withLogon(run: (transport: Transport) => Promise<void>): Promise<void> {
  await using host = await standaloneHost();
  await using support = new StandaloneSupport({ kind: 'transport', host, section: [prop(PR_DISPLAY_NAME, 'Ann')] });
  await using provider = new ProviderDouble(host);
  const { logon, poll } = await provider.transportLogon(support, 'profile', {});
  assert.equal(poll, true);
  await run({ provider, support, logon: logon as LogonDouble });
}

const failsWith = (code: MapiErrorCode) => (error: unknown) => MapiError.is(error, code);

const submit = (logon: LogonDouble): Promise<SubmitResult> =>
  logon.submitMessage(new MessageDouble(), { rowIds: [1], signal: new AbortController().signal });

/** Begins so many attempts, one after the other. */
async function begin(logon: LogonDouble, count: number): Promise<readonly Promise<SubmitResult>[]> {
  const running: Promise<SubmitResult>[] = [];
  while (running.length < count) {
    const attempt = submit(logon);
    attempt.catch(() => {}); // until the test looks
    running.push(attempt);
    while (logon.attempts.length < running.length) await new Promise((resolve) => setImmediate(resolve));
  }
  return running;
}

test('XP-024: each attempt has a reference of its own, which ends it once', () =>
  withLogon(async ({ logon }) => {
    const running = await begin(logon, 2);
    logon.attempts[1]?.answer({ outcomes: [], end: 'resendLater', retryAfterSeconds: 9 });
    logon.attempts[0]?.answer({ outcomes: [], end: 'sent' });
    assert.deepEqual(await Promise.all(running), [
      { messageRef: 1, outcomes: [] },
      { messageRef: 2, outcomes: [], retryAfterSeconds: 9 },
    ]);
    assert.equal(await logon.endMessage(2), 'resendLater');
    assert.equal(await logon.endMessage(1), 'sent');
    await assert.rejects(logon.endMessage(1), failsWith('MAPI_E_INVALID_PARAMETER'));
  }));

test('a message is cancelled by its reference, by its identifier, or as the only one', () =>
  withLogon(async ({ logon }) => {
    const running = await begin(logon, 3);
    for (const [index, { attempt }] of logon.attempts.entries()) attempt.entryId = Uint8Array.of(index);
    const aborted = (): readonly boolean[] => logon.attempts.map(({ attempt }) => attempt.signal.aborted);
    await logon.transportNotify({ cancelMessage: true }, { messageRef: 0 });
    assert.deepEqual(aborted(), [false, false, false]);
    await logon.transportNotify({ cancelMessage: true }, { messageRef: 2 });
    assert.deepEqual(aborted(), [false, true, false]);
    await logon.transportNotify({ cancelMessage: true }, { messageRef: 0, entryId: Uint8Array.of(0) });
    assert.deepEqual(aborted(), [true, true, false]);
    await Promise.allSettled(running.slice(0, 2));
    await logon.transportNotify({ cancelMessage: true });
    for (const attempt of running) await assert.rejects(attempt, failsWith('MAPI_E_CANCEL'));
  }));

test('the status row says whether sending is allowed and going on', () =>
  withLogon(async ({ logon, support }) => {
    const code = (): number | undefined => support.statusRow.get(PR_STATUS_CODE);
    const enabled = STATUS_AVAILABLE | STATUS_OUTBOUND_ENABLED;
    assert.equal(code(), enabled);
    const [running] = await begin(logon, 1);
    assert.equal(code(), enabled | STATUS_OUTBOUND_ACTIVE);
    logon.attempts[0]?.answer({ outcomes: [], end: 'sent' });
    await running;
    await logon.transportNotify({ endOutbound: true });
    assert.equal(code(), STATUS_AVAILABLE);
    await assert.rejects(submit(logon), failsWith('MAPI_E_BUSY'));
    const both = { beginOutbound: true, endOutbound: true };
    await assert.rejects(logon.transportNotify(both), failsWith('MAPI_E_INVALID_PARAMETER'));
  }));

test('XP-084: logging off ends what runs before it lets go of the support object', () =>
  withLogon(async ({ logon, support }) => {
    const order: string[] = [];
    const [running] = await begin(logon, 1);
    const ended = running?.catch((error) => {
      assert.ok(failsWith('MAPI_E_CANCEL')(error));
      order.push('attempt');
    });
    const release = support.release.bind(support);
    support.release = async () => {
      assert.equal(logon.ended, true);
      order.push('support');
      await release();
    };
    await Promise.all([logon.transportLogoff(), logon.transportLogoff()]);
    await ended;
    assert.deepEqual(order, ['attempt', 'support']);
    await assert.rejects(logon.idle(), failsWith('MAPI_E_INVALID_OBJECT'));
    support.release = release;
  }));

test('shutting down logs everybody off, and nobody logs on any more', () =>
  withLogon(async ({ provider, support, logon }) => {
    await provider.shutdown();
    await assert.rejects(submit(logon), failsWith('MAPI_E_INVALID_OBJECT'));
    await assert.rejects(provider.transportLogon(support, 'profile', {}), failsWith('MAPI_E_NOT_INITIALIZED'));
  }));

test('a section that cannot be used is MAPI_E_UNCONFIGURED; a changed one is read when the logon asks', () =>
  withLogon(async ({ provider, support, logon }) => {
    await using section = await support.openProfileSection(null, { modify: true });
    await section.setProps([prop(PR_DISPLAY_NAME, 'Bob')]);
    await logon.validateState();
    await using status = await logon.openStatusEntry();
    assert.equal(await getProp(status, PR_DISPLAY_NAME), 'Bob');
    await section.setProps([prop(PR_DISPLAY_NAME, '')]);
    await assert.rejects(provider.transportLogon(support, 'profile', {}), failsWith('MAPI_E_UNCONFIGURED'));
  }));

test('STAT-25: a changed configuration is told to the spooler', () =>
  withLogon(async ({ logon, support }) => {
    await using status = await logon.openStatusEntry();
    await status.validateState();
    assert.deepEqual(support.notices, []);
    await status.validateState(undefined, { configChanged: true });
    assert.deepEqual(support.notices, [{ kind: 'configChange' }]);
  }));

test('AMB-60, C-03: to upload is to send, to download to receive', () =>
  withLogon(async ({ logon, support }) => {
    const flushing = (bit: number): boolean => ((support.statusRow.get(PR_STATUS_CODE) ?? 0) & bit) !== 0;
    await logon.flushQueues(undefined, { download: true });
    assert.equal(flushing(STATUS_OUTBOUND_FLUSH), false);
    await logon.flushQueues(undefined, { upload: true });
    assert.equal(flushing(STATUS_OUTBOUND_FLUSH), true);
    assert.equal(flushing(STATUS_INBOUND_FLUSH), false); // this transport receives nothing
  }));

test('STAT-33, STAT-42: without headers and dialogs of its own a transport does not pretend', () =>
  withLogon(async ({ logon, support }) => {
    for (const flag of ['refreshHeaderCache', 'processHeaderCache', 'abortHeaderOperation', 'showSessionUi']) {
      await assert.rejects(logon.validateState(undefined, { [flag]: true }), { code: 'MAPI_E_NO_SUPPORT' });
    }
    await logon.flushQueues(undefined, { upload: true });
    assert.deepEqual(support.notices, [{ kind: 'readyToSend' }]);
  }));

test('LOGOFF-25: TransportLogoff at any time stops what is being sent, ends the logon, and lets the support object go last', () =>
  withLogon(async ({ logon, support }) => {
    const [running] = await begin(logon, 1);
    assert.ok(running);
    const seen: unknown[] = [];
    const { release } = support;
    support.release = async () => {
      seen.push(logon.ended, logon.attempts[0]?.attempt.signal.aborted);
      await release.call(support);
    };
    await logon.transportLogoff();
    await assert.rejects(running, failsWith('MAPI_E_CANCEL'));
    assert.deepEqual(seen, [true, true]);
    await assert.rejects(submit(logon), failsWith('MAPI_E_INVALID_OBJECT'));
    await logon.transportLogoff(); // once more is harmless
    assert.equal(seen.length, 2);
  }));

test('LOGOFF-26: a last release without TransportLogoff or Shutdown does what these do', () =>
  withLogon(async ({ provider, logon, support }) => {
    const [running] = await begin(logon, 1);
    assert.ok(running);
    await provider.release();
    await assert.rejects(running, failsWith('MAPI_E_CANCEL'));
    assert.deepEqual([logon.ended, support.references], [true, 1]);
    await logon.release();
    assert.equal(support.references, 1);
  }));
