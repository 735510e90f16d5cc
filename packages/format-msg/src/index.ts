/** Messages in .msg files. */
export type { MsgDiagnostic } from './diagnostic.ts';
export type { MsgAttachment, MsgMessage, MsgObject, MsgProp } from './msg-object.ts';
export { type MsgFile, nestingDepthMax, openMsg } from './msg-reader.ts';
export { type MsgOutput, type MsgWriteOptions, messageToMsg } from './msg-writer.ts';
export type { NamedId } from './names.ts';
export type { MsgWriteProblem } from './object-source.ts';
