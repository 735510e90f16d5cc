/**
 * An mbox file that is looked at before anything is taken.
 *
 * - It is read under its dot lock, where one can be made, and changed under it alone.
 * - A message is named by its text, since deleting others moves it; equal ones are numbered.
 * - Deleting writes what is kept into a file beside it, which takes its place at once: after a crash one of the two is there.
 */
import { type FileStat, type FileSystem, MapiError, newGuid } from '@nodemapi/base';
import { FileWindow } from './file-window.ts';
import { readPieces, type WaitingMail } from './mail-source.ts';
import type { MboxFilePorts } from './mbox-file.ts';
import { lockMbox, removeLockStrays } from './mbox-lock.ts';
import { copyBad, readMessage } from './mbox-message.ts';
import { MboxProgressFile } from './mbox-progress.ts';
import { isWhole, type MboxSpan, scanNext } from './mbox-scan.ts';
import { mboxStat } from './mbox-stat.ts';
import { headerAt, type Lying, type LyingMail, type RemoteSource } from './remote-source.ts';

/** Messages by key, in the order of the file, of the file as it was then. */
interface Scanned {
  readonly seen: string;
  readonly spans: ReadonlyMap<string, MboxSpan>;
}

interface Part {
  readonly start: number;
  readonly end: number;
}

const FROM_LINE = /^From [^\n]*\n/u;
/** What the group of a file may do. */
const GROUP_BITS = 0o070;
const SEEN = /^status[ \t]*:[ \t]*\S*R/imu;

export class RemoteMbox implements RemoteSource {
  readonly #path: string;
  readonly #ports: MboxFilePorts;
  readonly #progress: MboxProgressFile;
  #scanned: Scanned | undefined;
  #tidied = false;

  constructor(path: string, ports: MboxFilePorts) {
    this.#path = path;
    this.#ports = ports;
    this.#progress = new MboxProgressFile(ports.files, path, ports.stateFolder);
  }

