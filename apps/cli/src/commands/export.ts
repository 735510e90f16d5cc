/** mapi export: messages as .eml, .msg or .vcf files, or one .mbox or .pst per source. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type EntryId,
  type ExportDiagnostic,
  exportMime,
  exportMsg,
  exportVcf,
  fileTimeToDate,
  getProp,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MapiError,
  type MapiErrorCode,
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
import { BLIND_HINT, BLIND_OPTIONS, type BlindRecipients, blindOf, isBlind, lackingOf } from '../blind-recipients.ts';
import { type CommandOptions, type CommandSpec, listArg, textOption, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { findInStore } from '../entry.ts';
import { safeFileName } from '../file-name.ts';
import { lackOf, lossOf } from '../lack.ts';
import { Progress } from '../progress.ts';
import { exportPst } from '../pst-files.ts';
import { isIdText, isWholeId, shortId, shortIds } from '../short-id.ts';
import {
  LackCounter,
  Lanes,
  lackText,
  noteFailure,
  type TransferResult,
  transferExit,
  transferText,
} from '../transfer.ts';

/** Files that are written at a time. */
const filesMax = 8;

interface Job {
  readonly context: Context;
  readonly store: IMsgStore;
  readonly out: string;
  readonly overwrite: boolean;
  /** What this run has made a file of, by its path. */
  readonly sources: Map<string, string>;
  readonly vcardVersion: '3.0' | '4.0';
  readonly blind: BlindRecipients;
  readonly result: TransferResult;
  readonly lacks: LackCounter;
  /** Is told of an option that would have helped; each is told once. */
  readonly hint: (text: string) => void;
  readonly progress: Progress;
}

/** The messages of a folder, or the one message of an identifier; a folder goes before an id that reads like it. */
async function idsOf(store: IMsgStore, source: string): Promise<readonly EntryId[]> {
  let folder: IMAPIFolder;
  try {
    folder = await openFolderByPath(store, source);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND') && isIdText(source)) return [await findInStore(store, source)];
    throw error;
  }
  await using opened = folder;
  await using table = await opened.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID] });
  return rows.flatMap((row) => propOf(row, PR_ENTRYID) ?? []);
}

