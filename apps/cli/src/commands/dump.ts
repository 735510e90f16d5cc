/** mapi dump: what is in a file of mail, without a profile. */
import { basename } from 'node:path';
import {
  type DumpDiagnostic,
  type DumpFile,
  type DumpFolder,
  type DumpMessage,
  type DumpOptions,
  dumpMessage,
  type IMessage,
  isDumpIncomplete,
  MapiError,
  type OpenDumpOptions,
  openDumpFile,
} from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  EXIT_INTERRUPTED,
  EXIT_PARTIAL,
  numberOption,
  textArg,
} from '../command.ts';
import type { Context } from '../context.ts';
import { openFile } from '../input.ts';
import { messageText } from '../message-text.ts';
import { Progress } from '../progress.ts';
import { countText, paint, printable } from '../terminal.ts';

/** Where the HTML of a message is shown. */
const SEE_HTML = 'see --json';

/** A folder in the result. */
interface FolderResult {
  readonly path: string;
  readonly containerClass: string | null;
  readonly contentCount: number;
  readonly folderType: number;
  readonly messages: readonly DumpMessage[];
  readonly associated: readonly DumpMessage[];
}

interface Job {
  readonly context: Context;
  readonly options: DumpOptions;
  readonly progress: Progress;
  read: number;
  /** Messages that lack something, which their own diagnostics tell. */
  incomplete: number;
  /** Messages that could not be dumped. */
  readonly failed: DumpDiagnostic[];
}

async function dumped(job: Job, message: IMessage, where: string): Promise<DumpMessage | undefined> {
  await using opened = message;
  job.read++;
  try {
    const result = await dumpMessage(opened, job.options);
    if (isDumpIncomplete(result)) job.incomplete++;
    return result;
  } catch (error) {
    const { code, detail } = MapiError.from(error, 'mapi');
    job.failed.push({ code, message: `message ${job.read}${where}: ${detail}`, loss: true });
    return undefined;
  } finally {
    job.progress.update(job.read, 0);
  }
}

/** Every message of a folder, as soon as it is read. */
async function* messagesOf(job: Job, messages: AsyncIterable<IMessage>, path: string): AsyncGenerator<DumpMessage> {
  for await (const message of messages) {
    const found = await dumped(job, message, path === '' ? '' : ` of ${path}`);
    if (found !== undefined) yield found;
    if (job.context.signal.aborted) return;
  }
}

async function folderResult(job: Job, folder: DumpFolder): Promise<FolderResult> {
  const { path, containerClass, folderType } = folder;
  const messages: DumpMessage[] = [];
  for await (const message of messagesOf(job, folder.messages(), path)) messages.push(message);
  const associated: DumpMessage[] = [];
  for await (const message of messagesOf(job, folder.associated(), path)) associated.push(message);
  const contentCount = folder.contentCount ?? messages.length;
  return { path, containerClass, contentCount, folderType, messages, associated };
}

/** One line per message, then one for the file. */
async function printLines(job: Job, file: DumpFile, source: () => unknown): Promise<void> {
  for await (const folder of file.folders()) {
    for (const associated of [false, true]) {
      const messages = associated ? folder.associated() : folder.messages();
      for await (const message of messagesOf(job, messages, folder.path)) {
        await printLine(job.context, { folder: folder.path, ...(associated ? { associated } : {}), message });
      }
    }
    if (job.context.signal.aborted) break;
  }
  await printLine(job.context, { source: source() });
}

/** Waits until the line is on its way: a file is read no faster than its lines are. */
async function printLine(context: Context, value: unknown): Promise<void> {
  await context.io.outBytes(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

function foldersText(context: Context, folders: readonly FolderResult[], problems: readonly DumpDiagnostic[]): string {
  const parts: string[] = [];
  for (const { path, messages, associated } of folders) {
    const heading = `${printable(path)}: ${countText(messages.length, 'message')}`;
    if (path !== '') parts.push(paint(context.io.terminal, 'bold', heading));
    for (const message of messages) parts.push(messageText(context, message, SEE_HTML));
    if (associated.length > 0) parts.push(paint(context.io.terminal, 'bold', `${printable(path)}: hidden`));
    for (const message of associated) parts.push(messageText(context, message, SEE_HTML));
  }
  for (const { code, message, offset, loss } of problems) {
    const where = offset === undefined ? '' : ` at ${offset}`;
    const mark = loss ? paint(context.io.terminal, 'red', '✗') : paint(context.io.terminal, 'yellow', '!');
    parts.push(`${mark} ${code}${where}: ${printable(message)}`);
  }
  return parts.join('\n\n');
}

function dumpOptions(options: CommandOptions): DumpOptions {
  return { body: options.body !== false, props: options.props !== false };
}

function openOptions(options: CommandOptions): OpenDumpOptions {
  const codePage = numberOption(options, 'codePage');
  return { recover: options.recover === true, ...(codePage === undefined ? {} : { codePage }) };
}

const dump: CommandSpec = {
  usage: 'dump <file>',
  summary: 'Show what is in a file of mail.',
  help: [
    'Reads a file of mail without a profile and changes nothing: .pst and .ost, .msg and .oft, TNEF (winmail.dat), .eml,',
    '.mbox, .vcf. The form is told by the content, not by the name. What is damaged is left out and named, with its place in the',
    'file.',
    '',
    '--recover searches a .pst or .ost for what has lost its place, which may have been deleted; messages that no folder',
    'names are shown as the folder "(recovered)".',
    '',
    '--json prints one document: source (with diagnostics) and folders with their messages; a file that holds one message',
    'has one folder with the path "". --jsonl prints a line per message as soon as it is read, and the source last, for',
    'files of any size.',
    '',
    'What was wrong is marked ✗ where something is not shown because of it, else !.',
    '',
    'Exit codes: 0 everything; 1 the file cannot be read at all; 3 a part could not be read; 130 interrupted.',
    '',
    'Example: mapi dump letter.msg --json --no-body',
  ].join('\n'),
  options: [
    { flags: '--no-body', description: 'leave out the bodies' },
    { flags: '--no-props', description: 'leave out the properties' },
    { flags: '--jsonl', description: 'one line of JSON per message' },
    { flags: '--recover', description: 'also what has lost its place in the file' },
    { flags: '--code-page <number>', description: 'of strings that do not say theirs' },
  ],
  run: async (context, args, options) => {
    const path = textArg(args, 0);
    await using source = await openFile(context, path);
    const { format, file } = await openDumpFile(source, basename(path), openOptions(options));
    await using opened = file;
    const progress = new Progress(context, 'messages read');
    const job: Job = { context, options: dumpOptions(options), progress, read: 0, incomplete: 0, failed: [] };
    const problems = (): readonly DumpDiagnostic[] => [...opened.diagnostics(), ...job.failed];
    const about = (): unknown => ({ file: path, format, diagnostics: problems() });
    if (options.jsonl === true) await printLines(job, opened, about);
    else {
      const folders: FolderResult[] = [];
      for await (const folder of opened.folders()) {
        folders.push(await folderResult(job, folder));
        if (context.signal.aborted) break;
      }
      progress.done();
      context.print({ source: about(), folders }, () => foldersText(context, folders, problems()));
    }
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    return job.incomplete > 0 || problems().some(({ loss }) => loss) ? EXIT_PARTIAL : EXIT_DONE;
  },
};

export const DUMP_COMMANDS: readonly CommandSpec[] = [dump];
