/** What was wrong with a message, or could not be kept, though it was converted. */
import type { MimeDiagnostic } from '@nodemapi/format-mime';

export interface OxcmailDiagnostic {
  readonly code:
    | MimeDiagnostic['code']
    | 'badUuencode'
    | 'calendarInPart'
    | 'propertyNotSet'
    | 'embeddedTooDeep'
    | 'damagedTnef'
    | 'damagedVCard'
    | 'unreadableTnef'
    | 'foreignTnef';
  readonly detail: string;
  /** `MimePart.path` within its own message; parts of embedded messages come after the path of theirs and a slash. */
  readonly path: string;
  /** Set where the code alone does not tell that something of the content is missing. */
  readonly loss?: true;
}

/** Codes of what is missing; every other kind of damage keeps the bytes as they are, or a guess of their meaning. */
const LOSSES: ReadonlySet<OxcmailDiagnostic['code']> = new Set([
  'badBase64',
  'badUuencode',
  'headerTooLong',
  'propertyNotSet',
  'tooManyParts',
]);
/** Codes of what was not read and is there all the same, as the attachment that it came as. */
const UNREAD: ReadonlySet<OxcmailDiagnostic['code']> = new Set(['unreadableTnef', 'foreignTnef']);

/** Whether something of the content is missing, or was kept without being read. */
export function isMimeLoss(found: OxcmailDiagnostic): boolean {
  return isMimeCut(found) || UNREAD.has(found.code);
}

/** Whether something of the content is missing, so that the message written again would lack it. */
export function isMimeCut({ code, loss }: OxcmailDiagnostic): boolean {
  return loss === true || LOSSES.has(code);
}
