import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { nullLog, utf8Encode, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST } from './smtp-properties.ts';
import { sendMail } from './smtp-sender.ts';

const STEP_MS = 40;

/**
 * A server that answers a command at once, and lets the whole process stand still then, longer than the command may take:
 * the answer lies in the socket when the timers of the client find themselves late.
 */
async function standingServer(step: string, clock: VirtualClock) {
  const answer = (socket: Socket, line: string): void => {
    if (line === '.') socket.write('250 2.0.0 taken\r\n');
    else if (/^(EHLO|MAIL|RCPT|RSET)/u.test(line)) socket.write('250 ok\r\n');
    else if (line.startsWith('DATA')) socket.write('354 go on\r\n');
    else if (line.startsWith('QUIT')) socket.end('221 bye\r\n');
    else return;
    if (line.startsWith(step)) clock.standStill(STEP_MS * 7);
  };
  const server = createServer((socket) => {
    let rest = '';
    socket.write('220 here\r\n');
    socket.on('error', () => {}); // the client breaks off where the test fails
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) answer(socket, line);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function* body(): AsyncGenerator<Uint8Array> {
  yield utf8Encode('Subject: x\r\n\r\nhello\r\n');
}

test.each(['MAIL', '.'])(
  'a process that stood still after %s for longer than the limits reads the answer that has come meanwhile',
  async (step) => {
    const clock = new VirtualClock();
    const server = await standingServer(step, clock);
    const values = [
      { tag: PR_SMTP_HOST, value: '127.0.0.1' },
      { tag: PR_SMTP_FROM_ADDRESS, value: 'me@x.test' },
    ];
    const { port } = server.address() as AddressInfo;
    const config = {
      ...smtpConfigOf(values),
      port,
      security: 'none' as const,
      timeoutMs: STEP_MS,
      messageMs: STEP_MS * 6,
    };
    const pool = new SmtpPool(config, { clock, log: nullLog });
    const mail = { from: 'me@x.test', recipients: [{ address: 'a@x.test' }], body };
    const report = await sendMail(mail, pool, config, new AbortController().signal);
    assert.equal(report.outcomes.get('a@x.test')?.outcome, 'delivered', JSON.stringify(report));
    await pool.close();
    server.close();
  },
);
