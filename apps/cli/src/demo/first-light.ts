/** The main job from end to end: two profiles, a real SMTP conversation, a notification, two sessions that end well. */
import { createReadStream } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DumpMessage,
  deliverToMailbox,
  dumpMessage,
  type EndReport,
  endSession,
  fnevNewMail,
  type HomeSubsystem,
  type IMAPISession,
  type IMsgStore,
  importMime,
  MapiError,
  type NewMailNotification,
  openDefaultStore,
  openSpecialFolder,
  PR_SENTMAIL_ENTRYID,
  prop,
  serviceProps,
  specialFolderId,
  toHex,
} from 'nodemapi';
import type { Context } from '../context.ts';
import { endJson, endText } from '../end-text.ts';
import { DEMO_MAIL } from '../package-files.ts';
import { shortId } from '../short-id.ts';
import { bytesText, paint, printable } from '../terminal.ts';
import { startSmtpSink } from './smtp-sink.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';
/** New mail is waited for at most so long. */
const arrivalMsMax = 30_000;

class Story {
  readonly #context: Context;
  #step = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  step(text: string): void {
    this.#step++;
    if (!this.#context.json)
      this.#context.io.out(`\n${paint(this.#context.io.terminal, 'bold', `${this.#step}. ${text}`)}`);
  }

