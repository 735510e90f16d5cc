/**
 * A server that keeps to SMTP but for one step, where it does what its plan says. Real sockets on the loopback.
 *
 * It counts the messages for which it has sent its 2xx, whole, after the final dot: nothing else is a delivery.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { act, type Deed, endsService, isAnswer } from './hostile-deeds.testing.ts';

export type Step =
  | 'greeting'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'message'
  | 'rset'
  | 'quit';

export interface HostilePlan {
  readonly at?: Step;
  readonly deed?: Deed;
  /** With 'rcpt': only for this address; for all of them if omitted. */
  readonly address?: string;
  readonly extensions?: readonly string[];
  /** Whether EHLO is refused, so that HELO follows. */
  readonly old?: boolean;
  /** Whether it takes DATA without recipients, and recipients without a sender. */
  readonly lenient?: boolean;
  /** Called before each command is answered. */
  readonly onCommand?: (line: string) => void;
  /** With 'rcpt': only for those who come after so many in one transaction. */
  readonly recipientsMax?: number;
  /** Does it at the first occasion only. */
  readonly once?: boolean;
  /** Sent instead of the usual text with 'refuse4xx' and 'refuse5xx'. */
  readonly text?: string;
}

const OK: Readonly<Record<Step, string>> = {
  greeting: '220 hostile.test ESMTP',
  ehlo: '250 hostile.test',
  helo: '250 hostile.test',
  starttls: '220 2.0.0 go on',
  auth: '235 2.7.0 come in',
  mail: '250 2.1.0 sender ok',
  rcpt: '250 2.1.5 recipient ok',
  data: '354 go on',
  body: '',
  message: '250 2.0.0 taken',
  rset: '250 2.0.0 forgotten',
  quit: '221 2.0.0 bye',
};

export class HostileSmtp implements AsyncDisposable {
  readonly #server: Server;
  readonly #plan: HostilePlan;
  readonly #sockets = new Set<Socket>();
  /** Messages that were answered with 250 after the final dot. */
  delivered = 0;
  connections = 0;
  #behaves = false;
  readonly #mute = new WeakSet<Socket>();
  /** How often it has misbehaved. */
  deeds = 0;
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

  /** From here on it keeps to SMTP. */
  behave(): void {
    this.#behaves = true;
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
    const said: Said = { rest: '', inBody: false, bodyBegun: false, mail: false, recipients: 0 };
    this.#answer(socket, 'greeting');
    socket.on('data', (chunk: Buffer) => {
      said.rest += chunk.toString('latin1');
      while (!this.#mute.has(socket) && (said.inBody ? this.#body(socket, said) : this.#line(socket, said)));
    });
  }

  /** Takes a message, if all of it is there. */
  #body(socket: Socket, said: Said): boolean {
    const end = said.rest.startsWith('.\r\n') ? -2 : said.rest.indexOf('\r\n.\r\n');
    if (end === -1) {
      if (this.#isAgainst('body') && !said.bodyBegun && said.rest !== '') this.#misbehave(socket, 'body');
      said.bodyBegun ||= said.rest !== '';
      if (said.rest.length > REST_LENGTH_MAX) said.rest = said.rest.slice(-10);
      return false;
    }
    this.messages.push(said.rest.slice(0, Math.max(0, end)));
    said.rest = said.rest.slice(end + 5);
    said.inBody = false;
    said.bodyBegun = false;
    said.mail = false;
    said.recipients = 0;
    this.#answer(socket, 'message');
    return true;
  }

  /** Takes a command, if there is one. */
  #line(socket: Socket, said: Said): boolean {
    const end = said.rest.indexOf('\r\n');
    if (end < 0) return false;
    const line = said.rest.slice(0, end);
    said.rest = said.rest.slice(end + 2);
    this.commands.push(line);
    this.#plan.onCommand?.(line);
    said.inBody = this.#command(socket, line, said);
    return true;
  }

  /** Answers a command; true if a message follows. */
  #command(socket: Socket, line: string, said: Said): boolean {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') this.#answer(socket, 'ehlo');
    else if (verb === 'HELO') this.#answer(socket, 'helo');
    else if (verb === 'STAR') this.#answer(socket, 'starttls');
    else if (verb === 'AUTH') this.#answer(socket, 'auth');
    else if (verb === 'MAIL') said.mail = this.#answer(socket, 'mail');
    else if (verb === 'RCPT') this.#recipient(socket, line, said);
    else if (verb === 'RSET') this.#reset(socket, said);
    else if (verb === 'QUIT') this.#answer(socket, 'quit');
    else if (verb === 'DATA') return this.#data(socket, said);
    else socket.write('500 5.5.1 what?\r\n');
    return false;
  }

  #recipient(socket: Socket, line: string, said: Said): void {
    if (!said.mail && !this.#isLenient) socket.write('503 5.5.1 need MAIL first\r\n');
    else if (said.recipients < (this.#plan.recipientsMax ?? 0)) {
      said.recipients++;
      socket.write(`${OK.rcpt}\r\n`);
    } else if (this.#answer(socket, 'rcpt', /<(.*)>/u.exec(line)?.[1])) said.recipients++;
  }

  #data(socket: Socket, said: Said): boolean {
    if (said.recipients > 0 || this.#isLenient) return this.#answer(socket, 'data');
    socket.write('554 5.5.1 no valid recipients\r\n');
    return false;
  }

  #reset(socket: Socket, said: Said): void {
    said.mail = false;
    said.recipients = 0;
    this.#answer(socket, 'rset');
  }

  /** Whether it takes commands that make no sense after what it has refused. */
  get #isLenient(): boolean {
    return this.#plan.lenient === true;
  }

  #isAgainst(step: Step, address?: string): boolean {
    const { at, address: victim, once } = this.#plan;
    if (this.#behaves || (once === true && this.deeds > 0)) return false;
    return at === step && (victim === undefined || victim === address);
  }

  /** Answers well unless the plan is against it; true if it answered well. */
  #answer(socket: Socket, step: Step, address?: string): boolean {
    if (this.#isAgainst(step, address)) {
      this.#misbehave(socket, step);
      if (!isAnswer(this.#plan.deed)) return false;
      if (step === 'message') this.delivered++;
      return true;
    }
    if (step === 'ehlo' && this.#plan.old === true) {
      socket.write('502 5.5.1 what?\r\n');
      return false;
    }
    socket.write(`${this.#good(step)}\r\n`);
    if (step === 'message') this.delivered++;
    if (step === 'quit') socket.end();
    return true;
  }

  #good(step: Step): string {
    if (step !== 'ehlo') return OK[step] === '' ? '250 2.0.0 ok' : OK[step];
    const lines = ['hostile.test', ...(this.#plan.extensions ?? [])];
    return lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}`).join('\r\n');
  }

  #misbehave(socket: Socket, step: Step): void {
    const { deed, text } = this.#plan;
    if (deed === undefined) return;
    this.deeds++;
    if (endsService(deed)) this.#mute.add(socket);
    act(deed, { socket, good: this.#good(step), text });
  }
}

/** What a connection has said and was not worked through. */
interface Said {
  rest: string;
  inBody: boolean;
  bodyBegun: boolean;
  /** The sender was taken. */
  mail: boolean;
  /** So many recipients were taken. */
  recipients: number;
}

const REST_LENGTH_MAX = 1_000_000;