  /** No file is an empty one: mail systems remove a mailbox that has become empty. */
  async list(max: number, signal: AbortSignal): Promise<Lying> {
    await using _lock = await this.#lock();
    const spans = await this.#scan(signal);
    const mails: LyingMail[] = [];
    const shown = [...spans].slice(-max);
    const end = shown.at(-1)?.[1].end;
    if (end === undefined) return { mails, total: 0 };
    await using window = await FileWindow.open(this.#ports.files, this.#path, end);
    for (const [key, span] of shown) {
      signal.throwIfAborted();
      mails.push(await lying(window, key, span));
    }
    return { mails, total: spans.size };
  }

  async open(key: string): Promise<WaitingMail | undefined> {
    const lock = await this.#lock();
    let mail: WaitingMail | undefined;
    try {
      const span = (await this.#scan()).get(key);
      if (span !== undefined) mail = this.#mail(span, await this.#generation(), lock);
      return mail;
    } finally {
      if (mail === undefined) await lock?.[Symbol.asyncDispose]();
    }
  }

  async remove(keys: ReadonlySet<string>): Promise<ReadonlyMap<string, MapiError>> {
    try {
      await using lock = await this.#lock();
      if (lock === undefined) throw new MapiError('MAPI_E_NO_ACCESS', `${this.#path} cannot be locked`);
      const spans = await this.#scan();
      const kept = [...spans].filter(([key]) => !keys.has(key)).map(([, span]) => span);
      if (kept.length < spans.size) await this.#rewrite(kept, [...spans.values()].at(-1)?.end ?? 0);
      return new Map();
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      return new Map([...keys].map((key) => [key, error]));
    }
  }

  /** @returns undefined where nobody may make a lock. @throws MAPI_E_BUSY while somebody has it */
  async #lock(): Promise<AsyncDisposable | undefined> {
    const { files, nowMs } = this.#ports;
    try {
      const lock = await lockMbox(files, this.#path, nowMs);
      if (lock !== undefined) {
        await this.#tidy();
        return lock;
      }
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NO_ACCESS')) return undefined;
      throw error;
    }
    throw new MapiError('MAPI_E_BUSY', `${this.#path} is locked by another program`);
  }

  /** Once, under the lock: what others left who were killed. */
  async #tidy(): Promise<void> {
    if (this.#tidied) return;
    this.#tidied = true;
    const { files, nowMs } = this.#ports;
    await removeLockStrays(files, this.#path, nowMs(), [this.#beside]);
  }

  get #beside(): string {
    return `${this.#path}.nodemapi-kept`;
  }

  /** What lies in the file now, but for a last message that is still being written. */
  async #scan(signal?: AbortSignal): Promise<ReadonlyMap<string, MboxSpan>> {
    const stat = await mboxStat(this.#ports.files, this.#path);
    const seen = stat === undefined ? 'none' : `${stat.size} ${stat.modified}`;
    if (this.#scanned?.seen === seen) return this.#scanned.spans;
    const spans = new Map<string, MboxSpan>();
    const counts = new Map<string, number>();
    const size = stat?.size ?? 0;
    await using window = size === 0 ? undefined : await FileWindow.open(this.#ports.files, this.#path, size);
    for (let at = 0; window !== undefined && at < size; ) {
      signal?.throwIfAborted();
      const span = await scanNext(window, at, size);
      at = span.end;
      if (stat !== undefined && at === size && !(await isWhole(this.#ports, this.#path, stat))) break;
      const count = counts.get(span.contentHash) ?? 0;
      counts.set(span.contentHash, count + 1);
      spans.set(`${span.contentHash}.${count}`, span);
    }
    // A file whose end is still being written may be found whole a little later, without having changed.
    const isAll = [...spans.values()].at(-1)?.end === size || size === 0;
    this.#scanned = isAll ? { seen, spans } : undefined;
    return spans;
  }

  #mail(span: MboxSpan, generation: string, lock: AsyncDisposable | undefined): WaitingMail {
    const { files, stateFolder } = this.#ports;
    const { start, hash, contentHash } = span;
    return {
      name: `${this.#path} at ${start}`,
      // As `MboxFile` names it, so that what one of the two has received the other one knows.
      sources: [`mbox:${this.#path}:${generation}:${contentHash}`, `mbox:${this.#path}:${generation}:${start}:${hash}`],
      read: () => readMessage(files, this.#path, span),
      finish: async () => {},
      setAside: (reason) => copyBad(files, this.#path, span, stateFolder, reason),
      postpone: () => {},
      [Symbol.asyncDispose]: async () => lock?.[Symbol.asyncDispose](),
    };
  }

  /** On the disk before the first message is named by it. */
  async #generation(): Promise<string> {
    return (await this.#progress.read())?.generation ?? this.#begin();
  }

  /** The file begins anew: the same text in it is another message. */
  async #begin(): Promise<string> {
    const generation = newGuid(this.#ports.random);
    await this.#progress.write({ generation, offset: 0, rescanTo: 0 });
    return generation;
  }

  /** @param wholeTo up to here the file was looked at; what lies behind it is kept as it is */
  async #rewrite(kept: readonly MboxSpan[], wholeTo: number): Promise<void> {
    const { files } = this.#ports;
    const stat = await mboxStat(this.#ports.files, this.#path);
    if (stat === undefined) return;
    this.#scanned = undefined;
    if (kept.length === 0 && wholeTo === stat.size) {
      await files.truncate(this.#path);
      await this.#begin();
      return;
    }
    const beside = this.#beside;
    if (await files.exists(beside)) await files.remove(beside); // of one of ours that was killed
    try {
      await this.#copy(beside, joined([...kept, { start: wholeTo, end: stat.size }]), stat);
      const now = await mboxStat(this.#ports.files, this.#path);
      if (now?.size !== stat.size || now.modified !== stat.modified) {
        throw new MapiError('MAPI_E_BUSY', `${this.#path} was changed in spite of its lock`);
      }
    } catch (error) {
      await removeIfPossible(files, beside);
      throw error;
    }
    await files.rename(beside, this.#path);
  }

  /** Copies parts of the file into another one, which has everything else of the file before anything is in it. */
  async #copy(beside: string, parts: readonly Part[], stat: FileStat): Promise<void> {
    const { files } = this.#ports;
    const copy = await files.openAppend(beside);
    try {
      await this.#makeAlike(beside, stat);
      for (const { start, end } of parts) {
        for await (const piece of readPieces(files, this.#path, start, end)) await copy.write(piece);
      }
      await copy.sync();
    } finally {
      await copy[Symbol.asyncDispose]();
    }
  }

  /** Gives the copy owner, access list and mode of the file. A group that may do nothing with it is no matter. */
  async #makeAlike(beside: string, { uid, gid, mode }: FileStat): Promise<void> {
    const { files } = this.#ports;
    const own = await files.stat(beside);
    if (own.uid !== uid || (own.gid !== gid && (mode & GROUP_BITS) !== 0)) {
      try {
        await files.chown(beside, uid, gid);
      } catch (cause) {
        if (!MapiError.is(cause, 'MAPI_E_NO_ACCESS')) throw cause;
        const whose = `a file made anew would not belong to user ${uid} and group ${gid}, as ${this.#path} does`;
        throw new MapiError('MAPI_E_NO_ACCESS', whose, { cause });
      }
    }
    await files.copyAttributes(this.#path, beside);
    await files.chmod(beside, mode);
  }
}

/** Parts of a file that follow one another as one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const whole: Part[] = [];
  for (const { start, end } of parts) {
    const before = whole.at(-1);
    if (before?.end === start) whole[whole.length - 1] = { start: before.start, end };
    else whole.push({ start, end });
  }
  return whole;
}

async function lying(window: FileWindow, key: string, { start, end, hasSeparator }: MboxSpan): Promise<LyingMail> {
  const block = Buffer.from(await headerAt(window, start, end)).toString('latin1');
  const header = hasSeparator ? block.replace(FROM_LINE, '') : block;
  return { key, size: end - start, seen: SEEN.test(header), header: Buffer.from(header, 'latin1') };
}

/** What is left is removed by the next one who has the lock. */
async function removeIfPossible(files: FileSystem, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!MapiError.is(error)) throw error; // why the file was not rewritten says more
  }
}
