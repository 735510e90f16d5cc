/**
 * A transport of nodemailer that puts mail into the outgoing queue: for programs that have one, and must not lose mail.
 *
 * - `sendMail` is done when the message is on the disk, not when a server has it.
 * - The queue serves the envelope: who is in a header and not in it is shown and not served, who is in it alone is blind.
 * - What the queue cannot keep a promise about is refused, never dropped.
 *
 * It knows nodemailer by the few things it uses of it, so that no program needs to have it.
 */
import { MapiError, toHex } from '@nodemapi/base';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  type AdrEntry,
  type EntryId,
  type IMAPISession,
  type IMessage,
  isPropError,
  MAPI_BCC,
  MAPI_SUBMITTED,
  MAPI_TO,
  PR_EMAIL_ADDRESS,
  PR_INTERNET_MESSAGE_ID,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_RECIPIENT_TYPE,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { recipientRow } from './compose.ts';
import { importMime } from './mime.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';
import { submitSaved } from './submit.ts';

/** Whom a mail of nodemailer is for. */
export interface MailerEnvelope {
  readonly from: string | false;
  readonly to: readonly string[];
}

/** A mail as nodemailer hands it to a transport. */
export interface MailerMail {
  readonly data: {
    readonly envelope?: unknown;
    readonly dkim?: unknown;
    readonly auth?: unknown;
    readonly requireTLSExtensionEnabled?: boolean | undefined;
    readonly dsn?: { readonly notify?: unknown } | undefined;
    readonly signal?: AbortSignal | undefined;
  };
  readonly mailer?: { readonly dkim?: unknown };
  readonly message: {
    getEnvelope(): { readonly from: string | false; readonly to: readonly string[] };
    messageId(): string;
    createReadStream(): AsyncIterable<Uint8Array | string>;
  };
}

/** What `sendMail` answers. */
export interface QueuedMail {
  readonly envelope: MailerEnvelope;
  readonly messageId: string;
  /** By which the queue knows it: `spooler.cancel`, `mapi outbox show`. */
  readonly entryId: EntryId;
  /** Everybody whom the queue will serve; who is refused by a server comes back as a report, in the Inbox. */
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  readonly response: string;
}

/** What `createTransport` of nodemailer takes. */
export interface NodemailerTransport {
  readonly name: string;
  readonly version: string;
  readonly supportsAbortSignal: true;
  send(mail: MailerMail, callback: (error: Error | null, info: QueuedMail) => void): void;
  /** @throws MAPI_E_NOT_FOUND if no transport of the profile takes mail for addresses of the Internet */
  verify(): Promise<true>;
  verify(callback: (error: Error | null, isReady: true) => void): void;
  close(): void;
}

/**
 * Makes a transport for `createTransport` of nodemailer, which puts mail into the Outbox of the session's default store.
 *
 * The session stays the program's, which ends it; nothing stays open between two mails.
 *
 * Mails fail with MAPI_E_NO_SUPPORT for what nodemailer would have done on its way to a server (`dkim`, `auth`,
 * `requireTLSExtensionEnabled`, a return path of its own), MAPI_E_NO_RECIPIENTS for an empty envelope, and
 * with the reason of an aborted `signal`.
 */
export function nodemailerTransport(session: IMAPISession): NodemailerTransport {
  return {
    name: 'nodemapi',
    version: '1',
    supportsAbortSignal: true,
    send: (mail, callback) => {
      enqueue(session, mail).then((info) => callback(null, info), fail(callback));
    },
    verify: verifying(session),
    close: () => undefined,
  };
}

/** nodemailer reads only the first argument of a failure. */
function fail(callback: (error: Error | null, info: never) => void): (error: unknown) => void {
  return (error) => callback(error instanceof Error ? error : MapiError.from(error, 'nodemapi'), undefined as never);
}

/** nodemailer passes on what it was called with, which may be nothing. */
function verifying(session: IMAPISession): NodemailerTransport['verify'] {
  function verifyMail(): Promise<true>;
  function verifyMail(callback: (error: Error | null, isReady: true) => void): void;
  function verifyMail(callback?: (error: Error | null, isReady: true) => void): Promise<true> | undefined {
    const verified = verify(session);
    if (callback === undefined) return verified;
    verified.then((isReady) => callback(null, isReady), fail(callback));
    return undefined;
  }
  return verifyMail;
}

