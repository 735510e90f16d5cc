/** What was wrong with a .msg file that was read all the same. */
import type { CfbDiagnostic } from '@nodemapi/format-cfb';

/** One thing that was wrong with a .msg file. */
export interface MsgDiagnostic {
  readonly code:
    | CfbDiagnostic['code']
    | 'noPropertyStream'
    | 'badProperty'
    | 'unknownType'
    | 'missingValue'
    | 'unlistedValue'
    | 'badName'
    | 'undecodableText'
    | 'emptyObject'
    | 'nestedTooDeep';
  /** What and where, for a person. */
  readonly detail: string;
  /** Bytes from the beginning of the file, where that is known. */
  readonly offset?: number;
  /** Whether something of the content could not be read. */
  readonly loss: boolean;
}

/** No more are kept of one file. */
export const diagnosticsMax = 1000;

/** Tells what is wrong at a place, which is the path of a storage or stream. */
export type Report = (code: MsgDiagnostic['code'], path: string, loss: boolean, detail: string) => void;

/** Adds to `list` up to the limit. */
export function reporter(list: MsgDiagnostic[]): Report {
  return (code, path, loss, detail) => {
    if (list.length < diagnosticsMax) list.push({ code, loss, detail: path === '' ? detail : `${path}: ${detail}` });
  };
}
