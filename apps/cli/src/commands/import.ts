/** mapi import: .eml and .mbox files into a folder. */
import { extname } from 'node:path';
import { type IMAPIFolder, importMime, MapiError, openDefaultStore, openFolderByPath, splitMbox } from 'nodemapi';
import {
  type CommandSpec,
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_PARTIAL,
  listArg,
  textOption,
  UsageError,
} from '../command.ts';
import type { Context } from '../context.ts';
import { openInput } from '../input.ts';
import { Progress } from '../progress.ts';
import { countText, paint, printable } from '../terminal.ts';

export interface Failure {
  readonly source: string;
  readonly code: string;
  readonly message: string;
}

export interface TransferResult {
  read: number;
  written: number;
  readonly failed: Failure[];
}

/** Notes a failure, by its source. */
export function noteFailure(result: TransferResult, source: string, error: unknown): void {
  const mapi = MapiError.from(error, 'mapi');
  result.failed.push({ source, code: mapi.code, message: mapi.detail });
}

/** What was done, for people. */
export function transferText(context: Context, result: TransferResult): string {
  const mark =
    result.failed.length === 0 ? paint(context.io.terminal, 'green', '✓') : paint(context.io.terminal, 'red', '✗');
  const head = `${mark} ${countText(result.read, 'message')} read, ${result.written} written, ${result.failed.length} failed`;
  return [
    head,
    ...result.failed.map((failure) => `  ${failure.source}: ${printable(failure.message)} (${failure.code})`),
  ].join('\n');
}

/** The exit code of a transfer. */
export function transferExit(context: Context, result: TransferResult): number {
  if (context.signal.aborted) return EXIT_INTERRUPTED;
  if (result.failed.length === 0) return EXIT_DONE;
  return result.written === 0 ? EXIT_FAILED : EXIT_PARTIAL;
}

async function importOne(
  folder: IMAPIFolder,
  source: AsyncIterable<Uint8Array>,
  name: string,
  result: TransferResult,
): Promise<void> {
  result.read++;
  try {
    await using message = await folder.createMessage();
    await importMime(source, message);
    await message.saveChanges();
    result.written++;
  } catch (error) {
    noteFailure(result, name, error);
  }
}

async function importFile(
  context: Context,
  folder: IMAPIFolder,
  path: string,
  result: TransferResult,
  progress: Progress,
): Promise<void> {
  try {
    const source = await openInput(context, path);
    if (extname(path).toLowerCase() !== '.mbox') {
      await importOne(folder, source, path, result);
      return;
    }
    let number = 0;
    for await (const message of splitMbox(source)) {
      if (context.signal.aborted) return;
      await importOne(folder, message, `${path}#${++number}`, result);
      progress.update(result.read, 0);
    }
  } catch (error) {
    noteFailure(result, path, error);
  }
}

const importCommand: CommandSpec = {
  usage: 'import <files...>',
  summary: 'Import messages from files.',
  help: 'Imports messages from .eml and .mbox files (- is an .eml on standard input) into a folder of the default store.\nWhat cannot be imported is named, with the reason; the rest is imported.\n\nExit codes: 0 everything; 1 nothing; 3 a part.',
  options: [{ flags: '--to <folder>', description: 'path of the folder', default: 'Inbox' }],
  run: async (context, args, options) => {
    const paths = listArg(args, 0);
    const foreign = paths.find((path) => ['.msg', '.pst', '.ost'].includes(extname(path).toLowerCase()));
    if (foreign !== undefined)
      throw new MapiError('MAPI_E_NO_SUPPORT', `${foreign}: only .eml and .mbox files can be imported yet`);
    const target = textOption(options, 'to');
    if (target === undefined || target === '') throw new UsageError('--to needs the path of a folder');
    const { result } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using store = await openDefaultStore(session);
      await using folder = await openFolderByPath(store, target);
      const counts: TransferResult = { read: 0, written: 0, failed: [] };
      const progress = new Progress(context, 'importing');
      for (const path of paths) {
        if (context.signal.aborted) break;
        await importFile(context, folder, path, counts, progress);
        progress.update(counts.read, 0);
      }
      progress.done();
      return counts;
    });
    context.print(result, () => transferText(context, result));
    return transferExit(context, result);
  },
};

export const IMPORT_COMMANDS: readonly CommandSpec[] = [importCommand];
