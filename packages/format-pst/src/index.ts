/** PST and OST files. */
export type { PstEncoding } from './crypt.ts';
export type { PstDiagnostic, PstProblem } from './diagnostic.ts';
export type { PstKind } from './header.ts';
export type { PstVersion } from './layout.ts';
export { NodeSet } from './node-set.ts';
export * from './pst-file.ts';
export { type ContentsKind, type ContentsRow, PstFolder } from './pst-folder.ts';
export { PstAttachment, PstMessage } from './pst-message.ts';
export { joinSubject, type SubjectParts, splitSubject } from './subject.ts';
