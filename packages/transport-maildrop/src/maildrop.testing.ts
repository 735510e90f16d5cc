/** The maildrop transport with its surroundings: a home, and a folder for the mail. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageDouble, type SupportUnderTest } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMAPISupport,
  type IXPLogon,
  type IXPProvider,
  type PropValue,
  type ProviderHost,
  prop,
  type StartMessageOptions,
} from '@nodemapi/mapi';
import { PR_MAILDROP_AFTER, PR_MAILDROP_FORMAT, PR_MAILDROP_PATH, PR_MAILDROP_REMOTE } from './maildrop-properties.ts';
import { XPProviderInit } from './maildrop-xp-provider.ts';

export const mailText = (subject: string, body = 'body'): string =>
  `From: Ann <ann@example.test>\nTo: bob@example.test\nSubject: ${subject}\nMessage-ID: <${subject}@example.test>\n\n${body}\n`;

/** A home and a place for mail, which both go when it is disposed of. */
export class Place implements AsyncDisposable {
  readonly host: ProviderHost & AsyncDisposable;
  readonly folder: string;

  private constructor(host: ProviderHost & AsyncDisposable, folder: string) {
    this.host = host;
    this.folder = folder;
  }

  static async make(overrides: Partial<ProviderHost> = {}): Promise<Place> {
    return new Place(await standaloneHost(overrides), await mkdtemp(join(tmpdir(), 'nodemapi-maildrop-')));
  }

  get maildir(): string {
    return join(this.folder, 'Maildir');
  }

  get mbox(): string {
    return join(this.folder, 'mbox');
  }

  async makeMaildir(): Promise<void> {
    for (const name of ['tmp', 'new', 'cur']) await mkdir(join(this.maildir, name), { recursive: true });
  }

  /** Puts a message into `new`, as a delivery agent does. */
  async drop(name: string, text: string | Uint8Array = mailText(name), folder = 'new'): Promise<void> {
    await writeFile(join(this.maildir, folder, name), text);
  }

  names(folder: string): Promise<string[]> {
    return readdir(join(this.maildir, folder)).then((names) => names.sort());
  }

  /** Adds messages to the mbox. */
  async append(...texts: readonly string[]): Promise<void> {
    const entries = texts.map((text) => `From ann@example.test Sun Nov 22 10:00:00 2026\n${text}\n`);
    await writeFile(this.mbox, entries.join(''), { flag: 'a' });
  }

  mboxText(): Promise<string> {
    return readFile(this.mbox, 'utf8');
  }

  section(format: 'maildir' | 'mbox', after: 'keep' | 'delete' | 'remote' = 'keep'): PropValue[] {
    return [
      prop(PR_MAILDROP_PATH, format === 'mbox' ? this.mbox : this.maildir),
      prop(PR_MAILDROP_FORMAT, format),
      ...(after === 'remote' ? [prop(PR_MAILDROP_REMOTE, true)] : [prop(PR_MAILDROP_AFTER, after)]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const underTest = (support: StandaloneSupport): SupportUnderTest => ({
  support,
  statusRow: () => [...support.statusRow],
  notices: () => support.notices,
  releasedByTransport: () => support.references === 1,
});

export interface Receiver extends AsyncDisposable {
  readonly provider: IXPProvider;
  readonly logon: IXPLogon;
  readonly support: StandaloneSupport;
}

/** A process that receives. */
export async function receiver(
  place: Place,
  format: 'maildir' | 'mbox',
  after: 'keep' | 'delete' | 'remote' = 'keep',
  host: ProviderHost = place.host,
): Promise<Receiver> {
  const { provider } = await XPProviderInit(host);
  const support = new StandaloneSupport({ kind: 'transport', host, section: place.section(format, after) });
  const { logon } = await provider.transportLogon(support as IMAPISupport, 'test', { noInbound: true });
  return { provider, logon, support, [Symbol.asyncDispose]: () => provider.shutdown() };
}

/** A store that remembers sources, as the spooler shows it to a transport. */
export class Mailbox {
  readonly #noted = new Set<string>();
  readonly messages: MessageDouble[] = [];
  known = 0;

  /** Receives one message. */
  async receive(logon: IXPLogon, message = new MessageDouble()): Promise<MessageDouble> {
    const save = message.saveChanges.bind(message);
    let names: readonly string[] = [];
    message.saveChanges = async () => {
      await save();
      for (const name of names) this.#noted.add(name);
      this.messages.push(message);
    };
    const recognise: StartMessageOptions['recognise'] = async (...sources) => {
      names = sources;
      const isKnown = this.#noted.has(sources[0]);
      if (isKnown) this.known++;
      return isKnown;
    };
    await logon.startMessage(message, { signal: new AbortController().signal, recognise });
    return message;
  }

  /** Receives until nothing waits any more; every error is handed on. */
  async drain(logon: IXPLogon): Promise<void> {
    for (let rounds = 0; await logon.poll(); rounds++) {
      if (rounds > 1000) throw new Error('it does not come to an end');
      await this.receive(logon);
    }
  }
}
