/** What commands read: files, and standard input where a file is named `-`. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MapiError, nodeFileSystem, type OpenFile } from 'nodemapi';
import type { Context } from './context.ts';

/** Text on standard input is read up to here. */
export const inputBytesMax = 16 * 1024 * 1024;

/** Everything there is, as UTF-8. @throws MAPI_E_TOO_BIG */
export async function readAllText(source: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > inputBytesMax)
      throw new MapiError('MAPI_E_TOO_BIG', `standard input has more than ${inputBytesMax} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Everything there is. @throws MAPI_E_TOO_BIG */
export async function readAllBytes(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > inputBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `the file has more than ${inputBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}

/**
 * Opens a file, or standard input for `-`.
 *
 * @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_INVALID_PARAMETER for a directory
 */
export async function openInput(context: Context, path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return context.io.input;
  return createReadStream(await checkedPath(context, path), { highWaterMark: 256 * 1024 });
}

/**
 * Opens a file to be read anywhere; the caller closes it.
 *
 * @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_INVALID_PARAMETER for a directory
 */
export async function openFile(context: Context, path: string): Promise<OpenFile> {
  return nodeFileSystem.openRead(await checkedPath(context, path));
}

async function checkedPath(context: Context, path: string): Promise<string> {
  const full = resolve(context.io.cwd, path);
  try {
    const found = await stat(full);
    if (found.isDirectory()) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${path} is a directory`);
    return full;
  } catch (error) {
    if (MapiError.is(error)) throw error;
    const { code } = MapiError.from(error, 'mapi');
    throw new MapiError(code, code === 'MAPI_E_NOT_FOUND' ? `there is no file ${path}` : `${path} cannot be read`, {
      cause: error,
    });
  }
}
