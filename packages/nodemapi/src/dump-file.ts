/**
 * Files of mail as folders of messages: what `mapi dump` reads, whatever the form.
 *
 * A form is one entry of `DUMP_FORMATS`. Messages are opened one after the other, so a file of any size is read in the
 * memory of one message.
 */
import { MapiError, type RandomAccess } from '@nodemapi/base';
import type { IMessage } from '@nodemapi/mapi';
import { EML_FORMAT, MBOX_FORMAT } from './dump-mime.ts';
import { MSG_FORMAT } from './dump-msg.ts';
import { PST_FORMAT } from './dump-pst.ts';
import { TNEF_FORMAT } from './dump-tnef.ts';
import { VCF_FORMAT } from './dump-vcf.ts';

/** What was wrong with a file. */
export interface DumpDiagnostic {
  readonly code: string;
  readonly message: string;
  /** Bytes from the beginning of the file, where that is known. */
  readonly offset?: number;
  /** Whether something of the content could not be read. */
  readonly loss: boolean;
}

/** A folder of a file; one that holds a single message has the path `''`. */
export interface DumpFolder {
  readonly path: string;
  readonly containerClass: string | null;
  /** Messages; null where only reading them tells. */
  readonly contentCount: number | null;
  /** PR_FOLDER_TYPE */
  readonly folderType: number;
  /** Messages one after the other; whoever takes one releases it before the next. */
  messages(): AsyncIterable<IMessage>;
  associated(): AsyncIterable<IMessage>;
}

/** How a file of messages is opened for a dump. */
export interface OpenDumpOptions {
  /** Also what has lost its place in the file, where the form knows how to find it. */
  readonly recover?: boolean;
  /** Code page of strings that do not say theirs. */
  readonly codePage?: number;
}

/** A file that is open. */
export interface DumpFile extends AsyncDisposable {
  /** What DUMP calls the file, if that is not the name of the form. */
  readonly form?: string;
  folders(): AsyncIterable<DumpFolder>;
  /** Grows while messages are read. */
  diagnostics(): readonly DumpDiagnostic[];
}

/** One form of file. */
export interface DumpFormat {
  /** What DUMP calls it: `msg`, `eml`, … */
  readonly name: string;
  /** Whether a file that begins with `head` and has this name (lower case) is of the form. */
  recognise(head: Uint8Array, name: string): boolean;
  /** @throws MAPI_E_CORRUPT_DATA for what cannot be read at all */
  open(source: RandomAccess, options?: OpenDumpOptions): Promise<DumpFile>;
}

/** Every form, in the order in which they are tried. */
export const DUMP_FORMATS: readonly DumpFormat[] = [
  PST_FORMAT,
  MSG_FORMAT,
  TNEF_FORMAT,
  VCF_FORMAT,
  MBOX_FORMAT,
  EML_FORMAT,
];

/** Bytes that a form is recognised by, at most. */
const headBytesMax = 4096;

/**
 * Opens a file of any form; `source` is read as long as it is used, and closed by the caller.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is of no form that is known, or cannot be read at all
 */
export async function openDumpFile(
  source: RandomAccess,
  name: string,
  options: OpenDumpOptions = {},
): Promise<{ readonly format: string; readonly file: DumpFile }> {
  const format = await recogniseFile(source, name);
  if (format === undefined) {
    const known = DUMP_FORMATS.map((each) => each.name).join(', ');
    throw new MapiError('MAPI_E_CORRUPT_DATA', `the file is none of ${known}`);
  }
  const file = await format.open(source, options);
  return { format: file.form ?? format.name, file };
}

/**
 * The form of a file, told by how it begins; undefined if it is none that is known.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is empty
 */
export async function recogniseFile(source: RandomAccess, name: string): Promise<DumpFormat | undefined> {
  const size = await source.size();
  if (size === 0) throw new MapiError('MAPI_E_CORRUPT_DATA', 'the file is empty');
  const head = await source.read(0, Math.min(size, headBytesMax));
  return DUMP_FORMATS.find((each) => each.recognise(head, name.toLowerCase()));
}
