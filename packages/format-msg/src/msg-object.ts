/** What a .msg file holds, as it is read: values stay in the file until they are asked for. */
import type { RandomAccess } from '@nodemapi/base';
import type { CompoundStorage } from '@nodemapi/format-cfb';
import type { PropTag, Row } from '@nodemapi/mapi';
import type { NamedId } from './names.ts';

/** One property. Strings are Unicode whatever the file has; bodies of HTML are PR_HTML in PR_INTERNET_CPID. */
export interface MsgProp {
  readonly tag: PropTag;
  /** Bytes in the file of a string or binary, 0 for any other type. */
  readonly size: number;
  /** The value. */
  read(): Promise<unknown>;
  /** The bytes of a string, as UTF-16LE, or of a binary; what is read is not to be changed. */
  open(): Promise<RandomAccess>;
}

export interface MsgObject {
  readonly props: readonly MsgProp[];
}

export interface MsgMessage extends MsgObject {
  /** The names of properties from 0x8000 on, the same for all messages of the file. */
  readonly names: readonly NamedId[];
  recipients(): Promise<readonly Row[]>;
  attachments(): Promise<readonly MsgAttachment[]>;
}

export interface MsgAttachment extends MsgObject {
  /** The message within, if the attachment is one. */
  readonly message?: () => Promise<MsgMessage>;
  /** The storage within, if the attachment is an OLE object; PR_ATTACH_DATA_BIN has it as a file of its own. */
  readonly storage?: CompoundStorage;
}
