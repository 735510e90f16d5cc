/**
 * What is known of attempts that were cut off: whether their messages were offered to anybody before the end.
 *
 * A process that sends has a file beside the store, with a slot for each attempt that it has in hand, named by message and
 * lock. It is written without waiting for the disk: that outlives the process, and takes microseconds.
 *
 * - A slot is written when the attempt is on the disk, and its mark before the message is offered. Where no slot is found
 *   nothing is known, so a slot that is missing or overwritten never makes anything safe that is not.
 * - A slot says something only if its process is gone, since one that stands still may go on and offer the message; and
 *   only until the machine is started anew: after a power cut the mark may be missing, and the slot be there.
 * - Without an identifier of the start of the machine, which Linux has, nothing is written.
 */
import { basename, dirname, join } from 'node:path';
import type { ProcessFates, VolatileFile } from '@nodemapi/base';
import { concatBytes, fileTimeToMs, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import type { ProviderHost } from '@nodemapi/mapi';
import { fateOfOwner } from './process-owner.ts';

const FORMAT = 'nodemapi offers 2';

const headerBytes = 256;
/** Message and lock, 8 bytes each, then the mark: a slot never lies on two pages. */
const slotBytes = 32;
const markAt = 16;
const CLAIMED = 1;
const OFFERED = 2;
/** Attempts in hand; more of them are not noted. */
const slotsMax = 4096;
/** A file goes after so long where nobody can tell whether its process lives. */
const forgottenMs = 24 * 60 * 60_000;

const HIGH = 2 ** 32;
const OFFERED_MARK = Uint8Array.of(OFFERED);

interface Slot {
  readonly index: number;
  readonly lock: number;
}

/** A file of a process that is gone: marks by message and lock. */
type Left = ReadonlyMap<string, number>;

export interface OffersParts {
  readonly host: ProviderHost;
  /** Of the store. */
  readonly path: string;
  /** Names this process. */
  readonly owner: string;
  readonly fates: ProcessFates;
  /** The attempts that the queue shows as running: message and lock. */
  readonly sending: () => readonly (readonly [message: number, lock: number])[];
}

export class Offers implements AsyncDisposable {
  readonly #parts: OffersParts;
  readonly #slots = new Map<number, Slot>();
  readonly #free: number[] = [];
  /** Files of processes that are gone do not change any more. */
  readonly #left = new Map<string, Left>();
  #count = 0;
  #opening: Promise<void> | undefined;
  #path: string | undefined;
  #file: VolatileFile | undefined;
  #closed = false;

  constructor(parts: OffersParts) {
    this.#parts = parts;
  }

  /** An attempt is on the disk, and its message has not been offered yet. Never rejects: without a slot nothing is known. */
  async claim(message: number, lock: number): Promise<void> {
    this.#opening ??= this.#create();
    await this.#opening;
    const index = this.#slots.get(message)?.index ?? this.#free.pop() ?? this.#count;
    if (this.#file === undefined || this.#closed || index >= slotsMax) return;
    this.#count = Math.max(this.#count, index + 1);
    this.#slots.set(message, { index, lock }); // also if the slot is only half written: then `offer` has to mark it
    try {
      this.#file.writeAt(offsetOf(index), slotOf(message, lock));
    } catch (error) {
      this.#parts.host.log.debug('attempt not noted', { message, error });
    }
  }

  /** The message is about to be offered. @throws MAPI_E_BUSY if that cannot be noted */
  offer(message: number, lock: number): void {
    if (this.#closed) throw new MapiError('MAPI_E_BUSY', 'the store is closed: nobody could note what becomes of it');
    const slot = this.#slots.get(message);
    if (slot?.lock !== lock) return; // of other attempts nothing is known anyway
    try {
      this.#file?.writeAt(offsetOf(slot.index) + markAt, OFFERED_MARK);
    } catch (cause) {
      throw new MapiError('MAPI_E_BUSY', 'it cannot be noted that the message is offered', { cause });
    }
  }

  /** The attempt is over, and what came of it is on the disk. */
  ended(message: number): void {
    const slot = this.#slots.get(message);
    if (slot === undefined) return;
    this.#slots.delete(message);
    this.#free.push(slot.index);
  }

  /** Whether the message was offered under this lock, by a process that is gone; undefined: nobody knows. */
  async wasOffered(message: number, lock: number): Promise<boolean | undefined> {
    const key = keyOf(message, lock);
    let known: boolean | undefined;
    for (const { slots } of await this.#leftByOthers()) {
      const mark = slots?.get(key);
      if (mark === OFFERED) return true;
      if (mark === CLAIMED) known = false;
    }
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#opening;
    if (this.#file === undefined) return;
    await this.#file[Symbol.asyncDispose]();
    try {
      await this.#sweep();
    } catch (error) {
      // What lies there does no harm, and must not keep the store from being closed.
      this.#parts.host.log.warn('what is not needed any more stays beside the store', { error });
    }
  }

  async #create(): Promise<void> {
    const { host, path, owner, fates } = this.#parts;
    if (fates.boot === undefined) return;
    const own = `${path}-offers-${owner.split('/').slice(1).join('-')}`;
    try {
      await this.#sweep();
      this.#file = await host.files.createVolatile(own);
      this.#path = own;
      this.#file.writeAt(0, headerOf(owner));
    } catch (error) {
      host.log.warn('which messages are offered is not noted', { error });
      if (this.#file === undefined) return;
      await this.#file[Symbol.asyncDispose]();
      this.#file = undefined;
      await this.#remove(own);
    }
  }

  /** Removes what others have left, and what we leave ourselves, if nobody will ask for it. */
  async #sweep(): Promise<void> {
    const left = await this.#leftByOthers();
    // Asked after that: of who is gone every attempt is in the queue by now, so that no file is removed that tells of one.
    const sending = new Set(this.#parts.sending().map(([message, lock]) => keyOf(message, lock)));
    for (const { name, slots } of left) {
      const isWanted = slots !== undefined && [...slots.keys()].some((key) => sending.has(key));
      if (!isWanted) await this.#remove(name);
    }
    const isOurs = [...this.#slots].some(([message, { lock }]) => sending.has(keyOf(message, lock)));
    if (this.#path !== undefined && !isOurs) await this.#remove(this.#path);
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#parts.host.files.remove(path);
      this.#left.delete(path);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) this.#parts.host.log.warn('file not removed', { path, error });
    }
  }

  /** The files of processes that are gone; those of before the last start of the machine say nothing. */
  async #leftByOthers(): Promise<readonly { readonly name: string; readonly slots: Left | undefined }[]> {
    const { host, path } = this.#parts;
    const folder = dirname(path);
    const prefix = `${basename(path)}-offers-`;
    const found = [];
    for (const entry of await host.files.list(folder)) {
      const name = join(folder, entry);
      if (!entry.startsWith(prefix) || name === this.#path) continue;
      const left = this.#left.get(name);
      const read = left === undefined ? await this.#read(name) : { name, slots: left };
      if (read !== undefined) found.push(read);
    }
    return found;
  }

  /** Whether nobody has written it for a day: without it nothing is known, which is never wrong. */
  async #isForgotten(name: string): Promise<boolean> {
    const { files, clock } = this.#parts.host;
    try {
      return clock.nowMs() - fileTimeToMs((await files.stat(name)).modified) > forgottenMs;
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
      return false;
    }
  }

  /** One file; undefined if its process lives, or may live, or if the file has just gone. */
  async #read(name: string): Promise<{ name: string; slots: Left | undefined } | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#parts.host.files.readFile(name);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
      return undefined;
    }
    const [format, owner = ''] = utf8Decode(bytes.subarray(0, headerBytes)).split('\n');
    // One that is not whole is just being made, or is no file of ours.
    const fate = format === FORMAT ? fateOfOwner(owner, this.#parts.fates) : 'unknown';
    if (fate === 'restarted') return { name, slots: undefined };
    if (fate === 'unknown') return (await this.#isForgotten(name)) ? { name, slots: undefined } : undefined;
    if (fate === 'alive') return undefined;
    const slots = slotsIn(bytes);
    this.#left.set(name, slots);
    return { name, slots };
  }
}

function headerOf(owner: string): Uint8Array {
  const text = utf8Encode(`${FORMAT}\n${owner}\n`);
  return concatBytes([text, new Uint8Array(Math.max(headerBytes - text.length, 0))]).subarray(0, headerBytes);
}

function offsetOf(index: number): number {
  return headerBytes + index * slotBytes;
}

function slotOf(message: number, lock: number): Uint8Array {
  const words = new Uint32Array(slotBytes / 4);
  words.set([message, message / HIGH, lock, lock / HIGH]); // each is taken modulo 2^32, in the order of this machine
  const bytes = new Uint8Array(words.buffer);
  bytes[markAt] = CLAIMED;
  return bytes;
}

function slotsIn(bytes: Uint8Array): Left {
  const slots = new Map<string, number>();
  const words = new Uint32Array(bytes.slice(0, bytes.length - (bytes.length % 4)).buffer);
  const number = (at: number): number => (words[at / 4] ?? 0) + (words[at / 4 + 1] ?? 0) * HIGH;
  const end = Math.min(bytes.length, offsetOf(slotsMax));
  for (let at = headerBytes; at + slotBytes <= end; at += slotBytes) {
    const mark = bytes[at + markAt] ?? 0;
    if (mark === 0) continue;
    slots.set(keyOf(number(at), number(at + 8)), mark);
  }
  return slots;
}

function keyOf(message: number, lock: number): string {
  return `${message}/${lock}`;
}
