/** A personal address book in one SQLite file: mail users and personal distribution lists. */
export { ABProviderInit } from './ab-provider.ts';
export { PERSONAL_ADDRESS_BOOK_UID } from './book-entry-id.ts';
export { PR_BOOK_PATH } from './book-path.ts';
export { check, type Finding } from './check.ts';
export { ProviderCheck } from './provider-check.ts';
export { ServiceEntry } from './service-entry.ts';
