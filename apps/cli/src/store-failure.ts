/** What is said of a message store that does not open while others do. */
import type { MapiError } from 'nodemapi';
import { printable } from './terminal.ts';

export function storeFailureText(name: string, { code, detail }: MapiError): string {
  return `mapi: the store "${printable(name)}" cannot be used: ${printable(detail)} (${code}); see: mapi check`;
}
