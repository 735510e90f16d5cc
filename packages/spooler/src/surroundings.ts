/** Failures of what a spooler stands on: disk, memory, network, somebody else's work on the same file. */
import type { MapiError, MapiErrorCode } from '@nodemapi/mapi';

const SURROUNDINGS: ReadonlySet<MapiErrorCode> = new Set<MapiErrorCode>([
  'MAPI_E_DISK_ERROR',
  'MAPI_E_NOT_ENOUGH_DISK',
  'MAPI_E_NOT_ENOUGH_MEMORY',
  'MAPI_E_NOT_ENOUGH_RESOURCES',
  'MAPI_E_NETWORK_ERROR',
  'MAPI_E_TIMEOUT',
  'MAPI_E_BUSY',
  'MAPI_E_NO_ACCESS',
  'MAPI_E_INVALID_OBJECT',
]);

/** Whether an error is no fault of the message: it passes by itself, and no message is held or given up for it. */
export function isOfSurroundings(error: MapiError): boolean {
  return SURROUNDINGS.has(error.code);
}
