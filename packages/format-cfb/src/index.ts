/** Compound files: storages and streams within one file. */
export { type CompoundFile, openCompoundBytes, openCompoundFile } from './compound-file.ts';
export { type CompoundOutput, type CompoundWriteOptions, writeCompoundFile } from './compound-writer.ts';
export type { CfbDiagnostic } from './diagnostic.ts';
export { compareEntryNames, entryNameKey, isEntryName } from './directory-entry.ts';
export { type CompoundStorage, type CompoundStream, streamBytes } from './directory-tree.ts';
export { isCompoundFile } from './header.ts';
export { type StorageSource, type StreamSource, streamOf } from './source-tree.ts';
