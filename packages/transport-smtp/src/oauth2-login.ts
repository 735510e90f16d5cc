/**
 * Logging on with an OAuth2 access token: OAUTHBEARER (RFC 7628) where the server offers it, else XOAUTH2, which is
 * older and in wide use.
 */
import type { SMTPConnectionCustomAuthContext, SMTPConnectionCustomAuthHandlers } from 'nodemailer/lib/smtp-connection';

const MECHANISMS = ['OAUTHBEARER', 'XOAUTH2'] as const;
export type TokenMechanism = (typeof MECHANISMS)[number];

export interface TokenLogin {
  readonly mechanism: TokenMechanism;
  readonly user: string;
  readonly token: string;
  readonly host: string;
  readonly port: number;
}

/** The mechanism for tokens among those of the AUTH line of EHLO; undefined if there is none. */
export function tokenMechanism(authLine: string): TokenMechanism | undefined {
  const offered = authLine.toUpperCase().split(/\s+/u);
  return MECHANISMS.find((mechanism) => offered.includes(mechanism));
}

/** What the client says first, in Base64. */
export function initialResponse({ mechanism, user, token, host, port }: TokenLogin): string {
  const bearer = `auth=Bearer ${token}\x01\x01`;
  const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const text =
    mechanism === 'XOAUTH2' ? `user=${user}\x01${bearer}` : `n,a=${name},\x01host=${host}\x01port=${port}\x01${bearer}`;
  return Buffer.from(text, 'utf8').toString('base64');
}

/** What ends the dialogue after the server's 334, in which it says what is wrong with the token. */
const LAST_RESPONSE: Readonly<Record<TokenMechanism, string>> = { OAUTHBEARER: 'AQ==', XOAUTH2: '' };

/** By this name the protocol library finds our handler; by those of the mechanisms it would choose for itself. */
export const TOKEN_METHOD = 'TOKEN';

/** What the protocol library says and hears; the login is given to its `login` as `tokenLogin`. */
export const TOKEN_HANDLERS: SMTPConnectionCustomAuthHandlers = { [TOKEN_METHOD]: say };

async function say({ auth, sendCommand }: SMTPConnectionCustomAuthContext): Promise<void> {
  const login: TokenLogin = auth.tokenLogin; // what `login` was called with, whole
  const first = await sendCommand(`AUTH ${login.mechanism} ${initialResponse(login)}`);
  const last = first.status === 334 ? await sendCommand(LAST_RESPONSE[login.mechanism]) : first;
  if (last.status !== 235) throw new Error('the server refuses the token');
}
