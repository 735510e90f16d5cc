/** What was wrong with a TNEF stream that was read all the same. */
export interface TnefDiagnostic {
  readonly code:
    | 'badChecksum'
    | 'badAttribute'
    | 'badLength'
    | 'badProperty'
    | 'cutOff'
    | 'misplaced'
    | 'nestedTooDeep'
    | 'noKey'
    | 'tooMany'
    | 'trailingBytes'
    | 'undecodableText'
    | 'unknownCodePage'
    | 'unknownAttribute'
    | 'unknownVersion';
  /** What, for a person; it names the attribute. */
  readonly detail: string;
  /** Byte in the stream; in that of the outermost message if messages nest. */
  readonly offset: number;
}
