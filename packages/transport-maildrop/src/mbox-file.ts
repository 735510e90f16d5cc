/**
 * An mbox file as a source of mail.
 *
 * - It is read and emptied under its dot lock alone, which is held for one message at a time. Where none can be made
 *   (a folder that we may not write to) it is only read, and a message that has changed meanwhile is not delivered.
 * - How far it was received stands in the MAPI home. If another program rewrites the file, what was received before is
 *   recognised by its text, for which the store has to remember sources.
 * - With `delete` it is emptied when everything in it has been received, never in part: nobody's mail is moved around.
 * - A last message that does not end with an empty line may still be being written: it is taken when the file has been
 *   left alone for a while.
 */
import { MapiError, newGuid, type Random } from '@nodemapi/base';
import { type MailSource, type MailSourcePorts, RETRY_MS, type WaitingMail } from './mail-source.ts';
import { lockMbox, removeLockStrays } from './mbox-lock.ts';
import { copyBad, readMessage } from './mbox-message.ts';
import { type MboxProgress, MboxProgressFile } from './mbox-progress.ts';
import { isWhole, type MboxSpan, scanMbox } from './mbox-scan.ts';
import { mboxStat } from './mbox-stat.ts';

export interface MboxFilePorts extends MailSourcePorts {
  readonly random: Random;
  /** Folder of the MAPI home for what is known of mbox files. */
  readonly stateFolder: string;
}

/** How long a lock of somebody else is waited for. */
const BUSY_MS = 1_000;

type Progress = Omit<MboxProgress, 'path'>;

export class MboxFile implements MailSource {
  readonly #path: string;
  readonly #after: 'keep' | 'delete';
  readonly #ports: MboxFilePorts;
  readonly #progress: MboxProgressFile;
  /** Size and time of the file when it had nothing for us. */
  #quiet: string | undefined;
  #retryAt = Number.NEGATIVE_INFINITY;
  #tidied = false;
  /** Why nothing can be had until then, if it is worth telling. */
  #trouble: MapiError | undefined;

  constructor(path: string, after: 'keep' | 'delete', ports: MboxFilePorts) {
    this.#path = path;
    this.#after = after;
    this.#ports = ports;
    this.#progress = new MboxProgressFile(ports.files, path, ports.stateFolder);
  }

