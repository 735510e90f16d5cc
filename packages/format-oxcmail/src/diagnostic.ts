/** What was wrong with a message, or could not be kept, though it was converted. */
import type { MimeDiagnostic } from '@nodemapi/format-mime';

export interface OxcmailDiagnostic {
  readonly code: MimeDiagnostic['code'] | 'propertyNotSet' | 'embeddedTooDeep' | 'damagedTnef' | 'foreignTnef';
  readonly detail: string;
  /** `MimePart.path` within its own message; parts of embedded messages come after the path of theirs and a slash. */
  readonly path: string;
}
