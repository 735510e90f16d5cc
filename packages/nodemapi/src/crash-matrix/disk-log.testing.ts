/** Reads what `disk-shim.testing.c` has written down. */
import { relative } from 'node:path';

/** One thing that a process did to the files below the watched folder. */
export type DiskChange =
  | {
      readonly kind: 'open';
      readonly fd: number;
      readonly created: boolean;
      readonly truncated: boolean;
      readonly path: string;
    }
  | { readonly kind: 'close'; readonly fd: number }
  | { readonly kind: 'sync'; readonly fd: number }
  | { readonly kind: 'write'; readonly fd: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly fd: number; readonly size: number }
  | { readonly kind: 'rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink' | 'mkdir' | 'rmdir'; readonly path: string }
  | { readonly kind: 'mark'; readonly text: string };

const NEWLINE = 10;
const PATHS = { U: 'unlink', M: 'mkdir', D: 'rmdir' } as const;
const PAIRS = { R: 'rename', L: 'link' } as const;

/**
 * Every change in the order in which it happened; paths are relative to `root`, which is `.` itself. A log that breaks
 * off, as that of a killed process may, ends there.
 */
export function parseDiskLog(log: Uint8Array, root: string): readonly DiskChange[] {
  const changes: DiskChange[] = [];
  const below = (path: string): string => relative(root, path) || '.';
  const text = new TextDecoder();
  for (let at = 0; at < log.length; ) {
    const end = log.indexOf(NEWLINE, at);
    if (end < 0) break;
    const line = text.decode(log.subarray(at, end));
    const length = payloadLength(line);
    at = end + 1;
    if (at + length > log.length) break;
    const payload = log.subarray(at, at + length);
    changes.push(changeOf(line, payload, below));
    if (length > 0) at += length + 1;
  }
  return changes;
}

function payloadLength(line: string): number {
  const fields = line.split(' ');
  if (fields[0] === 'W') return Number(fields[3]);
  return fields[0] === 'K' ? Number(fields[1]) : 0;
}

function changeOf(line: string, payload: Uint8Array, below: (path: string) => string): DiskChange {
  const kind = line[0] ?? '';
  const rest = line.slice(2);
  const numbers = rest.split(' ').map(Number);
  const [fd = -1, second = 0, third = 0] = numbers;
  if (kind in PATHS) return { kind: PATHS[kind as keyof typeof PATHS], path: below(rest) };
  if (kind in PAIRS) {
    const [from = '', to = ''] = rest.split('\t');
    return { kind: PAIRS[kind as keyof typeof PAIRS], from: below(from), to: below(to) };
  }
  switch (kind) {
    case 'O': {
      const path = below(rest.split(' ').slice(3).join(' '));
      return { kind: 'open', fd, created: second === 1, truncated: third === 1, path };
    }
    case 'X':
      return { kind: 'close', fd };
    case 'S':
      return { kind: 'sync', fd };
    case 'W':
      return { kind: 'write', fd, offset: second, bytes: payload };
    case 'T':
      return { kind: 'truncate', fd, size: second };
    case 'K':
      return { kind: 'mark', text: new TextDecoder().decode(payload) };
    default:
      throw new Error(`a line that no shim writes: ${line}`);
  }
}

/** Whether a change is one that a machine may stop after, and that the shim counts. */
export function isCounted(change: DiskChange): boolean {
  if (change.kind === 'open') return change.created || change.truncated;
  return change.kind !== 'close' && change.kind !== 'mark';
}
