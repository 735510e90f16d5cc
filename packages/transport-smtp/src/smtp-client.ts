/**
 * One connection to a submission server: logged on, used for one message at a time, closed.
 *
 * Invariants:
 * - No wait is without an end: every step has a deadline on the injected clock, and a trickle of bytes that makes no
 *   complete reply does not move it; nor may everything together take longer than `messageMs` and what its size buys.
 * - After a failure the connection is closed; whoever waits hears of the first failure.
 * - The body goes out only after the server's 354, and an error of the body never lets the final dot out. Its first piece is
 *   made before anything is said to the server.
 */
import { TLSSocket } from 'node:tls';
import { type Clock, type Log, MapiError } from '@nodemapi/base';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { newConnection, unreadAnswers } from './connection-options.ts';
import { type MailSource, mailSource } from './mail-source.ts';
import { TOKEN_METHOD, type TokenLogin, tokenMechanism } from './oauth2-login.ts';
import {
  cancelledFailure,
  closedFailure,
  configurationFailure,
  failureOf,
  type SessionFailure,
  unaskedFailure,
} from './session-failure.ts';
import type { SmtpConfig, SmtpCredentials } from './smtp-config.ts';
import { meaningOf } from './smtp-reply.ts';
import { StepDeadline } from './step-deadline.ts';
import { isPinned } from './tls-pin.ts';
import { type MessageRecord, Transcript } from './transcript.ts';

const BODY_CHUNK_BYTES = 32_768;
/** The reply to a whole message may take longer than others (RFC 5321 4.5.3.2.6). */
const FINAL_REPLY_FACTOR = 5;
/** For QUIT nobody waits long. */
const QUIT_MS_MAX = 2000;

export interface SmtpEnvelope {
  /** Empty for the null sender. */
  readonly from: string;
  readonly recipients: readonly string[];
  /** Bytes of the message, as near as known. */
  readonly size?: number;
  readonly dsn?: { readonly envid?: string; readonly notify?: readonly string[]; readonly orcpt?: string };
}

export interface SendCall {
  readonly signal: AbortSignal;
  /** Called right before the text of the message goes out; if it throws nothing goes. */
  readonly onOffer: () => void;
}

export interface SendRecord extends Readonly<MessageRecord> {
  readonly failure?: SessionFailure;
  /** What the body threw; the message was not sent then. */
  readonly bodyError?: unknown;
}

export type Connected = { readonly client: SmtpClient } | { readonly failure: SessionFailure };

export interface SmtpClientPorts {
  readonly clock: Clock;
  readonly log: Log;
}

export class SmtpClient {
  readonly #config: SmtpConfig;
  readonly #connection: SMTPConnection;
  readonly #transcript: Transcript;
  readonly #deadline: StepDeadline;
  #failure: SessionFailure | undefined;
  #onFailure: ((failure: SessionFailure) => void) | undefined;
  /** Messages sent or tried on this connection. */
  messages = 0;

  private constructor(config: SmtpConfig, { clock, log }: SmtpClientPorts) {
    this.#config = config;
    this.#transcript = new Transcript(
      () => this.#moved(),
      () => unreadAnswers(this.#connection),
    );
    this.#connection = newConnection(config, () => this.#transcript, log);
    this.#deadline = new StepDeadline(clock, (limitMs, whole) => this.#late(limitMs, whole));
    this.#connection.on('error', (error: unknown) => this.#fail(failureOf(error, this.#transcript)));
    this.#connection.on('end', () => this.#fail(closedFailure(this.#transcript)));
  }

  /** Connects and encrypts as configured. The caller logs on where credentials are configured, and closes the client. */
  static async connect(config: SmtpConfig, ports: SmtpClientPorts, signal: AbortSignal): Promise<Connected> {
    const client = new SmtpClient(config, ports);
    await client.#run(signal, (done) => client.#connection.connect((error) => done(error ?? null)));
    client.#checkPin();
    return client.#failure === undefined ? { client } : { failure: client.#failure };
  }

