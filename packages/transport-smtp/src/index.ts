/** SMTP transport: sends mail through a submission server. */
export { ServiceEntry } from './service-entry.ts';
export * from './smtp-properties.ts';
export { XPProviderInit } from './smtp-xp-provider.ts';
