/**
 * One connection to a submission server: logged on, used for one message at a time, closed.
 *
 * Invariants:
 * - No wait is without an end: every step has a deadline on the injected clock, and a trickle of bytes that makes no
 *   complete reply does not move it.
 * - After a failure the connection is closed; whoever waits hears of the first failure.
 * - The body goes out only after the server's 354, and an error of the body never lets the final dot out. Its first piece is
 *   made before anything is said to the server.
 */
import type { Readable } from 'node:stream';
import { type Clock, type Log, MapiError, type Timer } from '@nodemapi/base';
import type { MapiErrorCode } from '@nodemapi/mapi';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { mailSource } from './mail-source.ts';
import type { SmtpConfig } from './smtp-config.ts';
import { isAuthenticationReply, type SmtpReply } from './smtp-reply.ts';
import { type MessageRecord, Transcript } from './transcript.ts';

const REPLY_BYTES_MAX = 65_536;
const BODY_CHUNK_BYTES = 32_768;
/** The reply to a whole message may take longer than others (RFC 5321 4.5.3.2.6). */
const FINAL_REPLY_FACTOR = 5;
/** For QUIT nobody waits long. */
const QUIT_MS_MAX = 2000;

/** Why a connection could not be made or was lost. MAPI_E_LOGON_FAILED: the configuration is to blame. */
export interface SessionFailure {
  readonly code: Extract<
    MapiErrorCode,
    'MAPI_E_NETWORK_ERROR' | 'MAPI_E_TIMEOUT' | 'MAPI_E_LOGON_FAILED' | 'MAPI_E_CANCEL'
  >;
  readonly text: string;
  readonly reply?: SmtpReply;
}

export interface SmtpEnvelope {
  /** Empty for the null sender. */
  readonly from: string;
  readonly recipients: readonly string[];
  /** Bytes of the message, as near as known. */
  readonly size?: number;
  readonly dsn?: { readonly envid?: string; readonly notify?: readonly string[]; readonly orcpt?: string };
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
  readonly #clock: Clock;
  readonly #connection: SMTPConnection;
  readonly #transcript: Transcript;
  #busy = false;
  #timer: Timer | undefined;
  #failure: SessionFailure | undefined;
  #onFailure: ((failure: SessionFailure) => void) | undefined;
  /** Messages sent or tried on this connection. */
  messages = 0;

  private constructor(config: SmtpConfig, { clock, log }: SmtpClientPorts) {
    this.#config = config;
    this.#clock = clock;
    this.#transcript = new Transcript(() => this.#moved());
    this.#connection = new SMTPConnection(connectionOptions(config, transcriptLogger(this.#transcript, log)));
    this.#connection.on('error', (error: unknown) => this.#fail(failureOf(error, this.#transcript)));
    this.#connection.on('end', () => this.#fail(closedFailure(this.#transcript)));
  }