  /** Logs on by the password of `credentials`, or by `token`; answers why that failed. The client is closed then. */
  async login(
    { user, password }: SmtpCredentials,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<SessionFailure | undefined> {
    const { host, port, security } = this.#config;
    const offered = this.extensions.get('AUTH');
    const mechanism = token === undefined ? undefined : tokenMechanism(offered ?? '');
    if (offered === undefined) {
      this.#fail(configurationFailure('the server offers no authentication'));
    } else if (security === 'opportunistic' && !this.#connection.secure) {
      this.#fail(configurationFailure('the server offers no encryption: the password is not sent'));
    } else if (token === undefined) {
      await this.#run(signal, (done) => this.#connection.login({ user, pass: password ?? '' }, done));
    } else if (mechanism === undefined) {
      this.#fail(configurationFailure('the server takes no OAuth2 tokens'));
    } else {
      const tokenLogin: TokenLogin = { mechanism, user, token, host, port };
      await this.#run(signal, (done) => this.#connection.login({ user, method: TOKEN_METHOD, tokenLogin }, done));
    }
    return this.#failure;
  }

  /** Whether it can be used once more. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** Whether the last message was taken, so that no transaction is open. */
  get isBetweenMessages(): boolean {
    return this.alive && this.#transcript.message.final?.code === 250;
  }

  get extensions(): ReadonlyMap<string, string> {
    return this.#transcript.extensions;
  }

  /** Largest message that the server takes, in bytes; undefined if it names no limit. */
  get sizeMax(): number | undefined {
    const size = Number(this.extensions.get('SIZE') ?? 0);
    return Number.isSafeInteger(size) && size > 0 ? size : undefined;
  }

  /** Sends one message. Never rejects: the answer says how far it came. */
  async send(
    envelope: SmtpEnvelope,
    body: AsyncIterable<Uint8Array>,
    { signal, onOffer }: SendCall,
  ): Promise<SendRecord> {
    this.messages++;
    this.#transcript.begin();
    let bodyError: unknown;
    let source: MailSource;
    try {
      source = await mailSource(body, BODY_CHUNK_BYTES, () => this.#connection._socket || undefined, {
        onBegin: () => this.alive && this.#offers(onOffer),
        onMoved: (bytes) => {
          this.#deadline.took(bytes);
          this.#transcript.bodyMoved();
        },
        onEnd: () => this.#transcript.bodyEnded(),
        onError: (error) => {
          bodyError = error;
          this.#fail({ code: 'MAPI_E_CANCEL', text: 'the message could not be read' });
        },
      });
    } catch (error) {
      return { ...this.#record(envelope), bodyError: error }; // nothing has been said to the server
    }
    await this.#transact(envelope, source, signal);
    return { ...this.#record(envelope), ...(bodyError === undefined ? {} : { bodyError }) };
  }

  /** Says that the text of the message goes out now; false: it must not. */
  #offers(onOffer: () => void): boolean {
    try {
      onOffer();
      return true;
    } catch (cause) {
      this.#fail({ code: 'MAPI_E_CANCEL', text: MapiError.from(cause, 'spooler').message });
      return false;
    }
  }

  /** Makes the connection ready for another message; it is closed if that fails. */
  async reset(signal: AbortSignal): Promise<void> {
    await this.#run(signal, (done) => this.#connection.reset((error) => done(error)));
    if (unreadAnswers(this.#connection) !== '') this.#fail(unaskedFailure);
  }

  /** Says goodbye and closes; waits a short time for the answer. */
  async quit(): Promise<void> {
    if (!this.alive) return;
    await this.#run(undefined, () => this.#connection.quit(), Math.min(QUIT_MS_MAX, this.#config.timeoutMs));
    this.close();
  }

  /** Closes at once. */
  close(): void {
    this.#fail({ code: 'MAPI_E_CANCEL', text: 'the connection was closed' });
  }

  #checkPin(): void {
    const { tlsPins } = this.#config;
    if (tlsPins === undefined || this.#failure !== undefined) return;
    const socket = this.#connection._socket;
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    if (certificate !== undefined && isPinned(certificate, tlsPins)) return;
    this.#fail(configurationFailure('the certificate of the server is not the pinned one, nor is its key'));
  }

  /** Whether every reply came where it belongs, so that the connection can be used once more. */
  #inOrder(): boolean {
    const { data, ended, final, answeredEarly } = this.#transcript.message;
    if (answeredEarly) return false;
    if (data === undefined || data.code >= 400) return true;
    return data.code === 354 && ended && final !== undefined && meaningOf(final) !== 'nonsense';
  }

  /** Runs one part of the conversation; afterwards it has worked or `#failure` is set. */
  async #run(
    signal: AbortSignal | undefined,
    start: (done: (error: Error | null | undefined) => void) => void,
    wholeMs = this.#config.messageMs,
  ): Promise<void> {
    if (this.#failure !== undefined) return;
    const onAbort = (): void => this.#fail(cancelledFailure);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#deadline.begin({ stepMs: this.#stepMs(), wholeMs });
    try {
      await new Promise<void>((resolve) => {
        this.#onFailure = () => resolve();
        start((error) => {
          if (error) this.#fail(failureOf(error, this.#transcript));
          resolve();
        });
      });
    } finally {
      this.#deadline.end();
      this.#onFailure = undefined;
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #moved(): void {
    if (this.#transcript.garbled) {
      this.#fail({ code: 'MAPI_E_NETWORK_ERROR', text: 'the server does not speak SMTP: its answer makes no sense' });
    } else if (this.#transcript.asksOn) {
      this.#fail({
        code: 'MAPI_E_NETWORK_ERROR',
        text: 'the server asks and asks while we log on, and lets nobody in',
      });
    } else if (this.#transcript.message.outOfStep) {
      this.#fail(unaskedFailure);
    }
    this.#deadline.moved(this.#stepMs());
  }

  /** How long the step may take that waits now. */
  #stepMs(): number {
    return this.#config.timeoutMs * (this.#transcript.awaited === 'message' ? FINAL_REPLY_FACTOR : 1);
  }

