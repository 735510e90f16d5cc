import { escapeRtf, rtfBytes, rtfHeader } from './rtf-writer.ts';

/** RTF that shows plain text and gives it back to a reader that knows encapsulation. [MS-OXRTFEX] 3.1.4.1 */
export function encapsulateText(text: string): Uint8Array {
  return rtfBytes([rtfHeader('fromtext'), escapeRtf(text), '}']);
}
