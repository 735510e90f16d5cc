/** OpenStreamOnFile: a stream over a file. spec: openstreamonfile */
import { join } from 'node:path';
import { nodeWorkingFiles, type Random, systemRandom, type WorkingFile, type WorkingFiles } from '@nodemapi/base';
import { type IStream, MapiError } from '@nodemapi/mapi';
import { copyStream } from './memory-stream.ts';
import { RefCounted } from './ref-counted.ts';
import { requireBytes } from './require-bytes.ts';

/** How `openStreamOnFile` opens, by flag. */
export interface StreamOnFileOptions {
  /** STGM_READWRITE; STGM_READ if omitted. */
  readonly readWrite?: boolean;
  /** STGM_CREATE: makes the file, or empties one that is there; only with `readWrite`. */
  readonly create?: boolean;
  /** STGM_DELETEONRELEASE: removes the file with the last release. */
  readonly deleteOnRelease?: boolean;
  /** SOF_UNIQUEFILENAME: the name is that of a directory, in which a file of a new name is made; only with `create`. */
  readonly uniqueFileName?: boolean;
  /** How a unique name begins, at most three characters; `SOF` if omitted. */
  readonly prefix?: string;
  /** The files of the machine if omitted. */
  readonly files?: WorkingFiles;
  /** Makes names. */
  readonly random?: Random;
}

const PREFIX_CHARS_MAX = 3;
/** HHHH, four hexadecimal digits, has no more. */
const UNIQUE_NAMES = 0x1_0000;
/** Names that are tried; a directory that is full of them is told. */
const NAMES_TRIED = 1000;

/**
 * Opens a stream over a file, or over a temporary one without a name. What is written is in the file at once; `commit`
 * brings it to the disk, and `revert` finds nothing to drop.
 *
 * @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS; MAPI_E_INVALID_PARAMETER for flags that do not go together
 * @see spec: openstreamonfile
 */
export async function openStreamOnFile(fileName: string | null, options: StreamOnFileOptions = {}): Promise<IStream> {
  checkOptions(fileName, options);
  const { files = nodeWorkingFiles, readWrite = false, create = false, uniqueFileName = false } = options;
  if (fileName === null || uniqueFileName) {
    const { path, file } = await makeUnique(files, fileName ?? files.temporaryDirectory(), options);
    return new FileStream(file, true, options.deleteOnRelease === true ? () => files.remove(path) : undefined);
  }
  const file = await files.open(fileName, create ? 'create' : readWrite ? 'readWrite' : 'read');
  return new FileStream(file, readWrite, options.deleteOnRelease === true ? () => files.remove(fileName) : undefined);
}

function checkOptions(fileName: string | null, options: StreamOnFileOptions): void {
  const { readWrite = false, create = false, deleteOnRelease = false, uniqueFileName = false, prefix } = options;
  if (create && !readWrite) invalid('STGM_CREATE needs STGM_READWRITE');
  if (fileName === null && !(create && deleteOnRelease))
    invalid('without a file name STGM_CREATE and STGM_DELETEONRELEASE must be set');
  if (uniqueFileName && !create) invalid('SOF_UNIQUEFILENAME needs STGM_CREATE and STGM_READWRITE');
  if (prefix !== undefined && (prefix.length > PREFIX_CHARS_MAX || /[/\\\0:]/.test(prefix)))
    invalid(`${JSON.stringify(prefix.slice(0, 20))} is no prefix of at most ${PREFIX_CHARS_MAX} characters`);
}

function invalid(detail: string): never {
  throw new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}

async function makeUnique(
  files: WorkingFiles,
  directory: string,
  { prefix = 'SOF', random = systemRandom }: StreamOnFileOptions,
): Promise<{ readonly path: string; readonly file: WorkingFile }> {
  const [low = 0, high = 0] = random.bytes(2);
  const first = high * 256 + low;
  for (let index = 0; index < NAMES_TRIED; index++) {
    const number = ((first + index) % UNIQUE_NAMES).toString(16).toUpperCase().padStart(4, '0');
    const path = join(directory, `${prefix}${number}.TMP`);
    try {
      return { path, file: await files.open(path, 'createNew') };
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_COLLISION')) throw error;
    }
  }
  throw new MapiError('MAPI_E_COLLISION', `${directory} has too many files ${prefix}HHHH.TMP`);
}

class FileStream extends RefCounted implements IStream {
  readonly iid = 'IStream';
  readonly #file: WorkingFile;
  readonly #writable: boolean;
  readonly #remove: (() => Promise<void>) | undefined;
  #position = 0;

  constructor(file: WorkingFile, writable: boolean, remove: (() => Promise<void>) | undefined) {
    super();
    this.#file = file;
    this.#writable = writable;
    this.#remove = remove;
  }

  async read(count: number): Promise<Uint8Array> {
    this.assertOpen();
    const left = (await this.#file.size()) - this.#position;
    const bytes = await this.#file.read(this.#position, Math.max(0, Math.min(Math.trunc(count), left)));
    this.#position += bytes.length;
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertWritable();
    requireBytes(bytes);
    await this.#file.write(this.#position, bytes);
    this.#position += bytes.length;
  }

  /** @throws MAPI_E_INVALID_PARAMETER for a position before the beginning */
  async seek(offset: number, origin: 'begin' | 'current' | 'end' = 'begin'): Promise<number> {
    this.assertOpen();
    const base = origin === 'begin' ? 0 : origin === 'current' ? this.#position : await this.#file.size();
    const position = base + offset;
    if (!Number.isSafeInteger(position) || position < 0) invalid(`a stream has no position ${position}`);
    this.#position = position;
    return position;
  }

  async setSize(size: number): Promise<void> {
    this.#assertWritable();
    await this.#file.truncate(size);
  }

  async commit(): Promise<void> {
    this.assertOpen();
    if (this.#writable) await this.#file.sync();
  }

  async revert(): Promise<void> {
    this.assertOpen();
  }

  async stat(): Promise<{ readonly size: number; readonly writable: boolean }> {
    this.assertOpen();
    return { size: await this.#file.size(), writable: this.#writable };
  }

  async copyTo(destination: IStream, count = Number.POSITIVE_INFINITY): Promise<number> {
    return copyStream(this, destination, count);
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
    await this.#remove?.();
  }

  #assertWritable(): void {
    this.assertOpen();
    if (!this.#writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the stream was opened for reading');
  }
}
