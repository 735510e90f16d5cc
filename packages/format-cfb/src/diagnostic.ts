/** What was wrong with a compound file that was read all the same. */
export interface CfbDiagnostic {
  readonly code:
    | 'headerField'
    | 'cutOff'
    | 'badSector'
    | 'chainLoop'
    | 'crossLink'
    | 'shortChain'
    | 'badEntry'
    | 'treeLoop'
    | 'treeOrder'
    | 'duplicateName'
    | 'orphan';
  /** What and where, for a person. */
  readonly detail: string;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  /** Whether something of the content could not be read. */
  readonly loss: boolean;
}

/** No more are kept of one file. */
export const diagnosticsMax = 1000;

export type Report = (code: CfbDiagnostic['code'], offset: number, loss: boolean, detail: string) => void;

/** Adds to `list` up to the limit. */
export function reporter(list: CfbDiagnostic[]): Report {
  return (code, offset, loss, detail) => {
    if (list.length < diagnosticsMax) list.push({ code, detail, offset, loss });
  };
}
