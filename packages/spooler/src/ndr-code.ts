/** The codes of non-delivery reports are the contract's. */
export { EXPIRED, type NdrCodes, NO_TRANSPORT, ndrCodes } from '@nodemapi/mapi';
