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

/** Damage that costs nothing of the content. */
const HARMLESS: ReadonlySet<TnefDiagnostic['code']> = new Set([
  'badChecksum',
  'noKey',
  'unknownAttribute',
  'unknownVersion',
]);

/** Whether something of the content could not be read. */
export function isTnefLoss({ code }: TnefDiagnostic): boolean {
  return !HARMLESS.has(code);
}
