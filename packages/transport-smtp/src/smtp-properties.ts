/**
 * Properties of the profile section of the SMTP transport, in the range that belongs to providers.
 *
 * Password and key lie in the secure range, so that the profile stores them protected.
 */
import type { DisplayField, Setting } from '@nodemapi/kit';
import { PT_BOOLEAN, PT_LONG, PT_UNICODE, tag } from '@nodemapi/mapi';

/** Name or address of the submission server; required. */
export const PR_SMTP_HOST = tag(0x6601, PT_UNICODE);
/** TCP port; 465 with 'tls' and 587 otherwise if it is absent. */
export const PR_SMTP_PORT = tag(0x6602, PT_LONG);
/** 'none', 'starttls' (the default), 'tls' or 'opportunistic'. */
export const PR_SMTP_SECURITY = tag(0x6603, PT_UNICODE);
/** User name for AUTH; without one the transport does not log on to the server. */
export const PR_SMTP_USER = tag(0x6604, PT_UNICODE);
/** Password for AUTH. */
export const PR_SMTP_PASSWORD = tag(0x67f0, PT_UNICODE);
/** Address of the identity, for the envelope and PR_SENDER_EMAIL_ADDRESS; required. */
export const PR_SMTP_FROM_ADDRESS = tag(0x6605, PT_UNICODE);
/** Display name of the identity; the address if it is absent. */
export const PR_SMTP_FROM_NAME = tag(0x6606, PT_UNICODE);
/** What the transport calls itself in EHLO. */
export const PR_SMTP_NAME = tag(0x6607, PT_UNICODE);
/** Connections at a time, 1 to 20; 2 if it is absent. */
export const PR_SMTP_CONNECTIONS_MAX = tag(0x6608, PT_LONG);
/** Seconds that the server may take for one answer, 1 to 3,600; 120 if it is absent. */
export const PR_SMTP_TIMEOUT_SECONDS = tag(0x6609, PT_LONG);
/** Whether a certificate that does not verify is refused; TRUE if it is absent. */
export const PR_SMTP_TLS_REJECT_UNAUTHORIZED = tag(0x660a, PT_BOOLEAN);
/** Whether delivery reports are asked of a server that offers them (RFC 3461); TRUE if it is absent. */
export const PR_SMTP_DSN = tag(0x660b, PT_BOOLEAN);
/** Whether a password may go to a server without encryption, with PR_SMTP_SECURITY 'none'; FALSE if it is absent. */
export const PR_SMTP_PLAIN_PASSWORD = tag(0x660c, PT_BOOLEAN);
/** SHA-256 of certificates or public keys, one of which the server must have; see `parseTlsPins`. */
export const PR_SMTP_TLS_PINS = tag(0x660d, PT_UNICODE);
/** 'password' (the default) or 'oauth2': by what the transport logs on as PR_SMTP_USER. */
export const PR_SMTP_AUTH = tag(0x660e, PT_UNICODE);
/** Messages in any minute, 1 to 10,000; without a limit if it is absent. */
export const PR_SMTP_MESSAGES_PER_MINUTE = tag(0x660f, PT_LONG);
/** New connections in any minute, 1 to 10,000; without a limit if it is absent. */
export const PR_SMTP_CONNECTIONS_PER_MINUTE = tag(0x6610, PT_LONG);
/** Messages after which a connection is made anew, 1 to 10,000; 100 if it is absent. */
export const PR_SMTP_MESSAGES_PER_CONNECTION = tag(0x6611, PT_LONG);
/** Recipients of one transaction, 1 to 1,000; 100 if it is absent. */
export const PR_SMTP_RECIPIENTS_MAX = tag(0x6612, PT_LONG);
/** Seconds that one message may take, and a second more for each 8 KiB of it, 1 to 86,400; 1,800 if it is absent. */
export const PR_SMTP_MESSAGE_SECONDS = tag(0x6613, PT_LONG);
/** Domain of the DKIM signature; that of PR_SMTP_FROM_ADDRESS if it is absent. */
export const PR_SMTP_DKIM_DOMAIN = tag(0x6614, PT_UNICODE);
/** Selector of the DKIM signature; without it and PR_SMTP_DKIM_KEY nothing is signed. */
export const PR_SMTP_DKIM_SELECTOR = tag(0x6615, PT_UNICODE);
/** Command that prints an OAuth2 token, for programs that run it; see `parseTokenCommand`. */
export const PR_SMTP_TOKEN_COMMAND = tag(0x6616, PT_UNICODE);
/** Private RSA key of the DKIM signature, in PEM. */
export const PR_SMTP_DKIM_KEY = tag(0x67f1, PT_UNICODE);

