import assert from 'node:assert/strict';
import { MapiError, VirtualClock } from '@nodemapi/base';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { type IMAPISupport, prop, type SubmitResult } from '@nodemapi/mapi';
import { test } from 'vitest';
import { HostileSmtp } from './hostile-smtp.testing.ts';
import { PR_SMTP_MESSAGES_PER_MINUTE } from './smtp-properties.ts';
import { XPProviderInit } from './smtp-xp-provider.ts';
import { messageTo, sectionFor } from './transport.testing.ts';

test('XP-029: a message beyond the rate is kept by the spooler for the seconds that it is told', async () => {
  await using server = await HostileSmtp.start();
  const clock = new VirtualClock();
  await using host = await standaloneHost({ clock });
  const section = sectionFor(server.port, [prop(PR_SMTP_MESSAGES_PER_MINUTE, 2)]);
  const support = new StandaloneSupport({ kind: 'transport', host, section });
  const { provider } = await XPProviderInit(host);
  const { logon } = await provider.transportLogon(support as IMAPISupport, 'test', {});
  const submit = async (): Promise<SubmitResult> => {
    const { signal } = new AbortController();
    return logon.submitMessage(await messageTo([['a@x.test']]), { rowIds: [1], signal });
  };
  const isWait = (seconds: number) => (error: unknown) =>
    MapiError.is(error, 'MAPI_E_WAIT') && error.retryAfterSeconds === seconds;
  await submit();
  await clock.advance(20_000);
  await submit();
  await assert.rejects(submit(), isWait(40));
  await clock.advance(30_000);
  await assert.rejects(submit(), isWait(10));
  assert.equal(server.delivered, 2);
  await clock.advance(10_000);
  await submit();
  assert.equal(server.delivered, 3);
  await provider.shutdown();
});