  #late(limitMs: number, whole: boolean): void {
    const what = whole ? 'end of all of the message' : missing(this.#transcript);
    this.#fail({ code: 'MAPI_E_TIMEOUT', text: `no ${what} within ${Math.round(limitMs / 1000)} s` });
  }

  #fail(failure: SessionFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#deadline.end();
    this.#connection.close();
    this.#onFailure?.(failure);
  }

  #record({ recipients }: SmtpEnvelope): SendRecord {
    const { message } = this.#transcript;
    return {
      ...message,
      recipients: recipients.map((_, index) => message.recipients[index]),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  async #transact(
    { from, recipients, size, dsn }: SmtpEnvelope,
    source: MailSource,
    signal: AbortSignal,
  ): Promise<void> {
    const mail = {
      from: from === '' ? (false as const) : from,
      to: [...recipients],
      use8BitMime: true,
      ...(size === undefined ? {} : { size }),
      ...(dsn === undefined ? {} : { dsn: { ...dsn, notify: dsn.notify === undefined ? null : [...dsn.notify] } }),
    };
    await this.#run(signal, (done) => {
      this.#connection.send(mail, source, (error) => {
        if (!this.#inOrder()) this.#fail(failureOf(error ?? 'the server answered out of turn', this.#transcript));
        done(null); // what was refused stands in the transcript
      });
    });
    source.destroy();
  }
}

/** What does not come, for people. */
function missing({ awaited, message }: Transcript): string {
  if (awaited === 'greeting') return 'greeting of the server';
  if (awaited !== undefined) return awaited === 'message' ? 'answer to the message' : `answer to ${awaited}`;
  return message.data === undefined ? 'encryption' : 'room for more of the message';
}