/** Everything that the transport reads from its section. */
export const SMTP_SECTION_TAGS = [
  PR_SMTP_HOST,
  PR_SMTP_PORT,
  PR_SMTP_SECURITY,
  PR_SMTP_USER,
  PR_SMTP_PASSWORD,
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_FROM_NAME,
  PR_SMTP_NAME,
  PR_SMTP_CONNECTIONS_MAX,
  PR_SMTP_TIMEOUT_SECONDS,
  PR_SMTP_TLS_REJECT_UNAUTHORIZED,
  PR_SMTP_DSN,
  PR_SMTP_PLAIN_PASSWORD,
  PR_SMTP_TLS_PINS,
  PR_SMTP_AUTH,
  PR_SMTP_MESSAGES_PER_MINUTE,
  PR_SMTP_CONNECTIONS_PER_MINUTE,
  PR_SMTP_MESSAGES_PER_CONNECTION,
  PR_SMTP_RECIPIENTS_MAX,
  PR_SMTP_MESSAGE_SECONDS,
  PR_SMTP_DKIM_DOMAIN,
  PR_SMTP_DKIM_SELECTOR,
  PR_SMTP_DKIM_KEY,
  PR_SMTP_TOKEN_COMMAND,
] as const;

/** The settings as the dialog shows them. */
export const SMTP_SETTINGS: readonly DisplayField[] = [
  { label: 'Server', tag: PR_SMTP_HOST, required: true },
  { label: 'Port', tag: PR_SMTP_PORT },
  { label: 'Security (none, starttls, tls, opportunistic)', tag: PR_SMTP_SECURITY },
  { label: 'User', tag: PR_SMTP_USER },
  { label: 'Password', tag: PR_SMTP_PASSWORD, secret: true },
  { label: 'Sender address', tag: PR_SMTP_FROM_ADDRESS, required: true },
  { label: 'Sender name', tag: PR_SMTP_FROM_NAME },
  { label: 'Name for EHLO', tag: PR_SMTP_NAME },
  { label: 'Connections', tag: PR_SMTP_CONNECTIONS_MAX },
  { label: 'Seconds to wait for an answer', tag: PR_SMTP_TIMEOUT_SECONDS },
  { label: 'Check the certificate', tag: PR_SMTP_TLS_REJECT_UNAUTHORIZED },
  { label: 'Certificates or keys of the server (sha256:…)', tag: PR_SMTP_TLS_PINS },
  { label: 'Log on by (password, oauth2)', tag: PR_SMTP_AUTH },
  { label: 'Command that prints an OAuth2 token', tag: PR_SMTP_TOKEN_COMMAND },
  { label: 'Send a password without encryption', tag: PR_SMTP_PLAIN_PASSWORD },
  { label: 'Messages per minute', tag: PR_SMTP_MESSAGES_PER_MINUTE },
  { label: 'New connections per minute', tag: PR_SMTP_CONNECTIONS_PER_MINUTE },
  { label: 'Messages per connection', tag: PR_SMTP_MESSAGES_PER_CONNECTION },
  { label: 'Recipients at a time', tag: PR_SMTP_RECIPIENTS_MAX },
  { label: 'Seconds for one message', tag: PR_SMTP_MESSAGE_SECONDS },
  { label: 'Ask for delivery reports', tag: PR_SMTP_DSN },
  { label: 'DKIM domain', tag: PR_SMTP_DKIM_DOMAIN },
  { label: 'DKIM selector', tag: PR_SMTP_DKIM_SELECTOR },
  { label: 'DKIM key', tag: PR_SMTP_DKIM_KEY, secret: true },
];

/** What a user is asked for. */
export const SMTP_QUESTIONS: readonly Setting[] = [
  { tag: PR_SMTP_HOST, question: 'Mail server' },
  { tag: PR_SMTP_FROM_ADDRESS, question: 'Your address' },
  { tag: PR_SMTP_USER, question: 'User name (empty: the server asks for none)' },
  { tag: PR_SMTP_PASSWORD, question: 'Password', secret: true, after: PR_SMTP_USER },
];
