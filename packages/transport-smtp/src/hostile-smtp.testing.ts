/**
 * A server that keeps to SMTP but for one step, where it does what its plan says. Real sockets on the loopback.
 *
 * It counts the messages for which it has sent its 2xx, whole, after the final dot: nothing else is a delivery.
 */
import { createServer, type Server, type Socket } from 'node:net';

export type Step = 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'message' | 'quit';
export type Deed =
  | 'refuse4xx'
  | 'refuse5xx'
  | 'refuse421'
  | 'close'
  | 'stall'
  | 'nonsense'
  | 'brokenLines'
  | 'binary'
  | 'drip';

export const DEEDS: readonly Deed[] = [
  ...(['refuse4xx', 'refuse5xx', 'refuse421', 'close', 'stall', 'nonsense', 'brokenLines', 'binary', 'drip'] as const),
];

export interface HostilePlan {
  readonly at?: Step;
  readonly deed?: Deed;
  /** With 'rcpt': only for this address; for all of them if omitted. */
  readonly address?: string;
  readonly extensions?: readonly string[];
  /** Sent instead of the usual text with 'refuse4xx' and 'refuse5xx'. */
  readonly text?: string;
}

const OK: Readonly<Record<Step, string>> = {
  greeting: '220 hostile.test ESMTP',
  ehlo: '250 hostile.test',
  starttls: '220 2.0.0 go on',
  auth: '235 2.7.0 come in',
  mail: '250 2.1.0 sender ok',
  rcpt: '250 2.1.5 recipient ok',
  data: '354 go on',
  body: '',
  message: '250 2.0.0 taken',
  quit: '221 2.0.0 bye',
};
const DRIP_MS = 15;

export class HostileSmtp implements AsyncDisposable {
  readonly #server: Server;
  readonly #plan: HostilePlan;
  readonly #sockets = new Set<Socket>();
  /** Messages that were answered with 250 after the final dot. */
  delivered = 0;
  connections = 0;
  /** Every line that a client sent outside of messages. */
  readonly commands: string[] = [];
  /** Messages whose final dot arrived. */
  readonly messages: string[] = [];

  private constructor(plan: HostilePlan) {
    this.#plan = plan;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(plan: HostilePlan = {}): Promise<HostileSmtp> {
    const server = new HostileSmtp(plan);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return address.port;
  }

  /** Closes every connection, as a server does that is restarted. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {}); // a client may vanish at any time
    let rest = '';
    let body: string | undefined;
    this.#answer(socket, 'greeting');
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (;;) {
        if (body !== undefined) {
          const end = rest.indexOf('\r\n.\r\n');
          if (end < 0) {
            if (this.#plan.at === 'body' && body === '') this.#misbehave(socket, 'body');
            body = 'begun';
            if (rest.length > 1_000_000) rest = rest.slice(-10);
            return;
          }
          this.messages.push(rest.slice(0, end));
          rest = rest.slice(end + 5);
          body = undefined;
          this.#answer(socket, 'message');
          continue;
        }
        const end = rest.indexOf('\r\n');
        if (end < 0) return;
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        this.commands.push(line);
        if (this.#command(socket, line)) body = '';
      }
    });
  }

  /** Answers a command; true if a message follows. */
  #command(socket: Socket, line: string): boolean {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') this.#answer(socket, 'ehlo');
    else if (verb === 'HELO' || verb === 'RSET' || verb === 'NOOP') socket.write('250 hostile.test\r\n');
    else if (verb === 'STAR') this.#answer(socket, 'starttls');
    else if (verb === 'AUTH') this.#answer(socket, 'auth');
    else if (verb === 'MAIL') this.#answer(socket, 'mail');
    else if (verb === 'RCPT') this.#answer(socket, 'rcpt', /<(.*)>/u.exec(line)?.[1]);
    else if (verb === 'QUIT') this.#answer(socket, 'quit');
    else if (verb === 'DATA') return this.#answer(socket, 'data');
    else socket.write('500 5.5.1 what?\r\n');
    return false;
  }

  /** Answers well unless the plan is against it; true if it answered well. */
  #answer(socket: Socket, step: Step, address?: string): boolean {
    const { at, address: victim } = this.#plan;
    if (at === step && (victim === undefined || victim === address)) {
      this.#misbehave(socket, step);
      return false;
    }
    if (step === 'ehlo') {
      const lines = ['hostile.test', ...(this.#plan.extensions ?? [])];
      socket.write(lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}\r\n`).join(''));
    } else {
      socket.write(`${OK[step]}\r\n`);
      if (step === 'message') this.delivered++;
    }
    if (step === 'quit') socket.end();
    return true;
  }

  #misbehave(socket: Socket, step: Step): void {
    const { deed, text } = this.#plan;
    if (deed === 'refuse4xx') socket.write(`${text ?? '451 4.3.0 not now'}\r\n`);
    else if (deed === 'refuse5xx') socket.write(`${text ?? '550 5.1.1 never'}\r\n`);
    else if (deed === 'refuse421') socket.end('421 4.3.2 shutting down\r\n');
    else if (deed === 'close') socket.destroy();
    else if (deed === 'nonsense') socket.write('would you like some tea?\r\n');
    else if (deed === 'brokenLines') socket.write('250-one\r\nno code here\r\n550 two\r\n');
    else if (deed === 'binary') socket.write(Buffer.from([0, 255, 254, 13, 10, 0, 50, 53, 48, 13, 10]));
    else if (deed === 'drip') drip(socket, `${OK[step] === '' ? '250 ok' : OK[step]} ${'.'.repeat(1000)}\r\n`);
  }
}

/** One byte at a time, too slowly for anybody's patience. */
function drip(socket: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => socket.write(text.charAt(sent++)), DRIP_MS);
  socket.on('close', () => clearInterval(timer));
}
