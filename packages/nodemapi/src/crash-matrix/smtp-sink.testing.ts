/** An SMTP server that writes down what arrives, and says when a conversation has come to a certain moment. */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Arrival } from './judge.testing.ts';

/** Moments of the conversation, as the server sees them. */
export const SMTP_MOMENTS = ['connect', 'mail', 'rcpt', 'data', 'before250', 'after250'] as const;
export type SmtpMoment = (typeof SMTP_MOMENTS)[number];

export class SmtpSink implements AsyncDisposable {
  /** One for each recipient of each message that was taken. */
  readonly arrivals: Arrival[] = [];
  readonly #server: SMTPServer;
  readonly #deferred = new Set<string>();
  /** Called at every moment; the server answers when it returns. */
  onMoment: (moment: SmtpMoment) => void = () => {};

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onConnect: (_session, callback) => this.#at('connect', callback),
      onMailFrom: (_address, _session, callback) => this.#at('mail', callback),
      onRcptTo: ({ address }, _session, callback) => this.#at('rcpt', () => callback(this.#refusal(address))),
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => {
          if (chunks.length === 0) this.onMoment('data');
          chunks.push(chunk);
        });
        stream.on('end', () => this.#taken(Buffer.concat(chunks).toString('utf8'), session, callback));
      },
    });
    this.#server.on('error', () => undefined); // a sender that is killed breaks its connection
  }

  static async listen(): Promise<SmtpSink> {
    const sink = new SmtpSink();
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #at(moment: SmtpMoment, callback: () => void): void {
    this.onMoment(moment);
    callback();
  }

  /** By the address: `bad…` for ever, `slow…` once. */
  #refusal(address: string): Error | undefined {
    const refusal = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });
    if (address.startsWith('bad')) return refusal(550, '5.1.1 no such user');
    if (!address.startsWith('slow') || this.#deferred.has(address)) return undefined;
    this.#deferred.add(address);
    return refusal(450, '4.2.0 greylisted');
  }

  #taken(text: string, session: SMTPServerSession, callback: () => void): void {
    const header = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'imu').exec(text)?.[1] ?? '';
    for (const { address } of session.envelope.rcptTo)
      this.arrivals.push({ subject: header('subject'), address, messageId: header('message-id') });
    this.#at('before250', callback);
    setTimeout(() => this.onMoment('after250'), 1);
  }
}
