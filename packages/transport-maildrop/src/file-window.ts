/** Reads parts of one file one after the other, with one open file and one piece of it in memory. */
import type { FileSystem, OpenFile } from '@nodemapi/base';
import { CHUNK_BYTES, readPiece } from './mail-source.ts';

export class FileWindow implements AsyncDisposable {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #size: number;
  /** What was read last, and where it lies. */
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  private constructor(file: OpenFile, path: string, size: number) {
    this.#file = file;
    this.#path = path;
    this.#size = size;
  }

  /** @param size no byte behind it is looked at */
  static async open(files: FileSystem, path: string, size: number): Promise<FileWindow> {
    return new FileWindow(await files.openRead(path), path, size);
  }

  /** A part of the file, in pieces. @throws MAPI_E_BUSY if the file has become shorter, which is no fault of the message */
  async *pieces(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let offset = start; offset < end; ) {
      const from = offset - this.#at;
      if (from < 0 || from >= this.#piece.length) {
        this.#piece = await readPiece(this.#file, this.#path, offset, Math.min(CHUNK_BYTES, this.#size - offset));
        this.#at = offset;
      } else {
        const found = this.#piece.subarray(from, Math.min(this.#piece.length, from + end - offset));
        offset += found.length;
        yield found;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}
