/** Why a session with a server failed, and whose fault that is. */
import type { MapiErrorCode } from '@nodemapi/mapi';
import { isAuthenticationReply, type SmtpReply } from './smtp-reply.ts';
import type { Transcript } from './transcript.ts';

/** Why a connection could not be made or was lost. MAPI_E_LOGON_FAILED: the configuration is to blame. */
export interface SessionFailure {
  readonly code: Extract<
    MapiErrorCode,
    'MAPI_E_NETWORK_ERROR' | 'MAPI_E_TIMEOUT' | 'MAPI_E_LOGON_FAILED' | 'MAPI_E_CANCEL'
  >;
  readonly text: string;
  readonly reply?: SmtpReply;
  /** The server has refused user name and password, or the token. */
  readonly credentialsRefused?: true;
  /** When it may be worth another try. */
  readonly retryAfterSeconds?: number;
}

const TEXT_LENGTH_MAX = 500;
const CLOSED = 'the server closed the connection';

/** What an error of the protocol library means, told by what the server has said. */
export function failureOf(error: unknown, transcript: Transcript): SessionFailure {
  const text = error instanceof Error ? error.message.slice(0, TEXT_LENGTH_MAX) : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reply = transcript.closing ?? replyBefore(transcript, code);
  if (reply !== undefined && (code === 'EAUTH' ? reply.code >= 500 : isAuthenticationReply(reply))) {
    const refusal = withReply('the server refuses the user name or password', reply);
    const credentialsRefused = code === 'EAUTH' ? { credentialsRefused: true as const } : {};
    return { code: 'MAPI_E_LOGON_FAILED', text: refusal, reply, ...credentialsRefused };
  }
  if (reply !== undefined && reply === transcript.closing) return closedFailure(transcript);
  if (reply !== undefined && reply === transcript.greeting)
    return { code: 'MAPI_E_NETWORK_ERROR', text: withReply('the server refuses the connection', reply), reply };
  if (reply !== undefined && code === 'EAUTH')
    return { code: 'MAPI_E_NETWORK_ERROR', text: withReply('the server does not let us log on now', reply), reply };
  const mapiCode = code === 'ETIMEDOUT' ? 'MAPI_E_TIMEOUT' : 'MAPI_E_NETWORK_ERROR';
  return { code: mapiCode, text: inWords(text.replaceAll(/\p{Cc}/gu, ' ')), ...(reply === undefined ? {} : { reply }) };
}

/** What a reply without words says is what we know without it. */
function withReply(what: string, { text }: SmtpReply): string {
  return text.trim() === '' ? what : `${what}: ${text}`;
}

/** What the system says, for people who have never seen its codes. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bECONNREFUSED\b/u, 'no mail server answers there'],
  [/\b(?:ECONNRESET|EPIPE|ECONNABORTED)\b/u, 'the connection broke'],
  [/\b(?:ENOTFOUND|EAI_AGAIN)\b/u, 'the name of the server was not found'],
  [/\b(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)\b/u, 'the network does not reach the server'],
  [/\bETIMEDOUT\b/u, 'the server did not answer in time'],
  [/exceeds maximum allowed size/u, 'the server says more than an answer may have'],
  [/Error upgrading connection with STARTTLS/u, 'the server offers encryption and refuses it'],
];

/** `<thread>:error:<number>:<library>:<function>:<reason>:<file>:<line>:` */
const OPENSSL = /:error:[0-9A-F]{1,8}:[^:]*:[^:]*:([^:]+):/u;

function inWords(text: string): string {
  const reason = OPENSSL.exec(text)?.[1];
  if (reason !== undefined) return `no encryption can be agreed on with the server: ${reason}`;
  if (text === 'Connection closed unexpectedly' || text === 'Connection closed') return CLOSED;
  const words = WORDS.find(([code]) => code.test(text))?.[1];
  return words === undefined ? text : `${words} (${text})`;
}

/** The server has closed the connection. */
export function closedFailure(transcript: Transcript): SessionFailure {
  const reply = transcript.closing;
  if (reply !== undefined) return { code: 'MAPI_E_NETWORK_ERROR', text: withReply('the server closes', reply), reply };
  return { code: 'MAPI_E_NETWORK_ERROR', text: CLOSED };
}

/** What only a change of the configuration can help. */
export function configurationFailure(text: string): SessionFailure {
  return { code: 'MAPI_E_LOGON_FAILED', text };
}

/** Somebody wants no more of it. */
export const cancelledFailure: SessionFailure = {
  code: 'MAPI_E_CANCEL',
  text: 'the attempt was stopped: its session ended, or somebody cancelled it',
};

/** There are answers to nothing: from here on nobody knows what belongs to what. */
export const unaskedFailure: SessionFailure = {
  code: 'MAPI_E_NETWORK_ERROR',
  text: 'the server gives answers that nobody has asked for',
};

/** The reply that ended a session before its first message. */
function replyBefore(transcript: Transcript, code: unknown): SmtpReply | undefined {
  if (code === 'EAUTH') return transcript.authentication;
  const { greeting } = transcript;
  return greeting !== undefined && greeting.code !== 220 && greeting.code !== 0 ? greeting : undefined;
}