/** Hands a file beside `path` to `write` and renames it, so that a file that is there is whole. */
async function writeWhole(job: Job, path: string, write: (beside: string) => Promise<void>): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere && !job.overwrite)
    throw new MapiError('MAPI_E_COLLISION', `${path} is there already; --overwrite replaces it`);
  // two runs may write the same file at once: each has a name of its own beside it, and removes no other
  const beside = `${path}.${randomUUID().slice(0, 8)}.part`;
  await (await open(beside, 'wx')).close();
  try {
    await write(beside);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Forms that are a file per message. */
type FileForm = 'eml' | 'msg' | 'vcf';

/** The file of a message; what of its content is missing is noted as a failure, anything else as lacking. */
async function textOf(
  job: Job,
  message: IMessage,
  form: FileForm,
  entryId: EntryId,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  if (form === 'eml') return mailOf(job, message, entryId);
  if (form === 'vcf') {
    const { text, problems } = await exportVcf(message, { version: job.vcardVersion });
    for (const { detail, loss } of problems) if (loss) leftOut(job, entryId, 'MAPI_E_NO_SUPPORT', detail);
    job.lacks.add(problems.flatMap(({ detail, loss }) => (loss ? [] : [detail])));
    return [new TextEncoder().encode(text)];
  }
  const { chunks, problems } = await exportMsg(message);
  for (const { code, detail } of problems) leftOut(job, entryId, code, detail);
  return chunks;
}

function leftOut(job: Job, entryId: EntryId, code: MapiErrorCode, detail: string): void {
  noteFailure(job.result, toHex(entryId), new MapiError(code, `left out: ${detail}`));
}

/** A message as mail; what it lacks is noted when it has been read. */
async function* mailOf(job: Job, message: IMessage, entryId: EntryId): AsyncGenerator<Uint8Array> {
  const all: ExportDiagnostic[] = [];
  const includeBcc = job.blind === 'write';
  yield* exportMime(message, { includeBcc, onDiagnostic: (one) => void all.push(one) });
  const found = lackingOf(all, job.blind);
  if (found.some(isBlind)) job.hint(BLIND_HINT);
  for (const one of found) if (one.loss) leftOut(job, entryId, 'MAPI_E_NO_SUPPORT', lossOf(one));
  job.lacks.add(found.flatMap((one) => (one.loss ? [] : [lackOf(one)])));
}

async function exportFiles(job: Job, ids: readonly EntryId[], form: FileForm): Promise<void> {
  const lanes = new Lanes(filesMax);
  const names = shortIds(ids.map(toHex));
  for (const [index, entryId] of ids.entries()) {
    if (job.context.signal.aborted) break;
    await lanes.add(() =>
      exportOne(job, entryId, ids.length, async (message) => {
        const title = safeFileName((await getProp(message, PR_SUBJECT)) ?? '', 'message');
        await writeWhole(job, join(job.out, `${title}-${names[index] ?? ''}.${form}`), async (beside) =>
          pipeline(await textOf(job, message, form, entryId), createWriteStream(beside)),
        );
      }),
    );
  }
  await lanes.idle();
}

/**
 * Where the one file of a source goes. A whole identifier is too long for a name, and begins as all others do.
 *
 * @throws MAPI_E_COLLISION if this run has made the file of another source there, which --overwrite is not about
 */
function pathOfSource(job: Job, source: string, form: 'mbox' | 'pst'): string {
  const title = isWholeId(source)
    ? shortId(source.toLowerCase())
    : safeFileName(source.replaceAll('/', '-'), 'messages');
  const path = join(job.out, `${title}.${form}`);
  const other = job.sources.get(path) ?? source;
  if (other !== source)
    throw new MapiError('MAPI_E_COLLISION', `${path} has just been made of ${other}; export them to two directories`);
  return path;
}

async function exportMbox(job: Job, ids: readonly EntryId[], source: string): Promise<void> {
  const path = pathOfSource(job, source, 'mbox');
  const before = job.result.written;
  const isWritten = writeWhole(job, path, async (beside) => {
    const file = await open(beside, 'w');
    try {
      for (const entryId of ids) {
        job.context.signal.throwIfAborted();
        await exportOne(job, entryId, ids.length, (message) => appendMbox(job, file, message, entryId));
      }
    } finally {
      await file.close();
    }
  });
  await isWritten.catch((error: unknown) => {
    job.result.written = before; // the file is not there
    throw error;
  });
  job.sources.set(path, source);
}

/** Adds one message, or nothing of it. */
async function appendMbox(job: Job, file: FileHandle, message: IMessage, entryId: EntryId): Promise<void> {
  const sender = (await getProp(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS)) ?? '';
  const time = (await getProp(message, PR_MESSAGE_DELIVERY_TIME)) ?? (await getProp(message, PR_CLIENT_SUBMIT_TIME));
  const date = time === undefined ? new Date(0) : fileTimeToDate(time);
  const { size } = await file.stat();
  let end = size;
  const write = async (bytes: Uint8Array): Promise<void> => {
    await file.write(bytes, 0, bytes.length, end);
    end += bytes.length;
  };
  try {
    const lines: Uint8Array[] = [];
    let waiting = 0;
    for await (const line of mboxEntry(mailOf(job, message, entryId), sender, date)) {
      lines.push(line);
      waiting += line.length;
      if (waiting < mboxBufferBytes) continue;
      await write(Buffer.concat(lines.splice(0)));
      waiting = 0;
    }
    await write(Buffer.concat(lines));
  } catch (error) {
    await file.truncate(size);
    throw error;
  }
}

/** Lines are collected up to here before they are written. */
const mboxBufferBytes = 256 * 1024;

async function exportOne(
  job: Job,
  entryId: EntryId,
  total: number,
  write: (message: IMessage) => Promise<void>,
): Promise<void> {
  const { result } = job;
  result.read++;
  try {
    await using message = await job.store.openEntry(entryId, { iid: 'IMessage' });
    await write(message);
    result.written++;
  } catch (error) {
    noteFailure(result, toHex(entryId), error);
  }
  job.progress.update(result.written, total);
}

/** The whole source as one .pst file. */
async function exportPstFile(job: Job, source: string): Promise<void> {
  const path = pathOfSource(job, source, 'pst');
  const before = job.result.written;
  try {
    await writeWhole(job, path, (beside) => exportPst(job, source, beside));
    job.sources.set(path, source);
  } catch (error) {
    job.result.written = before; // the file is not there
    throw error;
  }
}

async function makeDirectory(path: string, named: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const { code, detail } = MapiError.from(cause, 'mapi');
    const why = code === 'MAPI_E_COLLISION' ? 'is a file, not a directory' : `cannot be made (${detail})`;
    throw new MapiError(code, `--out ${named} ${why}`, { cause });
  }
}