  /** Connects, encrypts and logs on as configured. The caller closes the client. */
  static async connect(config: SmtpConfig, ports: SmtpClientPorts, signal: AbortSignal): Promise<Connected> {
    const client = new SmtpClient(config, ports);
    await client.#run(signal, (done) => client.#connection.connect((error) => done(error ?? null)));
    if (client.#failure === undefined) await client.#login(signal);
    return client.#failure === undefined ? { client } : { failure: client.#failure };
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
  async send(envelope: SmtpEnvelope, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<SendRecord> {
    this.messages++;
    this.#transcript.begin();
    let bodyError: unknown;
    let source: Readable;
    try {
      source = await mailSource(body, BODY_CHUNK_BYTES, {
        onBegin: () => this.#assertInData(),
        onMoved: () => this.#transcript.bodyMoved(),
        onEnd: () => this.#transcript.bodyEnded(),
        onError: (error) => {
          bodyError = error;
        },
      });
    } catch (error) {
      return { ...this.#record(envelope), bodyError: error }; // nothing has been said to the server
    }
    await this.#transact(envelope, source, signal);
    return { ...this.#record(envelope), ...(bodyError === undefined ? {} : { bodyError }) };
  }

  /** Makes the connection ready for another message; it is closed if that fails. */
  async reset(signal: AbortSignal): Promise<void> {
    await this.#run(signal, (done) => this.#connection.reset((error) => done(error)));
  }

  /** Says goodbye and closes; waits a short time for the answer. */
  async quit(): Promise<void> {
    if (!this.alive) return;
    await this.#run(
      new AbortController().signal,
      () => this.#connection.quit(),
      Math.min(QUIT_MS_MAX, this.#config.timeoutMs),
    );
    this.close();
  }

  /** Closes at once. */
  close(): void {
    this.#fail({ code: 'MAPI_E_CANCEL', text: 'the connection was closed' });
  }

  async #login(signal: AbortSignal): Promise<void> {
    const { credentials, security } = this.#config;
    if (credentials === undefined) return;
    if (!this.extensions.has('AUTH')) return this.#fail(configurationFailure('the server offers no authentication'));
    if (security === 'opportunistic' && !this.#connection.secure) {
      return this.#fail(configurationFailure('the server offers no encryption: the password is not sent'));
    }
    const auth = { user: credentials.user, pass: credentials.password };
    await this.#run(signal, (done) => this.#connection.login(auth, (error) => done(error)));
  }

  /** Whether every reply came where it belongs, so that the connection can be used once more. */
  #inOrder(): boolean {
    const { data, ended, final } = this.#transcript.message;
    return data === undefined || data.code >= 400 || (data.code === 354 && ended && final !== undefined);
  }

  /** Runs one step of the conversation; afterwards it has worked or `#failure` is set. */
  async #run(
    signal: AbortSignal,
    start: (done: (error: Error | null | undefined) => void) => void,
    limitMs?: number,
  ): Promise<void> {
    if (this.#failure !== undefined) return;
    const onAbort = (): void => this.#fail({ code: 'MAPI_E_CANCEL', text: 'the attempt was cancelled' });
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const limit = limitMs === undefined ? undefined : this.#clock.setTimer(limitMs, () => this.close());
    this.#busy = true;
    this.#arm();
    try {
      await new Promise<void>((resolve) => {
        this.#onFailure = () => resolve();
        start((error) => {
          if (error) this.#fail(failureOf(error, this.#transcript));
          resolve();
        });
      });
    } finally {
      this.#busy = false;
      this.#arm();
      this.#onFailure = undefined;
      limit?.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #moved(): void {
    if (this.#transcript.garbled) {
      this.#fail({ code: 'MAPI_E_NETWORK_ERROR', text: 'the server does not speak SMTP: its answer makes no sense' });
    }
    this.#arm();
  }

  /** Sets the deadline of the step that runs now. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#busy || this.#failure !== undefined) return;
    const step = this.#transcript.awaited;
    const ms = this.#config.timeoutMs * (step === 'message' ? FINAL_REPLY_FACTOR : 1);
    this.#timer = this.#clock.setTimer(ms, () => {
      const text = `no answer to ${step ?? 'the message data'} within ${ms / 1000} s`;
      this.#fail({ code: 'MAPI_E_TIMEOUT', text });
    });
  }

  #fail(failure: SessionFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#timer?.cancel();
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

  async #transact({ from, recipients, size, dsn }: SmtpEnvelope, source: Readable, signal: AbortSignal): Promise<void> {
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

  /** @throws MAPI_E_NETWORK_ERROR if the server has not asked for the message */
  #assertInData(): void {
    const { data } = this.#transcript.message;
    if (data?.code !== 354) throw new MapiError('MAPI_E_NETWORK_ERROR', `DATA was answered with ${data?.code}`);
  }
}

function connectionOptions(config: SmtpConfig, logger: object): ConstructorParameters<typeof SMTPConnection>[0] {
  const backstopMs = config.timeoutMs * FINAL_REPLY_FACTOR * 2; // our own deadlines come first
  return {
    host: config.host,
    port: config.port,
    secure: config.security === 'tls',
    ignoreTLS: config.security === 'none',
    requireTLS: config.security === 'starttls',
    opportunisticTLS: config.security === 'opportunistic',
    ...(config.ehloName === undefined ? {} : { name: config.ehloName }),
    connectionTimeout: backstopMs,
    greetingTimeout: backstopMs,
    socketTimeout: backstopMs,
    dnsTimeout: config.timeoutMs,
    socketCloseTimeout: 0, // nothing that still waits in a buffer may leave after we gave up
    maxResponseSize: REPLY_BYTES_MAX,
    logger,
    transactionLog: true,
    tls: { rejectUnauthorized: config.rejectUnauthorized },
  };
}

/** The log of the protocol library is where commands and replies are seen; secrets are masked before they get here. */
function transcriptLogger(transcript: Transcript, log: Log): object {
  return {
    debug: (entry: { readonly tnx?: string }, text: string) => {
      if (entry.tnx === 'client') transcript.client(text);
      if (entry.tnx === 'server') transcript.server(text);
      if (entry.tnx === 'client' || entry.tnx === 'server') log.trace(`smtp ${entry.tnx}`, { text });
    },
    trace: () => {},
    info: () => {},
    warn: () => {},
    error: () => {},
    fatal: () => {},
  };
}

function failureOf(error: unknown, transcript: Transcript): SessionFailure {
  const text = error instanceof Error ? error.message.slice(0, 500) : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reply = transcript.closing ?? replyBefore(transcript, code);
  if (reply !== undefined && (code === 'EAUTH' ? reply.code >= 500 : isAuthenticationReply(reply))) {
    return { code: 'MAPI_E_LOGON_FAILED', text: `the server refuses the user name or password: ${reply.text}`, reply };
  }
  const mapiCode = code === 'ETIMEDOUT' ? 'MAPI_E_TIMEOUT' : 'MAPI_E_NETWORK_ERROR';
  return { code: mapiCode, text: text.replaceAll(/\p{Cc}/gu, ' '), ...(reply === undefined ? {} : { reply }) };
}

/** The reply that ended a session before its first message. */
function replyBefore(transcript: Transcript, code: unknown): SmtpReply | undefined {
  if (code === 'EAUTH') return transcript.authentication;
  const { greeting } = transcript;
  return greeting !== undefined && greeting.code !== 220 && greeting.code !== 0 ? greeting : undefined;
}

function closedFailure(transcript: Transcript): SessionFailure {
  const reply = transcript.closing;
  if (reply !== undefined) return { code: 'MAPI_E_NETWORK_ERROR', text: `the server closes: ${reply.text}`, reply };
  return { code: 'MAPI_E_NETWORK_ERROR', text: 'the server closed the connection' };
}

function configurationFailure(text: string): SessionFailure {
  return { code: 'MAPI_E_LOGON_FAILED', text };
}
