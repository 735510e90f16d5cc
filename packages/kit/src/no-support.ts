import { MapiError } from '@nodemapi/mapi';

/**
 * Stands for a method that an object does not offer.
 *
 * @param what interface and method, such as `IMsgStore.abortSubmit`
 * @throws MAPI_E_NO_SUPPORT always
 */
export function noSupport(what: string): never {
  throw new MapiError('MAPI_E_NO_SUPPORT', what);
}
