/** PST and OST files as message stores. */
export { messageSource } from './message-source.ts';
