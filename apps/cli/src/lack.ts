/** What a mail lacks that is no loss of content, by a name that many messages share. */
import type { ExportDiagnostic } from 'nodemapi';

/** Names of what is the same for every message it happens to. */
const NAMES: Readonly<Partial<Record<ExportDiagnostic['code'], string>>> = {
  formattingLeftOut: 'formatting of RTF',
  objectAsFile: 'OLE objects, which are files in it',
};

/** What is missing of the content, and where if it is not the message itself. */
export function lossOf({ code, detail, path }: ExportDiagnostic): string {
  const isRecipient = code === 'recipientLeftOut' || code === 'blindRecipientLeftOut';
  const where = isRecipient && path !== '' ? ' of an attached message' : '';
  return `${detail}${where} (${code})`;
}

/** One name per kind of thing, so that it can be counted. */
export function lackOf({ code, detail }: ExportDiagnostic): string {
  if (code === 'headerLeftOut') return `the header ${detail}`;
  return NAMES[code] ?? detail;
}
