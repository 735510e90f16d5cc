/** What a mail lacks of its message, for people. */
import { isMimeLoss, type OxcmailDiagnostic } from '@nodemapi/format-oxcmail';
import { tagFromNumber } from '@nodemapi/mapi';
import { tagName } from './prop-names.ts';

/** One thing that a mail lacks of the message that it was written from. */
export interface ExportDiagnostic {
  readonly code: OxcmailDiagnostic['code'];
  /** What is meant, for a person; of a property its name. */
  readonly detail: string;
  /** Numbers of attachments with slashes between, from the message down; '' for the message itself. */
  readonly path: string;
  /** Whether something of the content is missing. */
  readonly loss: boolean;
}

/** The same with the names of properties that people know. */
export function exportDiagnostic(found: OxcmailDiagnostic): ExportDiagnostic {
  const { code, detail, path } = found;
  return { code, detail: namedDetail(detail), path, loss: isMimeLoss(found) };
}

/** A text that begins with the tag of a property, with its name. */
export function namedDetail(detail: string): string {
  return detail.replace(/^0x[0-9a-f]{8}(?![0-9a-f])/, (hex) => tagName(tagFromNumber(Number(hex))));
}
