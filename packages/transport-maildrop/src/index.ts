/** Receives mail that others put into a maildir or an mbox file. */
export * from './maildrop-properties.ts';
export { XPProviderInit } from './maildrop-xp-provider.ts';
export { ServiceEntry } from './service-entry.ts';
