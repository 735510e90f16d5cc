/** PST and OST files as message stores, for reading. */
export { messageSource } from './message-source.ts';
export { MSProviderInit } from './ms-provider.ts';
export { openPstStore } from './msg-store.ts';
export { ProviderCheck } from './provider-check.ts';
export { PstHome } from './pst-home.ts';
export { ServiceEntry } from './service-entry.ts';
