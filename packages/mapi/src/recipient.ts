/** Recipients and lists of them. spec: adrlist, pidtagrecipienttype-canonical-property */
import type { PropValue } from './prop-value.ts';

/** MAPI: ADRENTRY; an empty one is skipped. */
export type AdrEntry = readonly PropValue[];
/** MAPI: ADRLIST. */
export type AdrList = readonly AdrEntry[];

/** PR_RECIPIENT_TYPE values, and the flags that are set in them. spec: pidtagrecipienttype-canonical-property */
export const MAPI_ORIG = 0;
export const MAPI_TO = 1;
export const MAPI_CC = 2;
export const MAPI_BCC = 3;
export const MAPI_P1 = 0x1000_0000;
export const MAPI_SUBMITTED = 0x8000_0000;

/** The type without MAPI_SUBMITTED. */
export function recipientKind(recipientType: number): number {
  return (recipientType & ~MAPI_SUBMITTED) >>> 0;
}

/** PR_DISPLAY_TYPE */
export const DT_MAILUSER = 0;
export const DT_DISTLIST = 1;
export const DT_PRIVATE_DISTLIST = 5;
export const DT_MODIFIABLE = 0x1_0000;
export const DT_GLOBAL = 0x2_0000;
export const DT_LOCAL = 0x3_0000;
export const DT_FOLDER = 0x0100_0000;
