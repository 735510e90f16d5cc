/** The identity of the logon: who sends and who receives. */
import type { Identity } from '@nodemapi/kit';
import type { LocalConfig } from './local-config.ts';

/** The first address of the logon. What looks like an Internet address is one; any other is known in this home alone. */
export function identityOf({ addresses: [address], displayName }: LocalConfig): Identity {
  return { displayName, addrType: /^[^@]+@[^@]+$/u.test(address) ? 'SMTP' : 'LOCAL', emailAddress: address };
}
