/** Local transport: delivers between the mailboxes of one MAPI home. */
export * from './local-properties.ts';
export { XPProviderInit } from './local-xp-provider.ts';
export { defaultAddress, deliverToMailbox, type MailboxMail } from './mailbox.ts';
export { ServiceEntry } from './service-entry.ts';
