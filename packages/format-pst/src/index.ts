/** PST and OST files. */
export type { PstEncoding } from './crypt.ts';
export type { PstDiagnostic, PstProblem } from './diagnostic.ts';
export type { RandomWrite } from './file-writer.ts';
export type { PstKind } from './header.ts';
export type { PstVersion } from './layout.ts';
export { NodeSet } from './node-set.ts';
export { checkPst, type PstCheckResult } from './pst-check.ts';
export * from './pst-file.ts';
export { type ContentsKind, type ContentsRow, PstFolder } from './pst-folder.ts';
export { PstAttachment, PstMessage } from './pst-message.ts';
export { PstObject } from './pst-object.ts';
export { type FolderToWrite, FolderWriter, PstWriter, type PstWriterOptions } from './pst-writer.ts';
export type { PstSearchCriteria } from './search-criteria.ts';
export { joinSubject, type SubjectParts, splitSubject } from './subject.ts';
export type { AttachmentToWrite, LostInWriting, MessageToWrite, ObjectToWrite, StreamToWrite } from './to-write.ts';
