/**
 * What has been said on one connection: which commands wait for a reply, and how those of the message in hand were
 * answered. It is fed by the log of the protocol library, the one place where every command and reply passes in order.
 *
 * Invariants:
 * - A reply belongs to the oldest command that has none.
 * - An answer that was there before it was asked for puts everything in doubt that is said in this message.
 */
import { extensionsOf, parseReply, type SmtpReply } from './smtp-reply.ts';

/** What the server is to answer: a command verb, the greeting, or the whole message. */
export type AwaitedStep = 'greeting' | 'message' | string;

/** How far one message came. */
export interface MessageRecord {
  mail?: SmtpReply;
  /** By the order of the RCPT commands. */
  readonly recipients: (SmtpReply | undefined)[];
  data?: SmtpReply;
  /** All of the message but the final dot was handed to the connection, and the dot is next or was sent. */
  ended: boolean;
  /** The reply to the whole message. */
  final?: SmtpReply;
  /** The server said something about the message before it had any of it. */
  answeredEarly: boolean;
  /** Replies and commands do not go together: nobody knows to whom a refusal belongs. */
  outOfStep: boolean;
}

/** More questions no way of logging on asks; ours have two at most. */
const challengesMax = 8;

export class Transcript {
  readonly #awaited: AwaitedStep[] = ['greeting'];
  readonly #onStep: () => void;
  readonly #unread: () => string;
  #recipientsAnswered = 0;
  #extensions: ReadonlyMap<string, string> = new Map();
  #message: MessageRecord = newRecord();
  #greeting: SmtpReply | undefined;
  #authentication: SmtpReply | undefined;
  #closing: SmtpReply | undefined;
  #garbled = false;
  /** Questions in a row while logging on (334). */
  #challenges = 0;

  /**
   * @param onStep called whenever the conversation moves on
   * @param unread answers, or parts of them, that have come and were not given to `server` yet
   */
  constructor(onStep: () => void, unread: () => string) {
    this.#onStep = onStep;
    this.#unread = unread;
  }

  /** What the server is to answer now; undefined when nothing waits. */
  get awaited(): AwaitedStep | undefined {
    return this.#awaited[0];
  }

  get greeting(): SmtpReply | undefined {
    return this.#greeting;
  }

  /** The last reply to AUTH and to the lines that belong to it. */
  get authentication(): SmtpReply | undefined {
    return this.#authentication;
  }

  /** The 421 by which the server said that it closes the connection. */
  get closing(): SmtpReply | undefined {
    return this.#closing;
  }

  /** An answer was no reply: from here on nobody knows which answer belongs to which command. */
  get garbled(): boolean {
    return this.#garbled;
  }

  /** While logging on the server asks and asks. */
  get asksOn(): boolean {
    return this.#challenges > challengesMax;
  }

  /** Of the last EHLO; empty after HELO. */
  get extensions(): ReadonlyMap<string, string> {
    return this.#extensions;
  }

  get message(): Readonly<MessageRecord> {
    return this.#message;
  }

  /** A new message begins. */
  begin(): void {
    this.#message = newRecord();
    this.#recipientsAnswered = 0;
  }

  /** The body has been handed over; the answer to the whole message is next. */
  bodyEnded(): void {
    this.#message.ended = true;
    this.#awaited.push('message');
    this.#onStep();
  }

  /** A piece of the body has been taken. */
  bodyMoved(): void {
    this.#onStep();
  }

  client(line: string): void {
    if (this.#awaited.length === 0 && this.#unread() !== '') this.#message.outOfStep = true;
    const verb = line === '.' ? 'empty message' : (/^[A-Za-z]+(?=[ :]|$)/u.exec(line)?.[0]?.toUpperCase() ?? 'AUTH');
    this.#awaited.push(KNOWN_VERBS.has(verb) ? verb : 'AUTH');
    this.#onStep();
  }

  server(raw: string): void {
    const reply = parseReply(raw);
    if (reply.code === 421) this.#closing ??= reply;
    if (reply.code === 0) this.#garbled = true;
    const step = this.#awaited.shift();
    if (step !== undefined) this.#record(step, reply);
    else this.#recordEarly(reply);
    this.#onStep();
  }

  #record(step: AwaitedStep, reply: SmtpReply): void {
    if (step === 'greeting') this.#greeting = reply;
    if (step === 'EHLO' || step === 'HELO') this.#extensions = reply.code === 250 ? extensionsOf(reply) : new Map();
    if (step === 'AUTH') this.#authentication = reply;
    this.#challenges = step === 'AUTH' && reply.code === 334 ? this.#challenges + 1 : 0;
    if (step === 'MAIL') this.#message.mail = reply;
    if (step === 'RCPT') this.#message.recipients[this.#recipientsAnswered++] = reply;
    if ((step === 'MAIL' || step === 'RCPT') && reply.code >= 300 && reply.code < 400) this.#message.outOfStep = true;
    if (step === 'DATA') this.#recordData(reply);
    if (step === 'message') this.#message.final = reply;
  }

  #recordData(reply: SmtpReply): void {
    this.#message.data = reply;
    const early = this.#unread();
    if (early !== '') this.#message.answeredEarly = true;
    const inStep = reply.code === 354 ? early === '' || /^[45]/u.test(early) : reply.code >= 400;
    if (!inStep) this.#message.outOfStep = true;
  }

  /** A server may refuse a message before it has all of it; it cannot accept one. */
  #recordEarly(reply: SmtpReply): void {
    const inBody = this.#message.data?.code === 354 && !this.#message.ended;
    if (inBody && reply.code >= 400) this.#message.final ??= reply;
  }
}

/** Anything else that the library says to the server is a line of an AUTH dialogue. */
const KNOWN_VERBS: ReadonlySet<string> = new Set([
  ...['EHLO', 'HELO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'RSET', 'QUIT', 'empty message'],
]);

function newRecord(): MessageRecord {
  return { recipients: [], ended: false, answeredEarly: false, outOfStep: false };
}
