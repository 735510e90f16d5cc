/** What was wrong with a message that was read all the same. */
export interface MimeDiagnostic {
  readonly code:
    | 'unknownCharset'
    | 'missingCharset'
    | 'undecodableText'
    | 'badHeaderLine'
    | 'badHeaderBytes'
    | 'badBase64'
    | 'badQuotedPrintable'
    | 'unknownTransferEncoding'
    | 'multipartWithoutBoundary'
    | 'nestedTooDeep'
    | 'headerTooLong'
    | 'tooManyParts';
  /** What and where, for a person. */
  readonly detail: string;
  /** `MimePart.path` of the part; '' is the message itself. */
  readonly path: string;
}
