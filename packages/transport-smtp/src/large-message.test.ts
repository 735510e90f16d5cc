import assert from 'node:assert/strict';
import { nullLog, systemClock } from '@nodemapi/base';
import { test } from 'vitest';
import { MailServer } from './mail-server.testing.ts';
import { smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST, PR_SMTP_PORT, PR_SMTP_SECURITY } from './smtp-properties.ts';
import { sendMail } from './smtp-sender.ts';

const MEGABYTE = 2 ** 20;

test('a message of 20 MB is sent without being held in memory', async () => {
  await using server = await MailServer.start({ size: 100 * MEGABYTE });
  const config = smtpConfigOf([
    { tag: PR_SMTP_HOST, value: '127.0.0.1' },
    { tag: PR_SMTP_PORT, value: server.port },
    { tag: PR_SMTP_SECURITY, value: 'none' },
    { tag: PR_SMTP_FROM_ADDRESS, value: 'me@x.test' },
  ]);
  const pool = new SmtpPool(config, { clock: systemClock, log: nullLog });
  let made = 0;
  let ahead = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(65_536).fill(0x61);
    for (let at = 64; at < piece.length; at += 66) piece.set([13, 10], at - 2);
    while (made < 20 * MEGABYTE) {
      yield piece;
      made += piece.length;
      ahead = Math.max(ahead, made - server.received);
    }
  }
  const mail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], sizeEstimate: 20 * MEGABYTE, body };
  const report = await sendMail(mail, pool, config, new AbortController().signal);
  await pool.close();
  assert.equal(report.outcomes.get('a@x.test')?.outcome, 'delivered');
  assert.ok((server.mails[0]?.bytes ?? 0) >= 20 * MEGABYTE);
  // What has been made and has not arrived lies in memory, or in the socket buffers of the system.
  assert.ok(ahead < 8 * MEGABYTE, `${Math.round(ahead / MEGABYTE)} MB between maker and server`);
});
