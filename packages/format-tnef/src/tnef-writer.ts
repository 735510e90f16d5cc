/** Writes plain values as a TNEF stream. [MS-OXTNEF] 3; spec: tnef-stream-syntax */
import { ByteWriter, concatBytes } from '@nodemapi/base';
import {
  ATTACH_OLE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_RENDERING_POSITION,
  type PropTag,
} from '@nodemapi/mapi';
import { RENDDATA } from './attribute-values.ts';
import { ATTACHMENT_WRITERS, MESSAGE_WRITERS, type WrittenAttribute } from './attribute-writers.ts';
import { propBlock, writePropBlock } from './prop-block-writer.ts';
import {
  ATTRIBUTE_HEADER_BYTES,
  ATTRIBUTES,
  attributeChecksum,
  LVL_ATTACHMENT,
  LVL_MESSAGE,
  TNEF_SIGNATURE,
  TNEF_VERSION,
} from './tnef-attributes.ts';
import {
  ATYP_FILE,
  ATYP_OLE,
  IID_IMessage,
  NO_POSITION,
  type RendData,
  type TnefAttachment,
  type TnefMessage,
  type TnefProp,
  tnefProp,
} from './tnef-message.ts';

export interface TnefWriteOptions {
  /** TNEF_PURE: nothing but blocks of properties, the places of attachments and the recipients. */
  readonly pure?: boolean;
}

/** The bytes of a TNEF stream. Without `pure` it also has attributes for readers that know no block of properties. */
export function writeTnef(message: TnefMessage, options: TnefWriteOptions = {}): Uint8Array {
  const pure = options.pure === true;
  const { codePage } = message;
  const out: Uint8Array[] = [new ByteWriter().u32(TNEF_SIGNATURE).u16(message.key).toBytes()];
  const put = (level: number, id: number, data: Uint8Array): void => {
    const header = new ByteWriter(ATTRIBUTE_HEADER_BYTES).u8(level).u32(id).u32(data.length).toBytes();
    out.push(header, data, new ByteWriter(2).u16(attributeChecksum(data)).toBytes());
  };
  put(LVL_MESSAGE, ATTRIBUTES.attTnefVersion, new ByteWriter(4).u32(TNEF_VERSION).toBytes());
  put(LVL_MESSAGE, ATTRIBUTES.attOemCodepage, new ByteWriter(8).u32(codePage).u32(0).toBytes());
  const written = pure ? [] : attributesOf(MESSAGE_WRITERS, message.props, codePage);
  for (const { id, data } of written) put(LVL_MESSAGE, id, data);
  if (message.recipients !== undefined) put(LVL_MESSAGE, ATTRIBUTES.attRecipTable, recipientTable(message));
  const props = withoutWhole(message.props, written);
  if (props.length > 0) put(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, propBlock(props, codePage));
  for (const attachment of message.attachments) {
    putAttachment(attachment, codePage, options, (id, data) => put(LVL_ATTACHMENT, id, data));
  }
  return concatBytes(out);
}

function putAttachment(
  attachment: TnefAttachment,
  codePage: number,
  options: TnefWriteOptions,
  put: (id: number, data: Uint8Array) => void,
): void {
  const { type, position, width, height, flags } = attachment.rendData ?? rendDataOf(attachment);
  put(
    ATTRIBUTES.attAttachRenddata,
    RENDDATA.encode({ atyp: type, ulPosition: position, dxWidth: width, dyHeight: height, dwFlags: flags }),
  );
  const pure = options.pure === true;
  const written = pure ? [] : attributesOf(ATTACHMENT_WRITERS, attachment.props, codePage);
  for (const { id, data } of written) put(id, data);
  const data = tnefProp(attachment.props, PR_ATTACH_DATA_BIN);
  const isApart = !pure && data !== undefined;
  if (isApart) put(ATTRIBUTES.attAttachData, data);
  const props = withoutWhole(attachment.props, written).filter(({ tag }) => !(isApart && tag === PR_ATTACH_DATA_BIN));
  const { message } = attachment;
  const object = message === undefined ? [] : [embedded(writeTnef(message, options))];
  put(ATTRIBUTES.attAttachment, propBlock([...props, ...object], codePage));
}

/** What stands in RENDDATA when it was not read from a stream. */
export function rendDataOf({ props }: TnefAttachment): RendData {
  const isOle = tnefProp(props, PR_ATTACH_METHOD) === ATTACH_OLE;
  const position = tnefProp(props, PR_RENDERING_POSITION);
  return {
    type: isOle ? ATYP_OLE : ATYP_FILE,
    position: position === undefined ? NO_POSITION : position >>> 0,
    width: 0,
    height: 0,
    flags: 0,
  };
}

function embedded(bytes: Uint8Array): TnefProp {
  return { tag: PR_ATTACH_DATA_OBJ, value: { iid: IID_IMessage, bytes } };
}

function recipientTable({ recipients = [], codePage }: TnefMessage): Uint8Array {
  const writer = new ByteWriter().u32(recipients.length);
  for (const row of recipients) writePropBlock(writer, row, codePage);
  return writer.toBytes();
}

function attributesOf(
  writers: readonly ((props: readonly TnefProp[], codePage: number) => WrittenAttribute | undefined)[],
  props: readonly TnefProp[],
  codePage: number,
): readonly WrittenAttribute[] {
  return writers.map((write) => write(props, codePage)).filter((each) => each !== undefined);
}

function withoutWhole(props: readonly TnefProp[], written: readonly WrittenAttribute[]): readonly TnefProp[] {
  const whole: ReadonlySet<PropTag> = new Set(written.flatMap((each) => each.whole));
  return props.filter(({ tag, name }) => name !== undefined || !whole.has(tag));
}
