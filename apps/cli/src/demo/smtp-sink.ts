/** The SMTP server of the demo: on loopback, a real one, which hands each message to a function. */
import type { AddressInfo } from 'node:net';

export interface SmtpSink extends AsyncDisposable {
  readonly port: number;
}

/** One message as the server took it. */
export interface TakenMessage {
  /** Of this transaction alone. */
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly content: AsyncIterable<Uint8Array>;
}

/** Starts a server on a free port of 127.0.0.1; the sender gets its 250 only when `take` has finished. */
export async function startSmtpSink(
  take: (message: TakenMessage) => Promise<void>,
  log: (line: string) => void,
): Promise<SmtpSink> {
  const { SMTPServer } = await import('smtp-server'); // other commands do without
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: 50 * 1024 * 1024,
    onConnect: (session, callback) => {
      log(`a client connects from ${session.remoteAddress}`);
      callback();
    },
    onMailFrom: (address, _session, callback) => {
      log(`MAIL FROM:<${address.address}>`);
      callback();
    },
    onRcptTo: (address, _session, callback) => {
      log(`RCPT TO:<${address.address}>`);
      callback();
    },
    onData: (stream, session, callback) => {
      const { mailFrom, rcptTo } = session.envelope;
      const message = {
        id: `${session.id}-${session.transaction}`,
        from: mailFrom === false ? '' : mailFrom.address,
        to: rcptTo.map((address) => address.address),
        content: stream,
      };
      take(message).then(
        () => {
          log('DATA … 250 OK: message queued');
          callback();
        },
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
