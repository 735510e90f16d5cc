/**
 * Headers first: the list of what lies at a source, the marks of viewers, and the work that they ask for.
 *
 * - Nothing is taken but what is marked for it, and nothing is deleted but what is marked for that.
 * - A message that is moved is deleted at its source after it was saved, when all downloads are done.
 * - Work is done while the spooler flushes, one download per `receive`; a request only notes what is to be done.
 *
 * spec: writing-a-remote-viewer, ixplogon-validatestate
 */
import { createHash } from 'node:crypto';
import { type Clock, fileTimeFromMs, type Log, MapiError, Mutex, toHex, utf8Encode } from '@nodemapi/base';
import { headerColumns } from '@nodemapi/format-oxcmail';
import {
  HeaderCache,
  type HeaderNote,
  RemoteRequests,
  splitSubject,
  type TransportStatus,
  type WaitingHeader,
} from '@nodemapi/kit';
import {
  type EntryId,
  type IMessage,
  MSGFLAG_READ,
  makeEntryId,
  PR_DISPLAY_TO,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_NORMALIZED_SUBJECT,
  PR_PRIORITY,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SENSITIVITY,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  type PropValue,
  prop,
  propOf,
  STATUS_INBOUND_FLUSH,
  type StartMessageOptions,
} from '@nodemapi/mapi';
import type { WaitingMail } from './mail-source.ts';
import type { LyingMail, RemoteSource } from './remote-source.ts';

/** What is longer in a header is cut for the list. */
const TEXT_CHARS_MAX = 1024;
/** Headers that are shown of one source; of more the newest. */
export const HEADERS_MAX = 10_000;

const HEADER_UID = Uint8Array.of(
  0xfa,
  0x58,
  0x56,
  0x2d,
  0x15,
  0x88,
  0x48,
  0xa1,
  0xbe,
  0x66,
  0x93,
  0xa4,
  0x97,
  0x2e,
  0xaf,
  0xd9,
);

const KNOWN: HeaderNote = { text: 'It was downloaded before.', failed: false };
const NOT_TAKEN: HeaderNote = { text: 'It was not downloaded: no message store took it.', failed: true };

/** What a header tells beside what every list of mail shows. */
const COLUMNS: ReadonlySet<number> = new Set([
  PR_SUBJECT,
  PR_SENDER_NAME,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_DISPLAY_TO,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_CLASS,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_PRIORITY,
  PR_SENSITIVITY,
  PR_INTERNET_MESSAGE_ID,
]);

export interface RemoteDropPorts {
  /** Tells the messages of two sources apart. */
  readonly path: string;
  readonly source: RemoteSource;
  readonly status: TransportStatus;
  readonly log: Log;
  readonly clock: Clock;
  /** Stops the download that runs. */
  readonly cancel: (reason: MapiError) => void;
  /** Fills and saves a message; answers whether it was saved before. Throws unless it is in the store then. */
  readonly deliver: (mail: WaitingMail, message: IMessage, options: StartMessageOptions) => Promise<'saved' | 'known'>;
}

/** A message that is to be downloaded. */
interface Wanted {
  readonly entryId: EntryId;
  readonly key: string;
  readonly moves: boolean;
}

interface Work {
  readonly queue: Wanted[];
  /** What goes from the source when the downloads are done, by key. */
  readonly removals: Map<string, EntryId>;
  readonly abort: AbortController;
  fetched: number;
  failed: number;
  /** Downloads that were tried since the flush began. */
  tried: number;
}

export class RemoteDrop {
  readonly requests: RemoteRequests;
  readonly headers = new HeaderCache();
  readonly #ports: RemoteDropPorts;
  /** Where each listed message lies, by identifier. */
  #keys: ReadonlyMap<string, string> = new Map();
  #work: Work | undefined;
  /** Flushes in a row that have ended without any work, though some was asked for. */
  #missed = 0;
  readonly #turn: Mutex;

  constructor(ports: RemoteDropPorts) {
    this.#ports = ports;
    this.#turn = new Mutex(ports.clock);
    const abort = async (): Promise<boolean> => this.#abort();
    this.requests = new RemoteRequests({ status: ports.status, abort, disconnect: async () => {} });
  }

  /** Whether something is being done. */
  get isWorking(): boolean {
    return this.#work !== undefined;
  }

  /** Whether there is something to be done, now or in the next flush. */
  get isPending(): boolean {
    return this.isWorking || this.requests.waits;
  }

  /** Whether there is something to be done now: only while the spooler flushes. */
  get hasWork(): boolean {
    const isFlushing = (this.#ports.status.code & STATUS_INBOUND_FLUSH) !== 0;
    return isFlushing && this.isPending;
  }

  /** Does the next part of the work; at most one message is saved. */
  receive(message: IMessage, options: StartMessageOptions): Promise<void> {
    return this.#turn.run(() => this.#receive(message, options));
  }

  /**
   * The spooler has ended its flush: what is left goes on in another one, unless this one did nothing.
   *
   * @returns whether another flush is to be asked for
   */
  flushEnded(): Promise<boolean> {
    return this.#turn.run(() => this.#flushEnded());
  }

  async close(): Promise<void> {
    this.#abort();
    await this.headers.close();
  }

  async #receive(message: IMessage, options: StartMessageOptions): Promise<void> {
    if (!this.hasWork) return;
    this.#work ??= this.#begin();
    const work = this.#work;
    if (work === undefined) return;
    const wanted = work.queue.shift();
    if (wanted === undefined) await this.#finish(work);
    else await this.#download(work, wanted, message, options);
  }

