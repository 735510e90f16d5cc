/** The `props` columns of a store file are lists in the form of the kit. */
export { decodeProps, encodeProps, type PropList, type ValueReference } from '@nodemapi/kit';
