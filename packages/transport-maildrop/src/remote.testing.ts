/** The viewer of a remote maildrop: marks, requests and flushes, without a session. */
import type { MessageDouble } from '@nodemapi/conformance';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  MSGSTATUS_REMOTE_DELETE,
  MSGSTATUS_REMOTE_DOWNLOAD,
  PR_ENTRYID,
  PR_MSG_STATUS,
  PR_REMOTE_VALIDATE_OK,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  PR_SUBJECT,
  type ProviderHost,
  propOf,
  type Row,
  supportsHeaders,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import { type Mailbox, mailText, type Place, type Receiver, receiver } from './maildrop.testing.ts';

export const DOWNLOAD = MSGSTATUS_REMOTE_DOWNLOAD;
export const DELETE = MSGSTATUS_REMOTE_DELETE;
export const MOVE = DOWNLOAD | DELETE;

export type Format = 'maildir' | 'mbox';

/** Three mails lie at the source: 1.a, 2.b and 3.c. */
export async function threeMails(place: Place, format: Format): Promise<void> {
  await place.makeMaildir();
  for (const name of ['1.a', '2.b', '3.c']) {
    await (format === 'mbox' ? place.append(mailText(name)) : place.drop(name));
  }
}

export class Viewer implements AsyncDisposable {
  readonly receiver: Receiver;
  readonly folder: IMAPIFolder;

  private constructor(own: Receiver, folder: IMAPIFolder) {
    this.receiver = own;
    this.folder = folder;
  }

  static async open(place: Place, format: Format, host?: ProviderHost): Promise<Viewer> {
    const own = await receiver(place, format, 'remote', host);
    if (!supportsHeaders(own.logon)) throw new Error('it has no headers');
    return new Viewer(own, await own.logon.openHeaderFolder());
  }

  /** Asks by the status object. */
  async ask(options: ValidateStateOptions): Promise<void> {
    await using status = await this.receiver.logon.openStatusEntry();
    await status.validateState(undefined, options);
  }

  /** What the spooler does when it is told. */
  async flush(mailbox: Mailbox): Promise<void> {
    const { logon } = this.receiver;
    await logon.flushQueues(undefined, { download: true });
    for (let rounds = 0; await logon.poll(); rounds++) {
      if (rounds > 1000) throw new Error('it does not come to an end');
      await mailbox.receive(logon);
    }
    await logon.transportNotify({ endInboundFlush: true });
  }

  async refresh(mailbox: Mailbox): Promise<void> {
    await this.ask({ refreshHeaderCache: true });
    await this.flush(mailbox);
  }

  /** Marks messages by subject, and has it done. */
  async process(mailbox: Mailbox, marks: Readonly<Record<string, number>>): Promise<void> {
    for (const [subject, mark] of Object.entries(marks)) await this.mark(subject, mark);
    await this.ask({ processHeaderCache: true });
    await this.flush(mailbox);
  }

  async mark(subject: string, mark: number): Promise<number> {
    const row = (await this.rows()).find((one) => propOf(one, PR_SUBJECT) === subject);
    if (row === undefined) throw new Error(`no header of ${subject}`);
    return this.folder.setMessageStatus(propOf(row, PR_ENTRYID) ?? new Uint8Array(), mark, MOVE);
  }

  async rows(): Promise<readonly Row[]> {
    await using table = await this.folder.getContentsTable();
    return await queryAllRows(table);
  }

  /** Subjects with their marks. */
  async marks(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.rows();
    return Object.fromEntries(rows.map((row) => [propOf(row, PR_SUBJECT) ?? '', propOf(row, PR_MSG_STATUS) ?? -1]));
  }

  get code(): number {
    return propOf([...this.receiver.support.statusRow], PR_STATUS_CODE) ?? 0;
  }

  get isReady(): boolean | undefined {
    return propOf([...this.receiver.support.statusRow], PR_REMOTE_VALIDATE_OK);
  }

  get text(): string {
    return propOf([...this.receiver.support.statusRow], PR_STATUS_STRING) ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder.release();
    await this.receiver[Symbol.asyncDispose]();
  }
}

export async function subjectsOf(messages: readonly MessageDouble[]): Promise<readonly string[]> {
  const subjects = await Promise.all(messages.map((message) => getProp(message, PR_SUBJECT)));
  return subjects.map((subject) => subject ?? '').sort();
}

/** Subjects of what lies at the source, however it is flagged there. */
export async function lyingAt(place: Place, format: Format): Promise<readonly string[]> {
  if (format === 'mbox')
    return [...(await place.mboxText()).matchAll(/^Subject: (.*)$/gmu)].map(([, one]) => one ?? '');
  const names = [...(await place.names('new')), ...(await place.names('cur'))];
  return names.map((name) => name.replace(/:.*$/u, '')).sort();
}
