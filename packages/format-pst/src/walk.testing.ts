/** Reads everything of a file once, as a dump does. */
import type { RandomAccess } from '@nodemapi/base';
import { isPstDamage, PstFile } from './pst-file.ts';
import type { PstMessage } from './pst-message.ts';

export interface Walked {
  folders: number;
  messages: number;
  attachments: number;
  bytes: number;
}

export async function walk(source: RandomAccess): Promise<{ readonly file: PstFile; readonly counts: Walked }> {
  const file = await PstFile.open(source);
  file.limitReading();
  const counts: Walked = { folders: 0, messages: 0, attachments: 0, bytes: 0 };
  for await (const { folder } of file.folders()) {
    counts.folders += 1;
    await folder.values();
    for (const kind of ['messages', 'associated'] as const)
      if (!folder.isSearch) for await (const message of folder.messages(kind)) await walkMessage(message, counts);
  }
  return { file, counts };
}

async function walkMessage(message: PstMessage, counts: Walked): Promise<void> {
  counts.messages += 1;
  await message.values();
  for await (const row of message.recipients()) counts.bytes += row.length;
  for await (const attachment of message.attachments()) {
    counts.attachments += 1;
    await attachment.values();
    try {
      const embedded = await attachment.embedded();
      if (embedded !== undefined) await walkMessage(embedded, counts);
      else for await (const chunk of attachment.data()) counts.bytes += chunk.length;
    } catch (error) {
      if (!isPstDamage(error)) throw error;
    }
  }
}
