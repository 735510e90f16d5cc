/** The identity of the logon: who sends. */
import type { Identity } from '@nodemapi/kit';
import type { SmtpConfig } from './smtp-config.ts';

export const SMTP_ADDRTYPE = 'SMTP';

export function identityOf({ fromName, fromAddress }: SmtpConfig): Identity {
  return { displayName: fromName, addrType: SMTP_ADDRTYPE, emailAddress: fromAddress };
}
