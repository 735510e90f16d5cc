/**
 * What a TNEF stream holds, as plain values.
 *
 * Strings are Unicode whatever they were in the stream, and have Unicode tags. A property of a name has it beside its
 * tag, whose identifier means nothing outside of the stream.
 */
import type { Guid } from '@nodemapi/base';
import type { MapiNameId, PropTag } from '@nodemapi/mapi';
import type { TnefDiagnostic } from './diagnostic.ts';

export interface TnefProp {
  readonly tag: PropTag;
  /** Of PT_OBJECT a `TnefObject`. */
  readonly value: unknown;
  readonly name?: MapiNameId;
}

/** A value of PT_OBJECT: which interface its bytes are for, and the bytes without it. */
export interface TnefObject {
  readonly iid: Guid;
  readonly bytes: Uint8Array;
}

/** A place in the RTF or text of the message, and what is drawn there. MAPI: RENDDATA */
export interface RendData {
  /** 1 file, 2 OLE object, 3 picture. */
  readonly type: number;
  /** Of the character that the attachment replaces; -1 (0xFFFFFFFF) for nowhere. */
  readonly position: number;
  readonly width: number;
  readonly height: number;
  /** `MAC_BINARY`: the data are a MacBinary file. */
  readonly flags: number;
}

export interface TnefAttachment {
  readonly rendData?: RendData;
  readonly props: readonly TnefProp[];
  /** The content of PR_ATTACH_DATA_OBJ with IID_IMessage. */
  readonly message?: TnefMessage;
}

export interface TnefMessage {
  readonly key: number;
  /** Code page of the strings that were not Unicode. */
  readonly codePage: number;
  readonly props: readonly TnefProp[];
  /** Undefined if the stream has no recipient table. */
  readonly recipients: readonly (readonly TnefProp[])[] | undefined;
  readonly attachments: readonly TnefAttachment[];
}

export interface TnefContent extends TnefMessage {
  readonly diagnostics: readonly TnefDiagnostic[];
}

/** atypFile and atypOle of RENDDATA. [MS-OXTNEF] 2.1.3.3.15 */
export const ATYP_FILE = 1;
export const ATYP_OLE = 2;
/** Set in RENDDATA where the data are a MacBinary file. */
export const MAC_BINARY = 0x1;
/** RENDDATA and PR_RENDERING_POSITION of an attachment without a place. */
export const NO_POSITION = 0xffff_ffff;

export const IID_IMessage = '00020307-0000-0000-c000-000000000046' as Guid;
export const IID_IStorage = '0000000b-0000-0000-c000-000000000046' as Guid;

/** The value of a property in a list; undefined if it is not there. */
export function tnefProp<T>(props: readonly TnefProp[], tag: PropTag<T>): T | undefined {
  // a reader puts a value only under a tag of its type
  return props.find((each) => each.tag === tag && each.name === undefined)?.value as T | undefined;
}
