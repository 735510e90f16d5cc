/** What a file is written from: plain values, and streams that are read when their turn comes. */
import type { PropTag, PropValue } from '@nodemapi/mapi';

export interface ObjectToWrite {
  /** Values in memory; those of types that files do not hold are told to `lost`. */
  readonly values: readonly PropValue[];
  /** Values that come in pieces. */
  readonly streams?: readonly StreamToWrite[];
}

export interface StreamToWrite {
  /** PT_UNICODE (in UTF-16LE) or PT_BINARY. */
  readonly tag: PropTag;
  chunks(): AsyncIterable<Uint8Array>;
}

/** A message as it is given to the writer. */
export interface MessageToWrite extends ObjectToWrite {
  readonly recipients: readonly (readonly PropValue[])[];
  /** Taken one after another, each when the one before is in the file. */
  attachments(): AsyncIterable<AttachmentToWrite>;
}

export interface AttachmentToWrite extends ObjectToWrite {
  /** The message that is attached. */
  readonly message?: MessageToWrite;
  /** The compound file of an OLE object. */
  readonly object?: () => AsyncIterable<Uint8Array>;
}

/** A property that could not be written, and why. */
export type LostInWriting = (tag: PropTag, error: unknown) => void;
