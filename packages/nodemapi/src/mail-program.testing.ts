/** For programs that send: an SMTP server that takes everything, and a home whose profile sends to it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { ProgramFolder } from './program.testing.ts';

/** An SMTP server on a port of its own, which calls `onMessage` with each message. */
export async function smtpServer(
  onMessage: (text: string) => Promise<void>,
): Promise<AsyncDisposable & { port: number }> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, callback) => {
      let text = '';
      stream.on('data', (chunk) => {
        text += String(chunk);
      });
      stream.on('end', () => void onMessage(text).then(() => callback()));
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  assert.ok(typeof address === 'object' && address !== null);
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: address.port, [Symbol.asyncDispose]: close };
}

/** A home whose profile sends by SMTP to this port. */
export async function withSmtp(port: number): Promise<ProgramFolder> {
  const made = await ProgramFolder.make();
  await made.mapi('profile', 'create', 'work', '--default', '--service', 'sql', '--service', 'pab');
  const settings = ['host=127.0.0.1', `port=${port}`, 'from=ann@example.test', 'security=none'];
  await made.mapi('service', 'add', 'smtp', ...settings, '--profile', 'work');
  return made;
}
