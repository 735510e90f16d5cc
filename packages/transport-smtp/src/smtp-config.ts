/** The configuration of the SMTP transport: read from its profile section and checked as a whole. */
import { MapiError, type PropValue, propOf } from '@nodemapi/mapi';
import { isMailAddress } from './mail-address.ts';
import {
  PR_SMTP_CONNECTIONS_MAX,
  PR_SMTP_DSN,
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_FROM_NAME,
  PR_SMTP_HOST,
  PR_SMTP_NAME,
  PR_SMTP_PASSWORD,
  PR_SMTP_PORT,
  PR_SMTP_SECURITY,
  PR_SMTP_TIMEOUT_SECONDS,
  PR_SMTP_TLS_REJECT_UNAUTHORIZED,
  PR_SMTP_USER,
} from './smtp-properties.ts';

/**
 * 'none': never encrypted. 'starttls': encrypted by STARTTLS or not at all. 'tls': encrypted from the start.
 * 'opportunistic': encrypted where the server can; the password is not sent where it cannot.
 */
export type SmtpSecurity = 'none' | 'starttls' | 'tls' | 'opportunistic';

const SECURITIES: readonly string[] = ['none', 'starttls', 'tls', 'opportunistic'];

export interface SmtpConfig {
  readonly host: string;
  readonly port: number;
  readonly security: SmtpSecurity;
  /** Absent: no AUTH. */
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly fromAddress: string;
  readonly fromName: string;
  /** Name for EHLO; the computer's own if it is absent. */
  readonly ehloName?: string;
  readonly connectionsMax: number;
  readonly messagesPerConnectionMax: number;
  /** How long an unused connection stays open. */
  readonly idleMs: number;
  /** Longest wait for one answer; the answer to a whole message may take five times as long. */
  readonly timeoutMs: number;
  readonly rejectUnauthorized: boolean;
  readonly dsn: boolean;
}

const CONNECTIONS_MAX = 20;
const TIMEOUT_SECONDS_MAX = 3600;
const PORT_MAX = 65_535;
const MESSAGES_PER_CONNECTION_MAX = 100;
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
  const ehloName = textOf(propOf(values, PR_SMTP_NAME));
  if (ehloName !== undefined && /\s/u.test(ehloName)) throw invalid('the name for EHLO has a space in it');
  const seconds = within(propOf(values, PR_SMTP_TIMEOUT_SECONDS), 120, TIMEOUT_SECONDS_MAX, 'time limit in seconds');
  return {
    host,
    port: within(propOf(values, PR_SMTP_PORT), security === 'tls' ? 465 : 587, PORT_MAX, 'port'),
    security,
    ...(credentials === undefined ? {} : { credentials }),
    fromAddress,
    fromName: textOf(propOf(values, PR_SMTP_FROM_NAME)) ?? fromAddress,
    ...(ehloName === undefined ? {} : { ehloName }),
    connectionsMax: within(propOf(values, PR_SMTP_CONNECTIONS_MAX), 2, CONNECTIONS_MAX, 'number of connections'),
    messagesPerConnectionMax: MESSAGES_PER_CONNECTION_MAX,
    idleMs: IDLE_MS,
    timeoutMs: seconds * 1000,
    rejectUnauthorized: propOf(values, PR_SMTP_TLS_REJECT_UNAUTHORIZED) ?? true,
    dsn: propOf(values, PR_SMTP_DSN) ?? true,
  };
}

function credentialsOf(values: readonly PropValue[]): SmtpConfig['credentials'] {
  const user = textOf(propOf(values, PR_SMTP_USER));
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
