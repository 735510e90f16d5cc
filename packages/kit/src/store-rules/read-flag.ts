/** What setting or clearing the read flag does. spec: imessage-setreadflag */
import {
  MapiError,
  MSGFLAG_ASSOCIATED,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_READ,
  MSGFLAG_RN_PENDING,
  MSGFLAG_SUBMIT,
  type ReadFlagOptions,
} from '@nodemapi/mapi';

export interface ReadFlagDecision {
  /** PR_MESSAGE_FLAGS afterwards. */
  readonly flags: number;
  /** A read report is due now; once it is made, its pending bit (already clear in `flags`) stays clear. */
  readonly sendReadReport: boolean;
  /** PR_READ_RECEIPT_REQUESTED becomes FALSE. */
  readonly clearRequest: boolean;
}

const PENDING = MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING;

/** @throws MAPI_E_INVALID_PARAMETER for combinations that exclude each other */
export function checkReadFlagOptions(options: ReadFlagOptions): void {
  const { suppressReceipt = false, clearRead = false, generateReceiptOnly = false } = options;
  if (clearRead && (suppressReceipt || generateReceiptOnly)) {
    throw new MapiError(
      'MAPI_E_INVALID_PARAMETER',
      'CLEAR_READ_FLAG excludes SUPPRESS_RECEIPT and GENERATE_RECEIPT_ONLY',
    );
  }
}

/**
 * Decides about one message; a submitted one, and an associated one as to its read state, stay as they are.
 *
 * @throws MAPI_E_INVALID_PARAMETER for combinations that exclude each other
 */
export function decideReadFlag(flags: number, options: ReadFlagOptions): ReadFlagDecision {
  checkReadFlagOptions(options);
  const nothing = { flags, sendReadReport: false, clearRequest: false };
  if ((flags & MSGFLAG_SUBMIT) !== 0) return nothing;
  const dropped =
    (options.clearReadPending === true ? MSGFLAG_RN_PENDING : 0) |
    (options.clearNonReadPending === true ? MSGFLAG_NRN_PENDING : 0);
  const base = { ...nothing, flags: flags & ~dropped };
  if (options.clearRead === true) return { ...base, flags: base.flags & ~MSGFLAG_READ };
  if (options.generateReceiptOnly === true) return receiptOnly(base.flags, options.suppressReceipt === true);
  if (dropped !== 0 && options.suppressReceipt !== true) return base;
  if ((flags & (MSGFLAG_READ | MSGFLAG_ASSOCIATED)) !== 0) return base;
  const due = (base.flags & MSGFLAG_RN_PENDING) !== 0 && options.suppressReceipt !== true;
  return { flags: (base.flags | MSGFLAG_READ) & ~PENDING, sendReadReport: due, clearRequest: false };
}

function receiptOnly(flags: number, suppress: boolean): ReadFlagDecision {
  const due = (flags & MSGFLAG_RN_PENDING) !== 0 && !suppress;
  return { flags: flags & ~PENDING, sendReadReport: due, clearRequest: suppress };
}

/** Whether deleting the message asks for a nonread report. */
export function nonReadReportDue(flags: number): boolean {
  return (flags & MSGFLAG_NRN_PENDING) !== 0 && (flags & (MSGFLAG_READ | MSGFLAG_SUBMIT)) === 0;
}
