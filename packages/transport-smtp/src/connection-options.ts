/** How the protocol library is set up, and the two places where we look behind its types. */
import type { Log } from '@nodemapi/base';
import { assert } from '@nodemapi/base';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { TOKEN_HANDLERS } from './oauth2-login.ts';
import { isByToken, type SmtpConfig } from './smtp-config.ts';
import type { Transcript } from './transcript.ts';

const REPLY_BYTES_MAX = 65_536;

/**
 * Our own limits come first; those of the library are a backstop, and far away: a process that stood still reads what has come
 * meanwhile before it judges, and the library would not.
 */
const BACKSTOP_MS = 86_400_000;

/** A connection that is not made yet; what is said on it goes to the transcript. */
export function newConnection(config: SmtpConfig, transcript: () => Transcript, log: Log): SMTPConnection {
  const connection: SMTPConnection = new SMTPConnection({
    host: config.host,
    port: config.port,
    secure: config.security === 'tls',
    ignoreTLS: config.security === 'none',
    requireTLS: config.security === 'starttls',
    opportunisticTLS: config.security === 'opportunistic',
    ...(config.ehloName === undefined ? {} : { name: config.ehloName }),
    connectionTimeout: BACKSTOP_MS,
    greetingTimeout: BACKSTOP_MS,
    socketTimeout: BACKSTOP_MS,
    dnsTimeout: config.timeoutMs,
    socketCloseTimeout: 0, // nothing that still waits in a buffer may leave after we gave up
    maxResponseSize: REPLY_BYTES_MAX,
    logger: transcriptLogger(transcript, () => connection, log),
    transactionLog: true,
    // A pin stands in place of the chain and the name.
    tls: { rejectUnauthorized: config.rejectUnauthorized && config.tlsPins === undefined },
    ...(isByToken(config) ? { customAuth: TOKEN_HANDLERS } : {}),
  });
  return connection;
}

/**
 * What has come of the server and the library has not worked through. Its types do not show that; without it, an answer
 * that was sent before its question passes for the answer to it.
 */
export function unreadAnswers(connection: SMTPConnection): string {
  const queue: unknown = Reflect.get(connection, '_responseQueue');
  const remainder: unknown = Reflect.get(connection, '_remainder');
  assert(Array.isArray(queue) && typeof remainder === 'string', 'nodemailer keeps its answers elsewhere now');
  return queue.length === 0 ? remainder : `${queue.join('\n')}\n${remainder}`;
}

/**
 * Whether the library gives as an answer what it had of one when the connection was lost in the middle of its line: that
 * may be half a code.
 */
export function isCutOff(connection: SMTPConnection, answer: string): boolean {
  const socket = connection._socket;
  if (!socket || socket.destroyed === false) return false;
  const rest = unreadAnswers(connection).trim();
  return rest === answer || Buffer.from(rest, 'latin1').toString('utf8') === answer;
}

/** The log of the protocol library is where commands and replies are seen; secrets are masked before they get here. */
function transcriptLogger(
  transcript: () => Transcript,
  connection: () => SMTPConnection,
  log: Log,
): Record<LogLevel, (...args: unknown[]) => void> {
  const ignored = (): void => {};
  return {
    debug: (entry: unknown, text: unknown) => {
      const side = sideOf(entry);
      if (side === undefined || typeof text !== 'string') return;
      if (side === 'client') transcript().client(text);
      else transcript().server(isCutOff(connection(), text) ? '' : text);
      log.trace(`smtp ${side}`, { text });
    },
    trace: ignored,
    info: ignored,
    warn: ignored,
    error: ignored,
    fatal: ignored,
  };
}

type LogLevel = 'debug' | 'trace' | 'info' | 'warn' | 'error' | 'fatal';

function sideOf(entry: unknown): 'client' | 'server' | undefined {
  const side: unknown = typeof entry === 'object' && entry !== null && 'tnx' in entry ? entry.tnx : undefined;
  return side === 'client' || side === 'server' ? side : undefined;
}
