/** MAPI: IMessage and IAttach. spec: imessageimapiprop, iattachimapiprop */
import type { IMAPIProp } from './mapi-prop.ts';
import type { ProgressOptions } from './progress.ts';
import type { AdrList } from './recipient.ts';
import type { IMAPITable } from './table.ts';

export const MSGFLAG_READ = 0x1;
export const MSGFLAG_UNMODIFIED = 0x2;
export const MSGFLAG_SUBMIT = 0x4;
export const MSGFLAG_UNSENT = 0x8;
export const MSGFLAG_HASATTACH = 0x10;
export const MSGFLAG_FROMME = 0x20;
export const MSGFLAG_ASSOCIATED = 0x40;
export const MSGFLAG_RESEND = 0x80;
export const MSGFLAG_RN_PENDING = 0x100;
export const MSGFLAG_NRN_PENDING = 0x200;
export const MSGFLAG_ORIGIN_X400 = 0x1000;
export const MSGFLAG_ORIGIN_INTERNET = 0x2000;
export const MSGFLAG_ORIGIN_MISC_EXT = 0x8000;

/** PR_SUBMIT_FLAGS */
export const SUBMITFLAG_LOCKED = 0x1;
export const SUBMITFLAG_PREPROCESS = 0x2;

/** PR_ATTACH_METHOD */
export const NO_ATTACHMENT = 0;
export const ATTACH_BY_VALUE = 1;
export const ATTACH_BY_REFERENCE = 2;
export const ATTACH_BY_REF_RESOLVE = 3;
export const ATTACH_BY_REF_ONLY = 4;
export const ATTACH_EMBEDDED_MSG = 5;
export const ATTACH_OLE = 6;
export const ATTACH_BY_WEBREFERENCE = 7;

/** PR_ATTACH_FLAGS: the HTML body refers to the attachment. */
export const ATT_MHTML_REF = 4;

/** PR_ACCESS_LEVEL of an object that may be written; 0 is read-only. */
export const MAPI_ACCESS_LEVEL_MODIFY = 1;
/** PR_ACCESS */
export const MAPI_ACCESS_MODIFY = 0x1;
export const MAPI_ACCESS_READ = 0x2;
export const MAPI_ACCESS_DELETE = 0x4;
export const MAPI_ACCESS_CREATE_HIERARCHY = 0x8;
export const MAPI_ACCESS_CREATE_CONTENTS = 0x10;
export const MAPI_ACCESS_CREATE_ASSOCIATED = 0x20;

/** Options of `setReadFlag` and `setReadFlags`, by flag. spec: imessage-setreadflag */
export interface ReadFlagOptions {
  /** SUPPRESS_RECEIPT */
  readonly suppressReceipt?: boolean;
  /** CLEAR_READ_FLAG */
  readonly clearRead?: boolean;
  /** GENERATE_RECEIPT_ONLY */
  readonly generateReceiptOnly?: boolean;
  /** CLEAR_RN_PENDING */
  readonly clearReadPending?: boolean;
  /** CLEAR_NRN_PENDING */
  readonly clearNonReadPending?: boolean;
}

/** MODRECIP_ADD, MODRECIP_MODIFY, MODRECIP_REMOVE, and 0 for the whole list. */
export type ModifyRecipientsMode = 'replace' | 'add' | 'modify' | 'remove';

export interface IMessage extends IMAPIProp {
  readonly iid: 'IMessage';
  getAttachmentTable(): Promise<IMAPITable>;
  /** Opens an attachment for reading unless told otherwise. @throws MAPI_E_NOT_FOUND */
  openAttach(
    attachNum: number,
    options?: { readonly modify?: boolean; readonly bestAccess?: boolean },
  ): Promise<IAttach>;
  /** Makes an attachment; it needs its own `saveChanges` and then the message's. */
  createAttach(): Promise<{ readonly attachNum: number; readonly attach: IAttach }>;
  deleteAttach(attachNum: number, options?: ProgressOptions): Promise<void>;
  getRecipientTable(): Promise<IMAPITable>;
  /**
   * Changes the recipient list; permanent with `saveChanges` or `submitMessage`.
   *
   * @param rows for 'modify' and 'remove' each row has PR_ROWID, for 'add' and 'replace' none has
   * @throws MAPI_E_INVALID_PARAMETER; MAPI_E_NOT_FOUND for an unknown PR_ROWID
   * @see spec: imessage-modifyrecipients
   */
  modifyRecipients(mode: ModifyRecipientsMode, rows: AdrList): Promise<void>;
  /**
   * Saves the message and puts it into the outgoing queue, durably, before it returns. Afterwards the object and what
   * was opened from it accept only `release`.
   *
   * @throws MAPI_E_NO_RECIPIENTS, and whatever saving throws; the message then stays open and usable
   * @see spec: imessage-submitmessage
   */
  submitMessage(options?: { readonly force?: boolean }): Promise<void>;
  /** @throws MAPI_E_INVALID_PARAMETER for combinations that exclude each other */
  setReadFlag(options?: ReadFlagOptions): Promise<void>;
}

/** An attachment; its data are PR_ATTACH_DATA_BIN (a stream) or PR_ATTACH_DATA_OBJ (an embedded message). */
export interface IAttach extends IMAPIProp {
  readonly iid: 'IAttach';
}
