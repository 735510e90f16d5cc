/** A message in an mbox file: reading it, and keeping a copy of one that cannot be read. */
import { join } from 'node:path';
import { type FileSystem, MapiError, utf8Encode } from '@nodemapi/base';
import { splitMbox } from '@nodemapi/format-mime';
import { readPieces } from './mail-source.ts';
import { hashOf, type MboxSpan } from './mbox-scan.ts';

/** The message without its `From ` line. @throws MAPI_E_BUSY at its end if the file was rewritten while it was read */
export async function* readMessage(
  files: FileSystem,
  path: string,
  { start, end, hasSeparator, hash }: MboxSpan,
): AsyncGenerator<Uint8Array> {
  const raw = (): AsyncGenerator<Uint8Array> => readPieces(files, path, start, end);
  if (!hasSeparator) yield* raw();
  else for await (const message of splitMbox(raw())) yield* message;
  const now = await hashOf(files, path, start, end);
  if (now !== hash) throw new MapiError('MAPI_E_BUSY', `${path} was rewritten while it was read`);
}

/** Copies a message that cannot be read into the folder `bad` of `stateFolder`, with the reason beside it. */
export async function copyBad(
  files: FileSystem,
  path: string,
  { start, end, hash }: MboxSpan,
  stateFolder: string,
  reason: string,
): Promise<void> {
  const bad = join(stateFolder, 'bad', hash);
  await files.mkdir(join(stateFolder, 'bad'));
  const copy = await files.openAppend(`${bad}.eml`);
  try {
    for await (const piece of readPieces(files, path, start, end)) await copy.write(piece);
    await copy.sync();
  } finally {
    await copy[Symbol.asyncDispose]();
  }
  await files.writeFileAtomic(`${bad}.reason`, utf8Encode(`${path} at ${start}: ${reason}\n`));
}
