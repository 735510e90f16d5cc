/** A real SMTP server in this process, which remembers what it took; its certificate is the package's own. */
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly {
    readonly address: string;
    readonly dsn?: { readonly notify?: string[]; readonly orcpt?: string };
  }[];
  readonly envelope: SMTPServerSession['envelope'];
  readonly secure: boolean;
  readonly user: unknown;
  readonly session: string;
  /** The first bytes of the message. */
  readonly text: string;
  readonly bytes: number;
}

const TEXT_LENGTH_MAX = 100_000;

export class MailServer implements AsyncDisposable {
  readonly #server: SMTPServer;
  readonly mails: TakenMail[] = [];
  readonly sessions = new Set<string>();
  /** Bytes of messages that have arrived so far, of those too that are not complete. */
  received = 0;

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      hideDSN: false,
      logger: false,
      onConnect: (session, done) => {
        this.sessions.add(session.id);
        done();
      },
      onAuth: ({ username, password }, _session, done) => {
        if (username === 'me' && password === 'right') done(null, { user: username });
        else done(new Error('no such user or password'));
      },
      onData: (stream, session, done) => {
        let text = '';
        let bytes = 0;
        stream.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          this.received += chunk.length;
          if (text.length < TEXT_LENGTH_MAX) text += chunk.toString('utf8');
        });
        stream.on('end', () => {
          if (stream.sizeExceeded) return done(Object.assign(new Error('too big'), { responseCode: 552 }));
          this.#take(session, text, bytes);
          done();
        });
      },
      ...options,
    });
    this.#server.on('error', () => {}); // clients that break off are what some tests are about
  }

  static async start(options: SMTPServerOptions = {}): Promise<MailServer> {
    const server = new MailServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    const address = this.#server.server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #take(session: SMTPServerSession, text: string, bytes: number): void {
    const { envelope, secure, user, id } = session;
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    this.mails.push({ from, to: envelope.rcptTo as TakenMail['to'], envelope, secure, user, session: id, text, bytes });
  }
}
