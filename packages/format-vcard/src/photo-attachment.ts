/** The picture of a contact is an attachment that Outlook hides. [MS-OXOCNTC] 2.2.1.8.1 */

import { concatBytes } from '@nodemapi/base';
import {
  ATTACH_BY_VALUE,
  type IMessage,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_EXTENSION,
  PR_ATTACH_FILENAME,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_ATTACH_NUM,
  PR_ATTACHMENT_CONTACTPHOTO,
  PR_ATTACHMENT_HIDDEN,
  PR_DISPLAY_NAME,
  PR_RENDERING_POSITION,
  prop,
  propOf,
  STREAM_CHUNK_BYTES,
} from '@nodemapi/mapi';
import { type ContactPhoto, photoOf } from './contact-photo.ts';
import type { ContactProblem } from './contact-problem.ts';

/** A picture of more bytes is left out and told. */
const PHOTO_BYTES_MAX = 24 << 20;
const ROWS_AT_A_TIME = 100;

/** Attaches the picture. */
export async function writePhoto(message: IMessage, { bytes, fileName, mimeType }: ContactPhoto): Promise<void> {
  const { attach } = await message.createAttach();
  await using opened = attach;
  const props = [
    prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE),
    prop(PR_ATTACH_LONG_FILENAME, fileName),
    prop(PR_ATTACH_FILENAME, fileName),
    prop(PR_DISPLAY_NAME, fileName),
    prop(PR_ATTACH_EXTENSION, fileName.replace(/^.*(?=\.)/, '')),
    prop(PR_ATTACH_MIME_TAG, mimeType),
    prop(PR_RENDERING_POSITION, -1),
    prop(PR_ATTACHMENT_CONTACTPHOTO, true),
    prop(PR_ATTACHMENT_HIDDEN, true),
  ];
  await opened.setProps(props);
  await using stream = await opened.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
  for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES)
    await stream.write(bytes.subarray(at, at + STREAM_CHUNK_BYTES));
  await stream.commit();
  await stream.release();
  await opened.saveChanges();
}

/** The picture among the attachments; the others have no place in a card, which is told. */
export async function findPhoto(message: IMessage, problems: ContactProblem[]): Promise<ContactPhoto | undefined> {
  let photo: ContactPhoto | undefined;
  for (const attachNum of await attachNumbers(message)) {
    await using attach = await message.openAttach(attachNum);
    const { values } = await attach.getProps([
      PR_ATTACH_METHOD,
      PR_ATTACH_LONG_FILENAME,
      PR_ATTACH_FILENAME,
      PR_ATTACHMENT_CONTACTPHOTO,
      PR_DISPLAY_NAME,
    ]);
    const [method, longName, shortName, marked, title] = values;
    const name = longName || shortName || title || '';
    const isPhoto = marked === true || /^ContactP(?:icture|hoto)\.(?:jpe?g|png|gif|bmp)$/i.test(name);
    if (photo === undefined && isPhoto && method === ATTACH_BY_VALUE) {
      await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
      const bytes = await readAll(stream);
      if (bytes !== undefined) {
        photo = photoOf(bytes);
        continue;
      }
    }
    problems.push({ detail: `the attachment ${JSON.stringify(name)} has no place in a card`, loss: true });
  }
  return photo;
}

/** @returns undefined past the limit */
async function readAll(stream: { read(count: number): Promise<Uint8Array> }): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  for (let size = 0; size <= PHOTO_BYTES_MAX; ) {
    const bytes = await stream.read(STREAM_CHUNK_BYTES);
    if (bytes.length === 0) return concatBytes(pieces);
    size += bytes.length;
    pieces.push(bytes);
  }
  return undefined;
}

async function attachNumbers(message: IMessage): Promise<readonly number[]> {
  const numbers: number[] = [];
  await using table = await message.getAttachmentTable();
  await table.setColumns([PR_ATTACH_NUM]);
  for (;;) {
    const rows = await table.queryRows(ROWS_AT_A_TIME);
    if (rows.length === 0) return numbers;
    numbers.push(...rows.flatMap((row) => propOf(row, PR_ATTACH_NUM) ?? []));
  }
}
