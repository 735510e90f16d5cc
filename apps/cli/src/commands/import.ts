/** mapi import: .eml, .mbox, .msg, .vcf and TNEF files into a folder, .pst and .ost files with their folders. */
import { basename, extname } from 'node:path';
import {
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  importMime,
  importMsg,
  importTnef,
  isMimeLoss,
  MapiError,
  type OpenFile,
  openDefaultStore,
  openFolderByPath,
  recogniseFile,
  splitMbox,
  splitVcf,
} from 'nodemapi';
import { type CommandSpec, listArg, textOption, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { openFile, openInput } from '../input.ts';
import { Progress } from '../progress.ts';
import { importPstFile } from '../pst-files.ts';
import { Lanes, noteFailure, type TransferResult, transferExit, transferText } from '../transfer.ts';

/** Messages that are being saved at a time: their saves share one commit. */
const savesMax = 32;

interface Job {
  readonly context: Context;
  readonly folder: IMAPIFolder;
  /** Whether vCards in mail become attached contacts. */
  readonly contacts: boolean;
  readonly result: TransferResult;
  readonly progress: Progress;
  readonly saves: Lanes;
}

/** Reads one message to its end, and leaves the saving to go on beside the next one. */
async function importOne(job: Job, name: string, fill: (message: IMessage) => Promise<unknown>): Promise<void> {
  const { result, progress } = job;
  result.read++;
  try {
    const message = await filled(job.folder, fill);
    await job.saves.add(async () => {
      try {
        await using saving = message;
        await saving.saveChanges();
        result.written++;
        progress.update(result.written, 0);
      } catch (error) {
        noteFailure(result, name, error);
      }
    });
  } catch (error) {
    noteFailure(result, name, error);
  }
}

async function filled(folder: IMAPIFolder, fill: (message: IMessage) => Promise<unknown>): Promise<IMessage> {
  const message = await folder.createMessage();
  try {
    await fill(message);
    return message;
  } catch (error) {
    await message.release();
    throw error;
  }
}

async function importFile(job: Job, path: string): Promise<void> {
  try {
    const { signal } = job.context;
    if (path === '-') return await importMail(job, path, job.context.io.input);
    await using source = await openFile(job.context, path);
    const form = await formOf(source, path);
    if (form === 'pst') await importPstFile(job, path, source);
    else if (form === 'msg')
      await importOne(job, path, async (to) => noteLosses(job, path, await importMsg(source, to, { signal })));
    else if (form === 'tnef')
      await importOne(job, path, async (to) => noteLosses(job, path, await importTnef(source, to, { signal })));
    else if (form === 'mbox') await importMbox(job, path);
    else if (form === 'vcf') await importVcf(job, path);
    else await importMail(job, path, await openInput(job.context, path));
    await job.saves.idle(); // the file is open as long as it is read
  } catch (error) {
    noteFailure(job.result, path, error);
  }
}

/** The form is told by the content; of text the name says whether it is one message or many. */
async function formOf(source: OpenFile, path: string): Promise<string | undefined> {
  const form = (await recogniseFile(source, basename(path)))?.name;
  const extension = extname(path).toLowerCase();
  if (form === 'mbox' && extension === '.eml') return 'eml';
  const isText = form === 'eml' || form === undefined;
  return isText && extension === '.mbox' ? 'mbox' : form;
}

async function importMbox(job: Job, path: string): Promise<void> {
  let number = 0;
  for await (const message of splitMbox(await openInput(job.context, path))) {
    if (job.context.signal.aborted) return;
    await importMail(job, `${path}#${++number}`, message);
  }
}

/** Each card becomes a contact. */
async function importVcf(job: Job, path: string): Promise<void> {
  let number = 0;
  for await (const card of splitVcf(await openInput(job.context, path))) {
    if (job.context.signal.aborted) return;
    const name = `${path}#${++number}`;
    await importOne(job, name, async (message) => noteLosses(job, name, await card.fill(message)));
  }
}

async function importMail(job: Job, name: string, text: AsyncIterable<Uint8Array>): Promise<void> {
  await importOne(job, name, async (message) => {
    const { diagnostics } = await importMime(text, message, { signal: job.context.signal, contacts: job.contacts });
    noteLosses(
      job,
      name,
      diagnostics.map((found) => ({ detail: `${found.code}: ${found.detail}`, loss: isMimeLoss(found) })),
    );
  });
}

/** A part that was lost is noted as a failure; the rest is imported. */
function noteLosses(
  job: Job,
  name: string,
  found: readonly { readonly detail: string; readonly loss: boolean }[],
): void {
  const [first, ...others] = found.filter(({ loss }) => loss);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more: see mapi dump)`;
  noteFailure(job.result, name, new MapiError('MAPI_E_CORRUPT_DATA', `without a part: ${first.detail}${more}`));
}

async function openTarget(store: IMsgStore, path: string): Promise<IMAPIFolder> {
  try {
    return await openFolderByPath(store, path);
  } catch (cause) {
    if (!MapiError.is(cause, 'MAPI_E_NOT_FOUND')) throw cause;
    throw new MapiError(cause.code, `${cause.detail}; make it: mapi folder create "${path}"`, { cause });
  }
}

const importCommand: CommandSpec = {
  usage: 'import <files...>',
  summary: 'Import messages from files.',
  help: [
    'Imports messages from .eml, .mbox, .msg and TNEF (winmail.dat) files (- is an .eml on standard input) into a folder of',
    'the default store. What cannot be imported is named, with the reason; the rest is imported. The form is told by the',
    'content, not by the name; but a file named .eml is always one message.',
    '',
    'Each vCard of a .vcf file becomes a contact (IPM.Contact). What a contact has no place for is kept with it, and written',
    'again by mapi export --as vcf.',
    '',
    'A .pst or .ost is imported with its folders, below the one that is named.',
    '',
    'Exit codes: 0 everything; 1 nothing; 3 a part; 130 interrupted.',
    '',
    'Example: mapi import archive.mbox --to Inbox',
  ].join('\n'),
  options: [
    { flags: '--to <folder>', description: 'path of the folder (see: mapi folders)', default: 'Inbox' },
    { flags: '--contacts', description: 'vCards in mail become attached contacts, not files' },
  ],
  run: async (context, args, options) => {
    const paths = listArg(args, 0);
    const target = textOption(options, 'to');
    if (target === undefined || target === '') throw new UsageError('--to needs the path of a folder');
    const { result } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using store = await openDefaultStore(session);
      await using folder = await openTarget(store, target);
      const counts: TransferResult = { read: 0, written: 0, failed: [] };
      const progress = new Progress(context, 'messages imported');
      const contacts = options.contacts === true;
      const job = { context, folder, contacts, result: counts, progress, saves: new Lanes(savesMax) };
      for (const path of paths) {
        if (context.signal.aborted) break;
        await importFile(job, path);
      }
      await job.saves.idle();
      progress.done();
      return counts;
    });
    context.print(result, () => transferText(context, result, target));
    return transferExit(context, result);
  },
};

export const IMPORT_COMMANDS: readonly CommandSpec[] = [importCommand];
