/**
 * Reasons and diagnoses of non-delivery reports, from what mail systems answer.
 *
 * spec: pidtagnondeliveryreportdiagcode-canonical-property, pidtagnondeliveryreportreasoncode-canonical-property; RFC 3463
 */
import type { RecipientOutcome } from './xp-provider.ts';

/** PR_NDR_REASON_CODE */
export const REASON_TRANSFER_FAILED = 0;
export const REASON_TRANSFER_IMPOSSIBLE = 1;

/** PR_NDR_DIAG_CODE: from -1 to 47. */
export const DIAG_NO_DIAGNOSTIC = -1;
export const DIAG_OR_NAME_UNRECOGNIZED = 0;
export const DIAG_LOOP_DETECTED = 3;
export const DIAG_RECIPIENT_UNAVAILABLE = 4;
export const DIAG_MAXIMUM_TIME_EXPIRED = 5;
export const DIAG_CONTENT_TOO_LONG = 7;
export const DIAG_PROHIBITED = 32;

/** What a non-delivery report says of a recipient in numbers. */
export interface NdrCodes {
  readonly reason: number;
  readonly diagnostic: number;
  /** PR_NDR_STATUS_CODE: the digits of the enhanced status, 511 for 5.1.1. */
  readonly status: number | undefined;
}

/** By the subject and detail of an enhanced status; the first that fits. */
const DIAGNOSES: readonly (readonly [RegExp, number])[] = [
  [/^[245]\.1\.[1236]$/u, DIAG_OR_NAME_UNRECOGNIZED],
  [/^[245]\.1\.10$/u, DIAG_OR_NAME_UNRECOGNIZED],
  [/^[245]\.2\.[12]$/u, DIAG_RECIPIENT_UNAVAILABLE],
  [/^[245]\.(?:2\.3|3\.4)$/u, DIAG_CONTENT_TOO_LONG],
  [/^[245]\.4\.6$/u, DIAG_LOOP_DETECTED],
  [/^[245]\.4\.7$/u, DIAG_MAXIMUM_TIME_EXPIRED],
  [/^[245]\.7\.\d+$/u, DIAG_PROHIBITED],
];

/** The codes for what a mail system has answered: those of X.400 that fit best. */
export function ndrCodes(outcome: Pick<RecipientOutcome, 'enhancedStatus' | 'smtpCode'>): NdrCodes {
  const enhanced = outcome.enhancedStatus ?? '';
  const known = DIAGNOSES.find(([pattern]) => pattern.test(enhanced));
  const digits = enhanced.replaceAll('.', '');
  const status = /^\d{3,5}$/u.test(digits) ? Number(digits) : outcome.smtpCode;
  return { reason: REASON_TRANSFER_FAILED, diagnostic: known?.[1] ?? DIAG_NO_DIAGNOSTIC, status };
}

/** No transport takes the recipient. */
export const NO_TRANSPORT: NdrCodes = {
  reason: REASON_TRANSFER_IMPOSSIBLE,
  diagnostic: DIAG_OR_NAME_UNRECOGNIZED,
  status: undefined,
};
/** The recipient was deferred for too long; 4.4.7 of RFC 3463. */
export const EXPIRED: NdrCodes = { reason: REASON_TRANSFER_FAILED, diagnostic: DIAG_MAXIMUM_TIME_EXPIRED, status: 447 };
