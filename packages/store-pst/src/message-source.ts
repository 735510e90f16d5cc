/** A message of a PST as the kit's read-only message wants it. */
import { type PstAttachment, type PstMessage, splitSubject } from '@nodemapi/format-pst';
import type { AttachmentSource, MessageSource, NamedPropertyMap, SourceProp } from '@nodemapi/kit';
import {
  MapiError,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_METHOD,
  PR_HASATTACH,
  PR_NORMALIZED_SUBJECT,
  PR_RECORD_KEY,
  PR_RENDERING_POSITION,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropValue,
  prop,
  propId,
  type Row,
} from '@nodemapi/mapi';
import { constantProp, sourceProps } from './source-props.ts';

/** @param own properties that the store adds, or that take the place of what the file has */
export async function messageSource(
  message: PstMessage,
  names: NamedPropertyMap,
  own: readonly PropValue[] = [],
): Promise<MessageSource> {
  let attachments: Promise<readonly AttachmentSource[]> | undefined;
  const opened = (): Promise<readonly AttachmentSource[]> => {
    attachments ??= attachmentSources(message, names);
    return attachments;
  };
  return {
    names,
    props: merged(await sourceProps(message), [
      ...(await subjectProps(message)),
      prop(PR_HASATTACH, await message.hasAttachments()),
    ]),
    own,
    recipients: () => recipientRows(message),
    attachments: opened,
  };
}

/** PR_SUBJECT is stored with the length of its prefix; the parts are told besides it. */
async function subjectProps(message: PstMessage): Promise<readonly PropValue[]> {
  const stored = await message.storedSubject();
  if (stored === undefined) return [];
  const { subject, prefix, normalized } = splitSubject(stored);
  return [prop(PR_SUBJECT, subject), prop(PR_SUBJECT_PREFIX, prefix), prop(PR_NORMALIZED_SUBJECT, normalized)];
}

async function recipientRows(message: PstMessage): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of message.recipients()) rows.push(row);
  return rows;
}

async function attachmentSources(message: PstMessage, names: NamedPropertyMap): Promise<readonly AttachmentSource[]> {
  const sources: AttachmentSource[] = [];
  for await (const attachment of message.attachments()) sources.push(await attachmentSource(attachment, names));
  return sources;
}

async function attachmentSource(attachment: PstAttachment, names: NamedPropertyMap): Promise<AttachmentSource> {
  const found = await sourceProps(attachment);
  const nid = new Uint8Array(4);
  new DataView(nid.buffer).setUint32(0, attachment.nid, true);
  const absent = [prop(PR_RECORD_KEY, nid), prop(PR_RENDERING_POSITION, -1)].filter(
    ({ tag }) => !found.some((each) => propId(each.tag) === propId(tag)),
  );
  const props = merged(found, [prop(PR_ATTACH_METHOD, attachment.method), ...absent]);
  if (attachment.isMessage) return { props, message: () => embeddedSource(attachment, names) };
  if (!attachment.isObject) return { props };
  // the compound file of an OLE object, as the stream that PR_ATTACH_DATA_BIN is for other attachments
  const data = {
    tag: PR_ATTACH_DATA_BIN,
    size: await attachment.dataSize(),
    read: async () => {
      throw new MapiError('MAPI_E_NOT_ENOUGH_MEMORY', 'the object is to be read as a stream');
    },
    open: () => attachment.access(PR_ATTACH_DATA_BIN),
  };
  return { props: [...props, data] };
}

async function embeddedSource(attachment: PstAttachment, names: NamedPropertyMap): Promise<MessageSource> {
  return messageSource(await attachment.message(), names);
}

/** Properties of which those of `own` are taken first. */
function merged(props: readonly SourceProp[], own: readonly PropValue[]): readonly SourceProp[] {
  const ids = new Set(own.map(({ tag }) => propId(tag)));
  return [...props.filter(({ tag }) => !ids.has(propId(tag))), ...own.map(constantProp)];
}
