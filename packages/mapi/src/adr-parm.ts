/** MAPI: ADRPARM, what the address dialog is told. spec: adrparm */
import type { AdrList } from './recipient.ts';

/** MAPI: ADRPARM. What an address dialog shows. spec: adrparm */
export interface AdrParm {
  readonly caption?: string;
  /** Titles of the kinds of recipients that can be chosen, in the order of MAPI_TO, MAPI_CC, MAPI_BCC; To alone if omitted. */
  readonly destinations?: readonly string[];
  /** DIALOG_SDI: the call answers at once, with the list as it was, and the dialog goes on by itself. */
  readonly sdi?: boolean;
  /** LPFNDISMISS of a dialog that goes on by itself: gets the list at its end, or why there is none. */
  readonly onDismiss?: (result: { readonly list: AdrList } | { readonly error: unknown }) => void;
}
