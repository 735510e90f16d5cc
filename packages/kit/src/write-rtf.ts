import { compressRtf } from '@nodemapi/format-rtf';
import {
  type IMessage,
  PR_RTF_COMPRESSED,
  PR_STORE_SUPPORT_MASK,
  STORE_RTF_OK,
  STREAM_CHUNK_BYTES,
} from '@nodemapi/mapi';
import { getProp } from './prop-access.ts';
import { rtfSync } from './rtf-sync.ts';

/**
 * Gives a message a body of RTF, as a client does: a store that knows RTF (STORE_RTF_OK) makes the text of it when the message
 * is saved, for any other one the text is made here. The caller saves.
 *
 * @throws MAPI_E_CORRUPT_DATA for what is no RTF, where the text is made here
 * @see spec: supporting-formatted-text-in-outgoing-messages-client-responsibilities
 */
export async function writeRtf(message: IMessage, rtf: Uint8Array): Promise<void> {
  const compressed = compressRtf(rtf);
  await using stream = await message.openProperty(PR_RTF_COMPRESSED, 'IStream', { create: true, modify: true });
  for (let at = 0; at < compressed.length; at += STREAM_CHUNK_BYTES)
    await stream.write(compressed.subarray(at, at + STREAM_CHUNK_BYTES));
  await stream.commit();
  const mask = (await getProp(message, PR_STORE_SUPPORT_MASK)) ?? 0;
  if ((mask & STORE_RTF_OK) === 0) await rtfSync(message, { rtfChanged: true });
}
