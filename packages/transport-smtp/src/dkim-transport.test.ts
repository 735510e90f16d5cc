import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { prop } from '@nodemapi/mapi';
import { test } from 'vitest';
import { MailServer } from './mail-server.testing.ts';
import { PR_SMTP_DKIM_KEY, PR_SMTP_DKIM_SELECTOR } from './smtp-properties.ts';
import { logOn, messageTo, sectionFor } from './transport.testing.ts';

test('a transport with a key signs what it sends, for the domain of its sender', async () => {
  await using server = await MailServer.start();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const key = [prop(PR_SMTP_DKIM_SELECTOR, 'key1'), prop(PR_SMTP_DKIM_KEY, pem)];
  await using transport = await logOn(sectionFor(server.port, key));
  const message = await messageTo([['a@x.test']]);
  const { signal } = new AbortController();
  const { outcomes } = await transport.logon.submitMessage(message, { rowIds: [1], signal });
  assert.equal(outcomes[0]?.outcome, 'delivered');
  assert.match(server.mails[0]?.text ?? '', /^DKIM-Signature: [^:]*d=sender\.test;[^:]*s=key1;/u);
  await assert.rejects(logOn(sectionFor(server.port, key.slice(0, 1))), { code: 'MAPI_E_UNCONFIGURED' });
});
