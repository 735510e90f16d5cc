/** A PST in memory with what the suite for read-only stores expects. */
import { type FileSystem, fileTimeFromIso, memoryRandomAccess, seededRandom } from '@nodemapi/base';
import { READ_ONLY_CONTENT as C } from '@nodemapi/conformance';
import { type AttachmentToWrite, type MessageToWrite, PstWriter } from '@nodemapi/format-pst';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  MAPI_TO,
  MSGFLAG_HASATTACH,
  MSGFLAG_READ,
  PR_ADDRTYPE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropValue,
  PT_UNICODE,
  prop,
  tag,
} from '@nodemapi/mapi';

export interface SamplePst {
  readonly bytes: Uint8Array;
  /** Node identifier of the folder with the content. */
  readonly folder: number;
}

function message(
  subject: string,
  values: readonly PropValue[] = [],
  more: Partial<MessageToWrite> = {},
): MessageToWrite {
  const common = [
    prop(PR_SUBJECT, subject),
    prop(PR_MESSAGE_CLASS, 'IPM.Note'),
    prop(PR_LAST_MODIFICATION_TIME, fileTimeFromIso('2026-11-22T20:00:00Z')),
  ];
  return { values: [...common, ...values], recipients: [], attachments: none, ...more };
}

async function* none(): AsyncGenerator<never> {}

export async function samplePst(): Promise<SamplePst> {
  const parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const sink = { write: async (offset: number, bytes: Uint8Array) => void parts.push({ offset, bytes }) };
  const pst = new PstWriter(sink, { displayName: 'Sample', random: seededRandom(5) });
  const folder = pst.addFolder(pst.top, { name: 'Box', containerClass: 'IPF.Note' });
  pst.addFolder(pst.addFolder(folder, { name: C.childName }), { name: C.grandchildName });
  const attachments: readonly AttachmentToWrite[] = [
    { values: [prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, C.data)] },
    { values: [prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG)], message: message(C.innerSubject) },
  ];
  const first = [
    prop(PR_SUBJECT_PREFIX, 'RE: '),
    prop(PR_BODY, C.body),
    prop(PR_MESSAGE_FLAGS, MSGFLAG_READ | MSGFLAG_HASATTACH),
    prop(tag(pst.idOf(C.named.name), PT_UNICODE), C.named.value),
  ];
  const recipient = [
    prop(PR_RECIPIENT_TYPE, MAPI_TO),
    prop(PR_DISPLAY_NAME, 'Ann'),
    prop(PR_ADDRTYPE, 'SMTP'),
    prop(PR_EMAIL_ADDRESS, C.address),
  ];
  await pst.addMessage(
    folder,
    message(C.subject, first, {
      recipients: [recipient],
      attachments: async function* () {
        yield* attachments;
      },
    }),
  );
  await pst.addMessage(folder, message(C.secondSubject));
  await pst.addMessage(folder, message(C.hiddenSubject), 'associated');
  await pst.finish();
  const bytes = new Uint8Array(Math.max(...parts.map((part) => part.offset + part.bytes.length)));
  for (const part of parts) bytes.set(part.bytes, part.offset);
  return { bytes, folder: folder.nid };
}

/** A file system in which one file is there. */
export function filesWith(files: FileSystem, path: string, bytes: Uint8Array, opened: Set<string>): FileSystem {
  return {
    ...files,
    openRead: async (wanted) => {
      if (wanted !== path) return files.openRead(wanted);
      const key = `${wanted} ${opened.size}`;
      opened.add(key);
      return { ...memoryRandomAccess(bytes), [Symbol.asyncDispose]: async () => void opened.delete(key) };
    },
  };
}
