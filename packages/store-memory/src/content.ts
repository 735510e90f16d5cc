/** What messages consist of, as immutable values: a writer makes a new one, so that every reader keeps a snapshot. */
import { type RecipientList, valueBytes } from '@nodemapi/kit';
import { type PropTag, type PropValue, propId, propType } from '@nodemapi/mapi';

/** Values by property identifier. */
export type PropMap = ReadonlyMap<number, PropValue>;

export interface AttachmentContent {
  /** PR_ATTACH_NUM, constant while the attachment exists. */
  readonly num: number;
  readonly recordKey: Uint8Array;
  readonly props: PropMap;
  /** PR_ATTACH_DATA_OBJ */
  readonly embedded?: MessageContent;
}

export interface MessageContent {
  readonly props: PropMap;
  readonly recipients: RecipientList;
  readonly attachments: readonly AttachmentContent[];
  /** PR_ATTACH_NUM of the next attachment. */
  readonly nextAttachNum: number;
}

export const EMPTY_CONTENT: MessageContent = {
  props: new Map(),
  recipients: { rows: [], nextRowId: 0 },
  attachments: [],
  nextAttachNum: 0,
};

/** The stored value of a property, whatever type the tag asks for. */
export function valueIn<T>(props: PropMap, tag: PropTag<T>): T | undefined {
  return props.get(propId(tag))?.value as T | undefined;
}

/** The values of a bag as an immutable map. */
export function mapOf(values: Iterable<PropValue>): PropMap {
  return new Map([...values].map((value) => [propId(value.tag), value]));
}

/** A copy of `props` with some values set. */
export function withProps(props: PropMap, values: readonly PropValue[]): PropMap {
  const next = new Map(props);
  for (const value of values) next.set(propId(value.tag), value);
  return next;
}

/** Bytes that the content takes, as PR_MESSAGE_SIZE counts them. */
export function sizeOfContent(content: MessageContent): number {
  let size = sizeOfProps(content.props.values());
  for (const row of content.recipients.rows) size += sizeOfProps(row);
  for (const attachment of content.attachments) size += sizeOfAttachment(attachment);
  return size;
}

/** PR_ATTACH_SIZE */
export function sizeOfAttachment(attachment: AttachmentContent): number {
  const embedded = attachment.embedded === undefined ? 0 : sizeOfContent(attachment.embedded);
  return sizeOfProps(attachment.props.values()) + embedded;
}

const TAG_BYTES = 4;

function sizeOfProps(values: Iterable<PropValue>): number {
  let size = 0;
  for (const { tag, value } of values) size += TAG_BYTES + valueBytes(value, propType(tag));
  return size;
}
