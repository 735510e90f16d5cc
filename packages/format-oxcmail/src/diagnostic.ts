/** What was wrong with a message, or could not be kept, though it was converted; in either direction. */
import type { MimeDiagnostic } from '@nodemapi/format-mime';

/** One thing that could not be understood of a mail, or not written. */
export interface OxcmailDiagnostic {
  readonly code:
    | MimeDiagnostic['code']
    /** Of writing: the file, message or link is not in the mail. */
    | 'attachmentLeftOut'
    | 'badUuencode'
    /** Of writing: no header names the recipient, whom nobody else was to see. */
    | 'blindRecipientLeftOut'
    | 'calendarInPart'
    /** Of writing: the vCard does not say all of the contact. */
    | 'contactInPart'
    /** Of writing: the body is RTF that cannot be read. */
    | 'damagedRtf'
    /** Of writing: of a body that was always RTF the text alone is in the mail. */
    | 'formattingLeftOut'
    /** Of writing: the message keeps a header that is not in the mail. */
    | 'headerLeftOut'
    /** Of reading: a shortcut has no place for all that is said of a file elsewhere. */
    | 'externalBody'
    /** Of writing: an OLE object is in the mail as the file that holds it. */
    | 'objectAsFile'
    /** Of writing: mail has no place for the property; its tag as 0xIIIITTTT, or its name as {guid}:name. */
    | 'propertyLeftOut'
    | 'propertyNotSet'
    /** Of writing: no header names the recipient. */
    | 'recipientLeftOut'
    | 'embeddedTooDeep'
    | 'damagedTnef'
    | 'damagedVCard'
    | 'unreadableTnef'
    | 'foreignTnef';
  readonly detail: string;
  /**
   * Of reading: `MimePart.path` within its own message; parts of embedded messages come after the path of theirs and a
   * slash. Of writing: numbers of attachments, from the message down, with slashes between; '' is the message itself.
   */
  readonly path: string;
  /** Set where the code alone does not tell that something of the content is missing. */
  readonly loss?: true;
}

/** Codes of what is missing; every other kind of damage keeps the bytes as they are, or a guess of their meaning. */
const LOSSES: ReadonlySet<OxcmailDiagnostic['code']> = new Set([
  'attachmentLeftOut',
  'badBase64',
  'badUuencode',
  'blindRecipientLeftOut',
  'damagedRtf',
  'headerTooLong',
  'propertyNotSet',
  'recipientLeftOut',
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

/** Takes what is found while a message is written. */
export type Tell = (found: OxcmailDiagnostic) => void;
/** The same for who knows of one message only. */
export type TellOfMessage = (code: OxcmailDiagnostic['code'], detail: string, more?: { readonly loss?: true }) => void;
