/** What was wrong with RTF that was read all the same. */
export interface RtfDiagnostic {
  readonly code:
    | 'badCrc'
    | 'badSize'
    | 'badReference'
    | 'cutOff'
    | 'trailingBytes'
    | 'unknownCodePage'
    | 'undecodableText'
    | 'unbalancedGroup'
    | 'nestedTooDeep';
  /** What, for a person. */
  readonly detail: string;
  /** Byte in what was read. */
  readonly offset: number;
}