  /** @throws what kept a message from being had a short while ago */
  async hasMail(): Promise<boolean> {
    if (!this.#isResting()) return this.#looksWaiting();
    if (this.#trouble !== undefined) throw this.#trouble;
    return false;
  }

  async #looksWaiting(): Promise<boolean> {
    const stat = await mboxStat(this.#ports.files, this.#path);
    if (stat === undefined || stat.size === 0) return false;
    const seen = `${stat.size} ${stat.modified}`;
    if (seen === this.#quiet) return false;
    const offset = (await this.#current(stat.size))?.offset ?? 0;
    if (offset < stat.size || this.#after === 'delete') return isWhole(this.#ports, this.#path, stat);
    this.#quiet = seen;
    return false;
  }

  async next(): Promise<WaitingMail | undefined> {
    if (this.#isResting() || !(await this.#looksWaiting())) return undefined;
    let lock: AsyncDisposable | 'busy' | undefined;
    let mail: WaitingMail | undefined;
    try {
      lock = await this.#lock();
      if (lock === 'busy') this.#retryAt = this.#ports.monotonicMs() + BUSY_MS;
      else mail = await this.#nextUnder(lock);
      this.#trouble = undefined;
      return mail;
    } catch (error) {
      this.#postpone();
      if (MapiError.is(error)) this.#trouble = error;
      throw error;
    } finally {
      if (mail === undefined && lock !== 'busy') await lock?.[Symbol.asyncDispose]();
    }
  }

  async #nextUnder(lock: AsyncDisposable | undefined): Promise<WaitingMail | undefined> {
    const stat = await mboxStat(this.#ports.files, this.#path);
    if (stat === undefined || stat.size === 0) return undefined;
    const progress = (await this.#current(stat.size)) ?? (await this.#begin());
    if (progress.offset === stat.size) {
      await this.#empty(progress);
      return undefined;
    }
    const span = await scanMbox(this.#ports.files, this.#path, progress.offset, stat.size);
    return this.#mail(span, progress, stat.size, lock);
  }

  retryNow(): void {
    this.#retryAt = Number.NEGATIVE_INFINITY;
    this.#trouble = undefined;
    this.#quiet = undefined;
  }

  /** How far the file was received; undefined if nothing of it was. */
  async #current(size: number): Promise<Progress | undefined> {
    const known = await this.#progress.read();
    if (known === undefined || (await this.#progress.holds(known, size))) return known;
    const { log } = this.#ports;
    log.info('the mbox was rewritten: what was received is recognised by its text', { path: this.#path });
    return { generation: known.generation, offset: 0, rescanTo: size };
  }

  /** The file begins: its messages get names that a crash must not change, so these are on the disk before the first. */
  async #begin(): Promise<Progress> {
    const progress = { generation: newGuid(this.#ports.random), offset: 0, rescanTo: 0 };
    await this.#progress.write(progress);
    return progress;
  }

  #mail(span: MboxSpan, progress: Progress, size: number, lock: AsyncDisposable | undefined): WaitingMail {
    const { files, log } = this.#ports;
    const name = `${this.#path} at ${span.start}`;
    const done = (): Promise<void> => this.#passed(span, progress, size, lock !== undefined);
    return {
      name,
      sources: this.#sources(span, progress),
      read: () => readMessage(files, this.#path, span),
      finish: async () => {
        try {
          await done();
        } catch (error) {
          log.warn('it could not be noted that a message was received', { mail: name, error });
          this.#postpone();
        }
      },
      setAside: async (reason) => {
        await copyBad(files, this.#path, span, this.#ports.stateFolder, reason);
        await done();
      },
      postpone: () => this.#postpone(),
      [Symbol.asyncDispose]: async () => lock?.[Symbol.asyncDispose](),
    };
  }

  /** Where it lies names a message that was just received, what it says one of a file that was rewritten. */
  #sources({ start, hash, contentHash }: MboxSpan, { generation, rescanTo }: Progress): readonly [string, string] {
    const place = `mbox:${this.#path}:${generation}:${start}:${hash}`;
    const text = `mbox:${this.#path}:${generation}:${contentHash}`;
    return start < rescanTo ? [text, place] : [place, text];
  }

  /** The message was received, or set aside. */
  async #passed(
    { start, end }: MboxSpan,
    { generation, rescanTo }: Progress,
    size: number,
    locked: boolean,
  ): Promise<void> {
    const progress: Progress = { generation, offset: end, rescanTo, guard: await this.#progress.guardOf(start, end) };
    await this.#progress.write(progress);
    if (locked && end === size) await this.#empty(progress);
  }

  /** Everything in the file was received: with `delete` it goes. The lock is held, so that nobody adds to it now. */
  async #empty({ offset }: Progress): Promise<void> {
    if (this.#after !== 'delete') return;
    const stat = await mboxStat(this.#ports.files, this.#path);
    if (stat === undefined || stat.size !== offset) return;
    await this.#ports.files.truncate(this.#path);
    await this.#begin();
  }

  /** @returns undefined where nobody may make a lock */
  async #lock(): Promise<AsyncDisposable | undefined | 'busy'> {
    const { files, nowMs } = this.#ports;
    try {
      const lock = await lockMbox(files, this.#path, nowMs);
      if (lock !== undefined) await this.#tidy();
      return lock ?? 'busy';
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NO_ACCESS') || this.#after === 'delete') throw error;
      return undefined;
    }
  }

  /** Once: the locks that others were making when they were killed. */
  async #tidy(): Promise<void> {
    if (this.#tidied) return;
    this.#tidied = true;
    await removeLockStrays(this.#ports.files, this.#path, this.#ports.nowMs());
  }

  #isResting(): boolean {
    return this.#ports.monotonicMs() < this.#retryAt;
  }

  #postpone(): void {
    this.#retryAt = this.#ports.monotonicMs() + RETRY_MS;
  }
}
