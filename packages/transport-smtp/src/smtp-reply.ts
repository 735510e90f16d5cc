/** Replies of an SMTP server (RFC 5321 4.2), and what they mean for a recipient. */

export interface SmtpReply {
  /** 200 to 599; 0 for an answer that is no reply. */
  readonly code: number;
  /** Enhanced status code (RFC 3463), such as 5.1.1. */
  readonly enhanced?: string;
  /** What it says, without codes and control characters. */
  readonly text: string;
  readonly lines: readonly string[];
}

export type ReplyMeaning = 'ok' | 'later' | 'never' | 'nonsense';

const TEXT_LENGTH_MAX = 500;
const RETRY_SECONDS_MAX = 86_400;

/** Sign in first, or the password is wrong: a matter of configuration, never the message's fault. */
const AUTHENTICATION_CODES: ReadonlySet<number> = new Set([530, 534, 535, 538]);
/** Commands in the wrong order: the session is broken, another one may do. */
const BAD_SEQUENCE = 503;

export function parseReply(raw: string): SmtpReply {
  const rawLines = raw.split(/\r?\n/u);
  const lines = rawLines.map((line) => printable(line.replace(/^\d{3}(?:[ -]|$)/u, '')));
  const code = codeOfLines(rawLines);
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/u.exec(lines[0] ?? '')?.[1];
  const text = lines
    .map((line) => (enhanced !== undefined && line.startsWith(enhanced) ? line.slice(enhanced.length).trim() : line))
    .filter((line) => line !== '')
    .join(' ')
    .slice(0, TEXT_LENGTH_MAX);
  return { code, ...(enhanced === undefined ? {} : { enhanced }), text, lines };
}

/** The code that all lines share, only the last of them without a hyphen; 0 for lines that are no reply. */
function codeOfLines(lines: readonly string[]): number {
  const code = /^[2-5]\d\d/u.exec(lines[0] ?? '')?.[0];
  if (code === undefined) return 0;
  const last = lines.length - 1;
  const whole = lines.every((line, index) => {
    return line.startsWith(code) && (index === last ? line.length === 3 || line[3] === ' ' : line[3] === '-');
  });
  return whole ? Number(code) : 0;
}

/** What a reply to MAIL, RCPT, DATA or to the message itself means. */
export function meaningOf(reply: SmtpReply): ReplyMeaning {
  if (reply.code >= 200 && reply.code < 300) return 'ok';
  if (reply.code >= 400 && reply.code < 500) return 'later';
  if (reply.code < 500) return 'nonsense';
  return reply.code === BAD_SEQUENCE || isAuthenticationReply(reply) ? 'later' : 'never';
}

/**
 * Whether an answer to RCPT says no more than that the transaction is full: the others go in another one. Old servers say
 * so by 552, which is not permanent there (RFC 5321 4.5.3.1.10).
 */
export function isTooManyRecipients({ code, enhanced, text }: SmtpReply): boolean {
  if (code !== 452 && code !== 552) return false;
  return enhanced === undefined ? /too many (?:\w+ )?recipients/iu.test(text) : /^[45]\.5\.3$/u.test(enhanced);
}

/** Whether the server wants (another) user name and password. */
export function isAuthenticationReply(reply: SmtpReply): boolean {
  return AUTHENTICATION_CODES.has(reply.code);
}

/** Seconds after which the server wants to be asked again, if it says so; one day at most. */
export function retryHint(reply: SmtpReply): number | undefined {
  const match = /\b(?:retry|try\s+(?:it\s+)?again|come\s+back)(?:\s+(?:after|in))?:?\s+(\d{1,6})\s*([a-z]*)/iu.exec(
    reply.text,
  );
  if (match === null) return undefined;
  const unit = (match[2] ?? '').toLowerCase();
  const factor = unit.startsWith('h') ? 3600 : unit.startsWith('m') && !unit.startsWith('ms') ? 60 : 1;
  const seconds = Number(match[1]) * factor;
  return seconds > 0 ? Math.min(seconds, RETRY_SECONDS_MAX) : undefined;
}

/** The extensions of an EHLO reply by their keyword, each with its parameters. */
export function extensionsOf(reply: SmtpReply): ReadonlyMap<string, string> {
  const extensions = new Map<string, string>();
  for (const line of reply.lines.slice(1)) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)[ =]?(.*)$/u.exec(line);
    if (match !== null) extensions.set((match[1] ?? '').toUpperCase(), (match[2] ?? '').trim());
  }
  return extensions;
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').trim();
}
