/** The configuration of the SMTP transport: read from its profile section and checked as a whole. */
import { MapiError, type PropValue, propOf } from '@nodemapi/mapi';
import { type DkimKey, dkimKey } from './dkim-key.ts';
import { isMailAddress } from './mail-address.ts';
import {
  PR_SMTP_AUTH,
  PR_SMTP_CONNECTIONS_MAX,
  PR_SMTP_CONNECTIONS_PER_MINUTE,
  PR_SMTP_DKIM_DOMAIN,
  PR_SMTP_DKIM_KEY,
  PR_SMTP_DKIM_SELECTOR,
  PR_SMTP_DSN,
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_FROM_NAME,
  PR_SMTP_HOST,
  PR_SMTP_MESSAGE_SECONDS,
  PR_SMTP_MESSAGES_PER_CONNECTION,
  PR_SMTP_MESSAGES_PER_MINUTE,
  PR_SMTP_NAME,
  PR_SMTP_PASSWORD,
  PR_SMTP_PLAIN_PASSWORD,
  PR_SMTP_PORT,
  PR_SMTP_RECIPIENTS_MAX,
  PR_SMTP_SECURITY,
  PR_SMTP_TIMEOUT_SECONDS,
  PR_SMTP_TLS_PINS,
  PR_SMTP_TLS_REJECT_UNAUTHORIZED,
  PR_SMTP_TOKEN_COMMAND,
  PR_SMTP_USER,
} from './smtp-properties.ts';
import { parseTlsPins, type TlsPin } from './tls-pin.ts';
import { parseTokenCommand } from './token-command.ts';

/**
 * 'none': never encrypted. 'starttls': encrypted by STARTTLS or not at all. 'tls': encrypted from the start.
 * 'opportunistic': encrypted where the server can; the password is not sent where it cannot.
 */
export type SmtpSecurity = 'none' | 'starttls' | 'tls' | 'opportunistic';

const SECURITIES: readonly string[] = ['none', 'starttls', 'tls', 'opportunistic'];

/** Without a password: by an access token, for which the program is asked. */
export interface SmtpCredentials {
  readonly user: string;
  readonly password?: string;
  /** Prints tokens, where the program runs it. */
  readonly tokenCommand?: readonly string[];
}

export interface SmtpConfig {
  readonly host: string;
  readonly port: number;
  readonly security: SmtpSecurity;
  /** Absent: no AUTH. */
  readonly credentials?: SmtpCredentials;
  readonly fromAddress: string;
  readonly fromName: string;
  /** Name for EHLO; the computer's own if it is absent. */
  readonly ehloName?: string;
  readonly connectionsMax: number;
  readonly messagesPerConnectionMax: number;
  /** In any minute; absent: no limit. */
  readonly messagesPerMinute?: number;
  /** New ones in any minute; absent: no limit. */
  readonly connectionsPerMinute?: number;
  /** Recipients of one transaction. */
  readonly recipientsMax: number;
  /** How long an unused connection stays open. */
  readonly idleMs: number;
  /** Longest wait for one answer; the answer to a whole message may take five times as long. */
  readonly timeoutMs: number;
  /** Longest time for one message as a whole, and for connecting; a big message gets more by its size. */
  readonly messageMs: number;
  readonly rejectUnauthorized: boolean;
  /** One of them must be the certificate of the server or its key; nothing else of it is checked then. */
  readonly tlsPins?: readonly TlsPin[];
  readonly dsn: boolean;
  /** Absent: nothing is signed. */
  readonly dkim?: DkimKey;
}

/** Whether the transport logs on by an access token. */
export function isByToken({ credentials }: SmtpConfig): boolean {
  return credentials !== undefined && credentials.password === undefined;
}

const CONNECTIONS_MAX = 20;
const TIMEOUT_SECONDS_MAX = 3600;
const PORT_MAX = 65_535;
const RATE_MAX = 10_000;
const RECIPIENTS_MAX = 1000;
const MESSAGE_SECONDS_MAX = 86_400;
const IDLE_MS = 10_000;

/**
 * Makes the configuration of the values of a profile section.
 *
 * @throws MAPI_E_UNCONFIGURED if host, identity or the password of a user is missing; MAPI_E_INVALID_PARAMETER for a
 *   value that cannot be used
 */
export function smtpConfigOf(values: readonly PropValue[]): SmtpConfig {
  const host = textOf(propOf(values, PR_SMTP_HOST));
  const fromAddress = textOf(propOf(values, PR_SMTP_FROM_ADDRESS));
  if (host === undefined) throw unconfigured('the name of the server (PR_SMTP_HOST)');
  if (fromAddress === undefined) throw unconfigured('the sender address (PR_SMTP_FROM_ADDRESS)');
  if (/[\s/]/u.test(host)) throw invalid(`${JSON.stringify(host)} is no name of a server`);
  if (!isMailAddress(fromAddress)) throw invalid(`${JSON.stringify(fromAddress)} is no mail address`);
  const security = textOf(propOf(values, PR_SMTP_SECURITY)) ?? 'starttls';
  if (!isSecurity(security)) throw invalid(`security is ${SECURITIES.join(', ')}; not ${JSON.stringify(security)}`);
  const credentials = credentialsOf(values);
  if (credentials !== undefined && security === 'none') assertPlainPassword(values, host);
  const ehloName = textOf(propOf(values, PR_SMTP_NAME));
  if (ehloName !== undefined && /\s/u.test(ehloName)) throw invalid('the name for EHLO has a space in it');
  return {
    host,
    port: within(propOf(values, PR_SMTP_PORT), security === 'tls' ? 465 : 587, PORT_MAX, 'port'),
    security,
    ...(credentials === undefined ? {} : { credentials }),
    fromAddress,
    fromName: textOf(propOf(values, PR_SMTP_FROM_NAME)) ?? fromAddress,
    ...(ehloName === undefined ? {} : { ehloName }),
    ...limitsOf(values),
    rejectUnauthorized: propOf(values, PR_SMTP_TLS_REJECT_UNAUTHORIZED) ?? true,
    ...pinsOf(values, security),
    dsn: propOf(values, PR_SMTP_DSN) ?? true,
    ...dkimOf(values, fromAddress),
  };
}

