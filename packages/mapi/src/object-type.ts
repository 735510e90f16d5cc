/** PR_OBJECT_TYPE values. spec: pidtagobjecttype-canonical-property */
export const MAPI_STORE = 1;
export const MAPI_ADDRBOOK = 2;
export const MAPI_FOLDER = 3;
export const MAPI_ABCONT = 4;
export const MAPI_MESSAGE = 5;
export const MAPI_MAILUSER = 6;
export const MAPI_ATTACH = 7;
export const MAPI_DISTLIST = 8;
export const MAPI_PROFSECT = 9;
export const MAPI_STATUS = 0xa;
export const MAPI_SESSION = 0xb;
export const MAPI_FORMINFO = 0xc;

/** One of the values of PR_OBJECT_TYPE. */
export type ObjectType = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 0xa | 0xb | 0xc;