  /** The report of the end of a session. */
  end(report: EndReport): void {
    if (!this.#context.json) this.#context.io.out(endText(this.#context.io.terminal, report).replaceAll(/^/gmu, ' '));
  }

  detail(text: string): void {
    if (!this.#context.json) this.#context.io.out(`   ${text}`);
  }
}

/** Runs the demo; answers whether the message arrived whole and both sessions ended in good order. */
export async function firstLight(context: Context): Promise<boolean> {
  const story = new Story(context);
  const named = context.options.home ?? context.io.environment.MAPI_HOME;
  const home = named === undefined || named === '' ? await mkdtemp(join(tmpdir(), 'nodemapi-')) : context.home;
  story.step('A MAPI home: the directory in which everything is kept');
  story.detail(`${home} holds the profiles, the message stores and the address books.`);
  const subsystem = await context.subsystem({ home });

  story.step('An SMTP server on this machine, so that no network is needed');
  await using sink = await startSmtpSink(
    async (message) => {
      for (const address of message.to)
        await deliverToMailbox(subsystem.host, address, {
          key: message.id,
          returnPath: message.from,
          body: message.content,
        });
    },
    (line) => story.detail(`server: ${line}`),
  );
  story.detail(`It listens on 127.0.0.1:${sink.port} and hands what it takes to the mailbox of the recipient.`);

  story.step('Two profiles: what a person named Alice and a person named Bob log on with');
  await subsystem.MAPIInitialize();
  try {
    await makeProfile(subsystem, 'alice', {
      smtp: { host: '127.0.0.1', port: String(sink.port), from: ALICE, fromName: 'Alice Example', security: 'none' },
    });
    await makeProfile(subsystem, 'bob', { local: { addresses: BOB, name: 'Bob Example' } });
  } finally {
    await subsystem.MAPIUninitialize();
  }
  story.detail(
    'demo_alice: a message store (one SQLite file), an address book, and the SMTP transport to that server.',
  );
  story.detail('demo_bob: a message store, an address book, and local delivery, which takes mail from that server.');
  return await sendAndReceive(context, story, subsystem); // the server stays until the end
}

/** Makes a profile with a store, an address book and one transport; one that is there already is made anew. */
async function makeProfile(
  subsystem: HomeSubsystem,
  name: string,
  transport: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<void> {
  await using admin = await subsystem.MAPIAdminProfiles();
  const profile = `demo_${name}`;
  try {
    await admin.deleteProfile(profile);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
  }
  await admin.createProfile(profile);
  await using services = await admin.adminServices(profile);
  for (const [service, values] of Object.entries({ sql: {}, pab: {}, ...transport })) {
    const uid = await services.createMsgServiceEx(service);
    const entry = subsystem.catalogue.services[service];
    if (entry !== undefined && Object.keys(values).length > 0)
      await services.configureMsgService(uid, serviceProps(entry, values));
  }
}

async function sendAndReceive(context: Context, story: Story, subsystem: HomeSubsystem): Promise<boolean> {
  story.step('Bob logs on and asks to be told of new mail');
  await subsystem.MAPIInitialize();
  const bob = await subsystem.MAPILogonEx(null, 'demo_bob', null, { extended: true, newSession: true });
  const ends: EndReport[] = [];
  let received: DumpMessage | undefined;
  try {
    const bobStore = await openDefaultStore(bob);
    const arrival = await awaitNewMail(bobStore);
    story.detail('IMsgStore.advise(fnevNewMail) on his store: from now on he hears of every new message.');

    story.step('Alice logs on, makes a message from first-light.eml and submits it');
    const sent = await send(story, subsystem, ends);

    story.step('Bob is told of new mail');
    const { notification, connection } = await arrival.done;
    story.detail(
      `The notification says: newMail, message class ${notification.messageClass}, id ${shortId(toHex(notification.entryId))}. He opens it:`,
    );
    received = await readMessage(bobStore, notification);
    describe(story, received);
    story.detail(
      same(sent, received)
        ? paint(context.io.terminal, 'green', 'It is the message Alice sent, to the last byte of its attachments.')
        : 'IT IS NOT what Alice sent.',
    );
    await connection[Symbol.asyncDispose]();
    await bobStore.release();

    story.step('Bob ends his session in the same way');
  } finally {
    ends.push(await endSession(bob, { policy: 'drain', deadlineMs: 10_000 }));
  }
  const [aliceEnd, bobEnd] = ends;
  if (bobEnd !== undefined) story.end(bobEnd);
  const good =
    received !== undefined &&
    aliceEnd?.completed === true &&
    bobEnd?.completed === true &&
    aliceEnd.outgoing.sent === 1;
  if (context.json) context.io.out(JSON.stringify({ received, ends: ends.map(endJson) }, undefined, 2));
  else
    context.io.out(
      `\n${good ? paint(context.io.terminal, 'green', 'The message arrived and both sessions ended in good order.') : paint(context.io.terminal, 'red', 'Something went wrong; see above.')}`,
    );
  return good;
}

interface Arrival {
  readonly done: Promise<{ readonly notification: NewMailNotification; readonly connection: AsyncDisposable }>;
}

async function awaitNewMail(store: IMsgStore): Promise<Arrival> {
  let tell: (notification: NewMailNotification) => void = () => undefined;
  const arrived = new Promise<NewMailNotification>((resolve) => {
    tell = resolve;
  });
  const connection = await store.advise(null, fnevNewMail, {
    onNotify: (notifications) => {
      for (const notification of notifications) if (notification.kind === 'newMail') tell(notification);
    },
  });
  const late = AbortSignal.timeout(arrivalMsMax);
  const expired = new Promise<never>((_resolve, reject) => {
    late.addEventListener('abort', () =>
      reject(new MapiError('MAPI_E_TIMEOUT', `no new mail within ${arrivalMsMax / 1000} seconds`)),
    );
  });
  const done = Promise.race([arrived, expired]).then((notification) => ({ notification, connection }));
  done.catch(() => undefined);
  return { done };
}

/** Alice's whole session; answers the message as she made it. */
async function send(story: Story, subsystem: HomeSubsystem, ends: EndReport[]): Promise<DumpMessage> {
  await subsystem.MAPIInitialize();
  const alice = await subsystem.MAPILogonEx(null, 'demo_alice', null, { extended: true, newSession: true });
  try {
    const dump = await submit(alice, story);
    story.detail(
      'submitMessage has returned: the message is on the disk, in the outgoing queue, and would survive a crash.',
    );
    story.step('Alice ends her session, waiting until everything in her outgoing queue is sent (policy "drain")');
    return dump;
  } finally {
    const end = await endSession(alice, { policy: 'drain', deadlineMs: 20_000 });
    ends.push(end);
    story.end(end);
  }
}

async function submit(session: IMAPISession, story: Story): Promise<DumpMessage> {
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  await using message = await outbox.createMessage();
  await importMime(createReadStream(DEMO_MAIL), message, { unsent: true });
  await message.setProps([prop(PR_SENTMAIL_ENTRYID, await specialFolderId(store, 'sentMail'))]);
  await message.saveChanges({ keepOpenReadWrite: true });
  const dump = await dumpMessage(message, { props: false });
  describe(story, dump);
  await message.submitMessage();
  return dump;
}

async function readMessage(store: IMsgStore, notification: NewMailNotification): Promise<DumpMessage> {
  await using message = await store.openEntry(notification.entryId, { iid: 'IMessage' });
  return await dumpMessage(message, { props: false });
}

function describe(story: Story, message: DumpMessage): void {
  story.detail(
    `"${printable(message.subject)}" from ${message.from?.address ?? '?'} to ${message.recipients.map((recipient) => recipient.address).join(', ')}`,
  );
  for (const file of message.attachments)
    story.detail(`  ${file.name}, ${file.mimeType ?? 'unknown type'}, ${bytesText(file.size)}`);
}

function same(a: DumpMessage, b: DumpMessage): boolean {
  const hashes = (message: DumpMessage): string =>
    message.attachments
      .map((file) => `${file.name} ${file.sha256}`)
      .sort()
      .join('\n');
  const words = (message: DumpMessage): string => (message.body?.text ?? '').trimEnd().replaceAll('\r\n', '\n');
  return a.subject === b.subject && hashes(a) === hashes(b) && words(a) === words(b);
}