  async #flushEnded(): Promise<boolean> {
    // A request may have come when the flush was at its end; after a second one nobody will ever call `receive`.
    this.#missed = this.#work === undefined && this.requests.waits ? this.#missed + 1 : 0;
    if (this.#missed > 1) this.#work = this.#begin();
    const work = this.#work;
    if (work !== undefined && (work.queue.length === 0 || work.tried === 0)) await this.#finish(work);
    if (this.#work !== undefined) this.#work.tried = 0;
    return this.isPending;
  }

  /** @returns undefined if only a connection was asked for: there is none to be made */
  #begin(): Work | undefined {
    const { refresh, process } = this.requests.take();
    if (!refresh) return undefined;
    const work: Work = {
      queue: [],
      removals: new Map(),
      abort: new AbortController(),
      fetched: 0,
      failed: 0,
      tried: 0,
    };
    for (const { entryId, action } of process ? this.headers.marked() : []) {
      const key = this.#keys.get(toHex(entryId));
      if (key === undefined) continue;
      if (action === 'delete') work.removals.set(key, entryId);
      else work.queue.push({ entryId, key, moves: action === 'move' });
    }
    return work;
  }

  async #download(work: Work, wanted: Wanted, message: IMessage, options: StartMessageOptions): Promise<void> {
    const { source, deliver, log } = this.#ports;
    const { entryId, key, moves } = wanted;
    work.tried++;
    try {
      await using mail = await source.open(key);
      if (mail === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'it does not lie at its source any more');
      const outcome = await deliver(mail, message, options);
      await mail.finish();
      work.fetched++;
      this.headers.note(entryId, outcome === 'known' && !moves ? KNOWN : undefined);
      if (moves && !work.abort.signal.aborted) work.removals.set(key, entryId);
    } catch (error) {
      if (!MapiError.is(error) || work.abort.signal.aborted) throw error;
      work.failed++;
      this.headers.note(entryId, { text: error.detail, failed: true });
      if (options.signal.aborted) throw error;
      log.warn('a message could not be downloaded', { key, error });
    }
  }

  /** Deletes what is to go, and lists anew. What goes wrong is in the status row, and with the headers. */
  async #finish(work: Work): Promise<void> {
    const { source, status } = this.#ports;
    for (const { entryId } of work.queue) this.headers.note(entryId, NOT_TAKEN);
    const left = work.queue.length;
    work.queue.length = 0;
    try {
      const failed = work.removals.size === 0 ? new Map() : await source.remove(new Set(work.removals.keys()));
      for (const [key, error] of failed)
        this.headers.note(work.removals.get(key) as EntryId, { text: error.detail, failed: true });
      const deleted = work.removals.size - failed.size;
      const total = await this.#list(work.abort.signal);
      await status.works();
      await this.#done(work, summary(total, { ...work, deleted, failed: work.failed + failed.size + left }));
    } catch (error) {
      if (work.abort.signal.aborted) return; // `abort` has said so
      if (!MapiError.is(error)) throw error;
      this.#ports.log.warn('the waiting mail cannot be looked at', { error });
      await this.#done(work, error.detail);
      await status.broken(error.detail);
    }
  }

  async #done(work: Work, text: string): Promise<void> {
    if (this.#work !== work) return;
    this.#work = undefined;
    await this.requests.done(text);
  }

  async #list(signal: AbortSignal): Promise<number> {
    const { mails, total } = await this.#ports.source.list(HEADERS_MAX, signal);
    signal.throwIfAborted();
    const listed = mails.map((mail) => ({ key: mail.key, header: this.#header(mail) }));
    this.#keys = new Map(listed.map(({ key, header }) => [toHex(header.entryId), key]));
    await this.headers.replace(listed.map(({ header }) => header));
    return total;
  }

  #header({ key, size, arrivedMs, seen, header }: LyingMail): WaitingHeader {
    const told = headerColumns(header)
      .filter(({ tag }) => COLUMNS.has(tag))
      .map(cut);
    const when = propOf(told, PR_MESSAGE_DELIVERY_TIME);
    const columns: PropValue[] = [
      ...told,
      prop(PR_NORMALIZED_SUBJECT, splitSubject(propOf(told, PR_SUBJECT) ?? '').normalized),
      prop(PR_MESSAGE_SIZE, size),
      prop(PR_MESSAGE_FLAGS, seen ? MSGFLAG_READ : 0),
    ];
    if (when === undefined && arrivedMs !== undefined)
      columns.push(prop(PR_MESSAGE_DELIVERY_TIME, fileTimeFromMs(arrivedMs)));
    const hash = createHash('sha256')
      .update(utf8Encode(`${this.#ports.path}\0${key}`))
      .digest();
    return { entryId: makeEntryId(HEADER_UID, new Uint8Array(hash.subarray(0, 16))), columns };
  }

  #abort(): boolean {
    const work = this.#work;
    this.#work = undefined;
    if (work === undefined) return true;
    const reason = new MapiError('MAPI_E_USER_CANCEL', 'the operation on the headers was stopped');
    work.abort.abort(reason);
    this.#ports.cancel(reason);
    return true;
  }
}

function cut(value: PropValue): PropValue {
  const { tag, value: text } = value;
  return typeof text === 'string' && text.length > TEXT_CHARS_MAX
    ? { tag, value: text.slice(0, TEXT_CHARS_MAX) }
    : value;
}

function summary(
  total: number,
  { fetched, deleted, failed }: { readonly fetched: number; readonly deleted: number; readonly failed: number },
): string {
  const done = [
    fetched === 0 ? '' : `, ${fetched} downloaded`,
    deleted === 0 ? '' : `, ${deleted} deleted`,
    failed === 0 ? '' : `, ${failed} failed`,
  ];
  const shown = total > HEADERS_MAX ? ` (the newest ${HEADERS_MAX} are shown)` : '';
  return `${total} waiting${shown}${done.join('')}`;
}