interface ExportForm extends Pick<Job, 'overwrite' | 'vcardVersion' | 'blind'> {
  readonly form: FileForm | 'mbox' | 'pst';
}

/** What files are written. @throws UsageError */
function formOf(options: CommandOptions): ExportForm {
  const form = textOption(options, 'as') ?? 'eml';
  if (form !== 'eml' && form !== 'msg' && form !== 'vcf' && form !== 'mbox' && form !== 'pst')
    throw new UsageError('--as must be eml, msg, vcf, mbox or pst');
  const given = textOption(options, 'vcard');
  if (given !== undefined && form !== 'vcf') throw new UsageError('--vcard is for --as vcf');
  const vcardVersion = given ?? '3.0';
  if (vcardVersion !== '3.0' && vcardVersion !== '4.0') throw new UsageError('--vcard must be 3.0 or 4.0');
  const blind = blindOf(options);
  if (blind !== 'tell' && form !== 'eml' && form !== 'mbox')
    throw new UsageError('--bcc and --no-bcc are for --as eml and --as mbox');
  return { form, vcardVersion, blind, overwrite: options.overwrite === true };
}

const exportCommand: CommandSpec = {
  usage: 'export <sources...>',
  summary: 'Export messages to files.',
  help: [
    'Exports folders (by path) or single messages (by the id that mapi list shows) of the default store: as one .eml or',
    '.msg file each, or as one .mbox file per source. What cannot be exported is named, with the reason; the rest is exported. A file that',
    'is there already is left as it is, unless --overwrite is given.',
    '',
    'Blind recipients stay out of .eml and .mbox files, since files are passed on, and are named as missing; --bcc writes them,',
    '--no-bcc leaves them out in silence.',
    '',
    'What of the content a file lacks, such as an attachment that is a link, is named as a failure. Properties that mail or a',
    'vCard has no place for are named on standard error, with --json as lacking: [{what, messages}]; .msg and .pst have them.',
    '',
    'As .vcf contacts are exported, a vCard each; other messages are named as failures.',
    '',
    'As a .pst a folder is exported with all folders below it.',
    '',
    'Exit codes: 0 everything; 1 nothing; 3 a part; 130 interrupted.',
    '',
    'Example: mapi export Inbox "Sent Items" --as mbox --out backup',
  ].join('\n'),
  options: [
    { flags: '--as <form>', description: 'eml, msg, vcf, mbox or pst', default: 'eml' },
    { flags: '--vcard <version>', description: 'with --as vcf: version of vCards, 3.0 (usual) or 4.0' },
    ...BLIND_OPTIONS,
    { flags: '--out <dir>', description: 'directory; made if it is not there', default: '.' },
    { flags: '--overwrite', description: 'replace files that are there' },
  ],
  run: async (context, args, options) => {
    const { form, ...how } = formOf(options);
    const named = textOption(options, 'out') ?? '.';
    const out = resolve(context.io.cwd, named);
    await makeDirectory(out, named);
    const { result } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using store = await openDefaultStore(session);
      const progress = new Progress(context, 'messages exported');
      const counts: TransferResult = { read: 0, written: 0, failed: [] };
      const lacks = new LackCounter();
      const hints = new Set<string>();
      const hint = (text: string): void => void hints.add(text);
      const sources = new Map<string, string>();
      const job: Job = { context, store, out, ...how, sources, result: counts, lacks, hint, progress };
      for (const source of listArg(args, 0)) {
        try {
          if (form === 'pst') {
            await exportPstFile(job, source);
            continue;
          }
          const ids = await idsOf(store, source);
          if (form === 'mbox') await exportMbox(job, ids, source);
          else await exportFiles(job, ids, form);
        } catch (error) {
          if (context.signal.aborted) break;
          noteFailure(counts, source, error);
        }
      }
      progress.done();
      for (const text of hints) context.note(text);
      const lacking = lacks.list();
      if (lacking.length > 0) context.note(lackText(lacking, form));
      return { ...counts, lacking };
    });
    context.print(result, () => transferText(context, result, out));
    return transferExit(context, result);
  },
};

export const EXPORT_COMMANDS: readonly CommandSpec[] = [exportCommand];
