/** vCards: reading, writing, and as contacts. */
export {
  CONTACT_CLASS,
  isContactClass,
  isPlainContact,
  type MapiToVCardOptions,
  mapiToVCard,
  vCardToMapi,
} from './contact-message.ts';
export type { ContactProblem } from './contact-problem.ts';
export { CARD_BYTES_MAX, CARD_PHYSICAL_LINES_MAX, type FoundCard, isVCard, splitVCards } from './vcard-split.ts';
