/** mapi export: messages as .eml files or one .mbox per folder. */
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type EntryId,
  exportMime,
  fileTimeToDate,
  getProp,
  type IMessage,
  type IMsgStore,
  MapiError,
  mboxEntry,
  openDefaultStore,
  openFolderByPath,
  PR_CLIENT_SUBMIT_TIME,
  PR_ENTRYID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SUBJECT,
  propOf,
  queryAllRows,
  toHex,
} from 'nodemapi';
import { type CommandSpec, listArg, textOption, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { Progress } from '../progress.ts';
import { noteFailure, type TransferResult, transferExit, transferText } from './import.ts';

/** Characters of a subject that go into a file name. */
const nameCharsMax = 60;

/** A file name from a subject: nothing that leaves the folder, nothing a file system refuses. */
export function safeFileName(subject: string, entryId: EntryId): string {
  const words = subject
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N} _.-]/gu, '_')
    .replaceAll(/\.{2,}/gu, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/^[.-]+/u, '');
  const short = [...words]
    .slice(0, nameCharsMax)
    .join('')
    .replace(/[. ]+$/u, '');
  return `${short === '' ? 'message' : short}-${toHex(entryId).slice(-12)}`;
}

async function idsOf(store: IMsgStore, source: string): Promise<readonly EntryId[]> {
  if (/^(?:[0-9a-f]{2}){20,}$/iu.test(source))
    return [Uint8Array.from(source.match(/../gu) ?? [], (byte) => Number.parseInt(byte, 16))];
  await using folder = await openFolderByPath(store, source);
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID] });
  return rows.flatMap((row) => propOf(row, PR_ENTRYID) ?? []);
}

/** Writes beside and renames, so that a file that is there is whole. */
async function writeWhole(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const beside = `${path}.part`;
  try {
    await pipeline(chunks, createWriteStream(beside));
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function appendMbox(path: string, message: IMessage): Promise<void> {
  const sender = (await getProp(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS)) ?? '';
  const time = (await getProp(message, PR_MESSAGE_DELIVERY_TIME)) ?? (await getProp(message, PR_CLIENT_SUBMIT_TIME));
  const file = await open(path, 'a');
  const { size } = await file.stat();
  try {
    for await (const chunk of mboxEntry(
      exportMime(message),
      sender,
      time === undefined ? new Date(0) : fileTimeToDate(time),
    )) {
      await file.writeFile(chunk);
    }
  } catch (error) {
    await file.truncate(size);
    throw error;
  } finally {
    await file.close();
  }
}

interface Job {
  readonly context: Context;
  readonly store: IMsgStore;
  readonly form: string;
  readonly out: string;
  readonly result: TransferResult;
  readonly progress: Progress;
}

async function exportSource(job: Job, source: string): Promise<void> {
  const ids = await idsOf(job.store, source);
  const mbox = join(job.out, `${safeFileName(source.replaceAll('/', '-'), new Uint8Array(6)).slice(0, -13)}.mbox`);
  if (job.form === 'mbox') await rm(mbox, { force: true });
  for (const entryId of ids) {
    if (job.context.signal.aborted) return;
    job.result.read++;
    try {
      await using message = await job.store.openEntry(entryId, { iid: 'IMessage' });
      if (job.form === 'mbox') await appendMbox(mbox, message);
      else
        await writeWhole(
          join(job.out, `${safeFileName((await getProp(message, PR_SUBJECT)) ?? '', entryId)}.eml`),
          exportMime(message),
        );
      job.result.written++;
    } catch (error) {
      noteFailure(job.result, toHex(entryId), error);
    }
    job.progress.update(job.result.read, ids.length);
  }
}

const exportCommand: CommandSpec = {
  usage: 'export <sources...>',
  summary: 'Export messages to files.',
  help: 'Exports folders (by path) or single messages (by entry identifier) of the default store: as one .eml file each, or as\none .mbox file per source. What cannot be exported is named, with the reason.\n\nExample: mapi export Inbox "Sent Items" --as mbox --out backup',
  options: [
    { flags: '--as <form>', description: 'eml or mbox', default: 'eml' },
    { flags: '--out <dir>', description: 'directory; made if it is not there', default: '.' },
  ],
  run: async (context, args, options) => {
    const form = textOption(options, 'as') ?? 'eml';
    if (form === 'msg' || form === 'pst')
      throw new MapiError('MAPI_E_NO_SUPPORT', `.${form} files cannot be written yet; use eml or mbox`);
    if (form !== 'eml' && form !== 'mbox') throw new UsageError('--as must be eml or mbox');
    const out = resolve(context.io.cwd, textOption(options, 'out') ?? '.');
    await mkdir(out, { recursive: true });
    const { result } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using store = await openDefaultStore(session);
      const progress = new Progress(context, 'exporting');
      const counts: TransferResult = { read: 0, written: 0, failed: [] };
      for (const source of listArg(args, 0))
        await exportSource({ context, store, form, out, result: counts, progress }, source);
      progress.done();
      return counts;
    });
    context.print(result, () => transferText(context, result));
    return transferExit(context, result);
  },
};

export const EXPORT_COMMANDS: readonly CommandSpec[] = [exportCommand];
