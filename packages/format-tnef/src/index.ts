/** TNEF: messages in a file, with all of their properties. */
export { attachmentProps } from './attachment-props.ts';
export type { TnefDiagnostic } from './diagnostic.ts';
export { attributeName, TNEF_SIGNATURE } from './tnef-attributes.ts';
export * from './tnef-message.ts';
export { getTnefStreamCodepage, readTnef, TNEF_NESTING_DEPTH_MAX, type TnefReadOptions } from './tnef-reader.ts';
export { type TnefWriteOptions, writeTnef } from './tnef-writer.ts';