type Limits = Pick<
  SmtpConfig,
  | 'connectionsMax'
  | 'messagesPerConnectionMax'
  | 'messagesPerMinute'
  | 'connectionsPerMinute'
  | 'recipientsMax'
  | 'idleMs'
  | 'timeoutMs'
  | 'messageMs'
>;

function limitsOf(values: readonly PropValue[]): Limits {
  const messages = propOf(values, PR_SMTP_MESSAGES_PER_MINUTE);
  const connections = propOf(values, PR_SMTP_CONNECTIONS_PER_MINUTE);
  const perConnection = propOf(values, PR_SMTP_MESSAGES_PER_CONNECTION);
  const seconds = within(propOf(values, PR_SMTP_TIMEOUT_SECONDS), 120, TIMEOUT_SECONDS_MAX, 'time limit in seconds');
  const messageSeconds = propOf(values, PR_SMTP_MESSAGE_SECONDS);
  return {
    connectionsMax: within(propOf(values, PR_SMTP_CONNECTIONS_MAX), 2, CONNECTIONS_MAX, 'number of connections'),
    messagesPerConnectionMax: within(perConnection, 100, RATE_MAX, 'number of messages on one connection'),
    ...(messages === undefined ? {} : { messagesPerMinute: within(messages, 1, RATE_MAX, 'messages per minute') }),
    ...(connections === undefined
      ? {}
      : { connectionsPerMinute: within(connections, 1, RATE_MAX, 'connections per minute') }),
    recipientsMax: within(propOf(values, PR_SMTP_RECIPIENTS_MAX), 100, RECIPIENTS_MAX, 'number of recipients'),
    idleMs: IDLE_MS,
    timeoutMs: seconds * 1000,
    messageMs: within(messageSeconds, 1800, MESSAGE_SECONDS_MAX, 'time limit of a message in seconds') * 1000,
  };
}

/** A pin is a promise of encryption. */
function pinsOf(values: readonly PropValue[], security: SmtpSecurity): Pick<SmtpConfig, 'tlsPins'> {
  const text = textOf(propOf(values, PR_SMTP_TLS_PINS));
  if (text === undefined) return {};
  if (security !== 'tls' && security !== 'starttls') {
    throw invalid(`a pinned server needs security tls or starttls; not ${security}`);
  }
  return { tlsPins: parseTlsPins(text) };
}

function dkimOf(values: readonly PropValue[], fromAddress: string): Pick<SmtpConfig, 'dkim'> {
  const selector = textOf(propOf(values, PR_SMTP_DKIM_SELECTOR));
  const pem = textOf(propOf(values, PR_SMTP_DKIM_KEY));
  if (selector === undefined && pem === undefined) return {};
  if (selector === undefined) throw unconfigured('the selector for DKIM (PR_SMTP_DKIM_SELECTOR)');
  if (pem === undefined) throw unconfigured('the key for DKIM (PR_SMTP_DKIM_KEY)');
  const domain = textOf(propOf(values, PR_SMTP_DKIM_DOMAIN)) ?? fromAddress.slice(fromAddress.lastIndexOf('@') + 1);
  return { dkim: dkimKey(domain, selector, pem) };
}

/** @throws MAPI_E_INVALID_PARAMETER if the password would be read by others, and nobody has said that it may */
function assertPlainPassword(values: readonly PropValue[], host: string): void {
  if (isLoopback(host) || propOf(values, PR_SMTP_PLAIN_PASSWORD) === true) return;
  throw invalid(
    `with security none the password would go to ${host} unencrypted; PR_SMTP_PLAIN_PASSWORD (plainPassword) allows it`,
  );
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/iu.test(host);
}

function credentialsOf(values: readonly PropValue[]): SmtpCredentials | undefined {
  const user = textOf(propOf(values, PR_SMTP_USER));
  const command = textOf(propOf(values, PR_SMTP_TOKEN_COMMAND));
  const auth = textOf(propOf(values, PR_SMTP_AUTH)) ?? 'password';
  if (auth !== 'password' && auth !== 'oauth2') {
    throw invalid(`logging on is by password or oauth2; not ${JSON.stringify(auth)}`);
  }
  if (auth === 'oauth2') {
    if (user === undefined) throw unconfigured('the user for whom the token is (PR_SMTP_USER)');
    return { user, ...(command === undefined ? {} : { tokenCommand: parseTokenCommand(command) }) };
  }
  if (command !== undefined) throw invalid('a command for tokens (tokenCommand) needs auth oauth2');
  if (user === undefined) return undefined;
  const password = propOf(values, PR_SMTP_PASSWORD);
  if (password === undefined || password === '') throw unconfigured(`the password of ${user} (PR_SMTP_PASSWORD)`);
  return { user, password };
}

function isSecurity(text: string): text is SmtpSecurity {
  return SECURITIES.includes(text);
}

function textOf(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === '' ? undefined : text;
}

function within(value: number | undefined, fallback: number, max: number, what: string): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalid(`${what} is 1 to ${max}; not ${value}`);
}

function unconfigured(what: string): MapiError {
  return new MapiError('MAPI_E_UNCONFIGURED', `${what} is missing`);
}

function invalid(detail: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}
