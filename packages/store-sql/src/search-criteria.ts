/** The criteria of search folders, as they are kept: JSON in `folder.search`. */
import { fromHex, toHex } from '@nodemapi/base';
import type { FolderSearch } from '@nodemapi/kit';

/** JSON has neither bytes nor whole 64-bit numbers: they stand in objects of one key. */
export function encodeCriteria(criteria: FolderSearch): string {
  return JSON.stringify(criteria, (_, value: unknown) => {
    if (typeof value === 'bigint') return { $integer: String(value) };
    return value instanceof Uint8Array ? { $bytes: toHex(value) } : value;
  });
}

export function decodeCriteria(text: string): FolderSearch {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$integer' in value) return BigInt(String(value.$integer));
    return '$bytes' in value ? fromHex(String(value.$bytes)) : value;
  }) as FolderSearch;
}
