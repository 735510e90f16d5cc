/** TNEF: messages in a file, with all of their properties. */
export { attachmentProps } from './attachment-props.ts';
export { type CollectOptions, collectMessage } from './collect-message.ts';
export { isTnefLoss, type TnefDiagnostic } from './diagnostic.ts';
export { type FillOptions, fillFromTnef } from './fill-message.ts';
export { type OpenTnefOptions, openTnefStream, openTnefStreamEx } from './open-tnef-stream.ts';
export { tnefSource } from './source-message.ts';
export { attributeName, TNEF_SIGNATURE } from './tnef-attributes.ts';
export * from './tnef-message.ts';
export { getTnefStreamCodepage, readTnef, type TnefReadOptions } from './tnef-reader.ts';
export { type TnefWriteOptions, writeTnef } from './tnef-writer.ts';