async function verify(session: IMAPISession): Promise<true> {
  await using table = await session.getStatusTable(); // transports have started then
  await table.getRowCount();
  if ((await session.enumAdrTypes()).includes('SMTP')) return true;
  throw new MapiError('MAPI_E_NOT_FOUND', 'no transport of the profile takes mail for SMTP addresses');
}

async function enqueue(session: IMAPISession, mail: MailerMail): Promise<QueuedMail> {
  refuseWhatIsLost(mail);
  const envelope = mail.message.getEnvelope();
  if (envelope.to.length === 0) throw new MapiError('MAPI_E_NO_RECIPIENTS', 'nobody is in the envelope of the mail');
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  await using message = await outbox.createMessage();
  const { signal } = mail.data;
  const text = bytesOf(mail.message.createReadStream());
  await importMime(text, message, { unsent: true, ...(signal === undefined ? {} : { signal }) });
  await addressByEnvelope(message, envelope.to);
  await askForReports(message, mail.data.dsn?.notify);
  const messageId = await messageIdOf(message, mail);
  signal?.throwIfAborted();
  const entryId = await submitSaved(message);
  const response = `queued ${toHex(entryId)}`;
  return { envelope, messageId, entryId, accepted: [...envelope.to], rejected: [], response };
}

/** The Message-ID as it is sent: nodemailer does not look for it in the text of a `raw` mail, and adds none to that. */
async function messageIdOf(message: IMessage, mail: MailerMail): Promise<string> {
  const written = await getProp(message, PR_INTERNET_MESSAGE_ID);
  if (written !== undefined) return written;
  const made = mail.message.messageId();
  await message.setProps([prop(PR_INTERNET_MESSAGE_ID, made)]);
  return made;
}

/** @throws MAPI_E_NO_SUPPORT */
function refuseWhatIsLost({ data, mailer, message }: MailerMail): void {
  const refuse = (what: string): never => {
    throw new MapiError('MAPI_E_NO_SUPPORT', what);
  };
  if (data.dkim || mailer?.dkim)
    refuse(
      'dkim of nodemailer would not hold: the message is written anew. Set dkimSelector and dkimKey of the service',
    );
  if (data.auth) refuse('auth of a mail: the queue logs on by the settings of the service');
  if (data.requireTLSExtensionEnabled === true) refuse('REQUIRETLS of a mail');
  const wanted = (data.envelope as { readonly from?: unknown } | null | undefined)?.from;
  if (wanted === undefined) return;
  const { from } = message.getEnvelope();
  refuse(`the return path ${String(from)}: it is the address of the account that sends`);
}

async function* bytesOf(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** The recipients came from the headers; the envelope says who of them is served, and who else. */
async function addressByEnvelope(message: IMessage, addresses: readonly string[]): Promise<void> {
  const wanted = new Map(addresses.map((address) => [keyOf(address), address]));
  const shown = new Set<string>();
  const notServed: AdrEntry[] = [];
  for (const row of await recipientsOf(message)) {
    const key = keyOf(propOf(row, PR_EMAIL_ADDRESS) ?? '');
    shown.add(key);
    if (wanted.has(key)) continue;
    const type = ((propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO) | MAPI_SUBMITTED) >>> 0;
    notServed.push([...row.filter(({ tag }) => tag !== PR_RECIPIENT_TYPE), prop(PR_RECIPIENT_TYPE, type)]);
  }
  const blind = [...wanted].filter(([key]) => !shown.has(key)).map(([, address]) => recipientRow(address, MAPI_BCC));
  if (notServed.length > 0) await message.modifyRecipients('modify', notServed);
  if (blind.length > 0) await message.modifyRecipients('add', blind);
}

/** Whole rows: a row that is modified is replaced. */
async function recipientsOf(message: IMessage): Promise<readonly AdrEntry[]> {
  await using table = await message.getRecipientTable();
  const rows = await queryAllRows(table, { tags: await table.queryColumns({ all: true }) });
  return rows.map((row) => row.filter((value) => !isPropError(value)));
}

/** Of an address, what two forms of it have in common. */
function keyOf(address: string): string {
  return address.trim().toLowerCase();
}

/** `dsn.notify` of nodemailer: one or several of never, success, failure, delay. */
async function askForReports(message: IMessage, notify: unknown): Promise<void> {
  if (notify === undefined || notify === null) return;
  const wanted = new Set((Array.isArray(notify) ? notify : [notify]).map((word) => String(word).toLowerCase()));
  await message.setProps([
    prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, wanted.has('success')),
    prop(PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, !wanted.has('never')),
  ]);
}
