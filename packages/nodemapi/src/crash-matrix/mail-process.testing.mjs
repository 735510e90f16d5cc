// The two lives of the crash matrix, on the built product.
//
//   node mail-process.testing.mjs send HOME MARKS    first life: makes a profile, sends mail, and writes into MARKS
//                                                    what it is told
//   node mail-process.testing.mjs survive            later lives: takes {home} over IPC, finishes what is there, and
//                                                    answers what it found; a home each time, until it is disconnected;
//                                                    of {home, port} it makes a home with a profile
//
// Remarks are `begin`, and JSON: {submitting, to}, {accepted} or {refused, code}, {arrived, address, messageId},
// {told, address}, {failed}.
import { openSync, writeSync } from 'node:fs';
import {
  checkHome,
  composeMessage,
  createSubsystem,
  endSession,
  openDefaultStore,
  openSpecialFolder,
  PR_MESSAGE_CLASS,
  PR_ORIGINAL_SUBJECT,
  PR_SUBJECT,
  serviceProps,
  specialFolderId,
} from '../../dist/index.js';
import { scriptedLoader } from './scripted-mail.testing.mjs';

const PROFILE = 'crash';
/** The address of the profile itself, to which mail goes by the files of local delivery. */
const LOCAL = 'local@home.test';
/** So that nothing waits for long; a disk that fails is given up after a while. */
const SPOOLER = {
  retryFirstMs: 30,
  retryMaxMs: 100,
  retryJitter: 0,
  busyRetryMs: 30,
  transportRetryMs: 30,
  abortGraceMs: 50,
};
const sendMsMax = 1500;
const surviveMsMax = 200_000;
const pauseMs = 15;

const [mode, home, marksPath] = process.argv.slice(2);
/** A home with a profile. */
async function prepare(path, port) {
  try {
    const subsystem = await createSubsystem({ home: path });
    await subsystem.MAPIInitialize();
    await setUp(subsystem, port);
    await subsystem.MAPIUninitialize();
    return { prepared: true };
  } catch (error) {
    return { error: `${error?.stack ?? error}` };
  }
}

async function setUp(subsystem, port = 25) {
  const admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile(PROFILE);
  const services = await admin.adminServices(PROFILE);
  await services.createMsgServiceEx('sql');
  const local = await services.createMsgServiceEx('local');
  await services.configureMsgService(local, serviceProps(subsystem.catalogue.services.local, { addresses: LOCAL }));
  const uid = await services.createMsgServiceEx('smtp');
  const values = { host: '127.0.0.1', port: String(port), from: 'from@example.test', security: 'none' };
  await services.configureMsgService(uid, serviceProps(subsystem.catalogue.services.smtp, values));
  await services.release();
  await admin.release();
}

async function send() {
  const marks = openSync(marksPath, 'a');
  const remark = (what) => void writeSync(marks, JSON.stringify(what));
  writeSync(marks, 'begin');
  const arrived = (subject, address, messageId) => remark({ arrived: subject, address, messageId });
  const subsystem = await createSubsystem({
    home,
    spooler: SPOOLER,
    loadModule: scriptedLoader(home, { arrived, isSlow: true }),
  });
  await subsystem.MAPIInitialize();
  try {
    await setUp(subsystem);
    for (const work of [firstSession, secondSession]) {
      const mail = await Mail.open(subsystem, remark);
      await work(mail).finally(() => mail.close());
    }
  } catch (error) {
    remark({ failed: `${error?.code}: ${error?.message}` });
  }
  process.exit(0); // what a failing disk left open is not waited for
}

/** One message by itself, then several at once: one for two, one of whom is refused, and one who has to wait. */
async function firstSession(mail) {
  await mail.submit('a', ['ok@example.test']);
  await mail.drain();
  const body = 'a long body '.repeat(2000);
  await Promise.all([
    mail.submit('b', ['ok@example.test', 'bad@example.test']),
    mail.submit('c', ['ok@example.test', 'slow@example.test']),
    mail.submit('d', ['ok@example.test'], body),
  ]);
  await mail.drain();
}

/** The log has been brought into the file by the end of the first session, and begins anew. */
async function secondSession(mail) {
  await mail.submit('e', ['ok@example.test', LOCAL]);
  await mail.drain();
  await mail.spooler.flushQueues({ download: true });
}

class Mail {
  static async open(subsystem, remark) {
    const mail = new Mail();
    mail.remark = remark;
    mail.session = await subsystem.MAPILogonEx(null, PROFILE, null, { newSession: true });
    mail.store = await openDefaultStore(mail.session);
    mail.outbox = await openSpecialFolder(mail.store, 'outbox');
    mail.sentMail = await specialFolderId(mail.store, 'sentMail');
    mail.spooler = await subsystem.readySpoolerOf(mail.session);
    return mail;
  }

  async submit(subject, to, text = 'body') {
    this.remark({ submitting: subject, to });
    try {
      const message = await composeMessage(this.outbox, { to, subject, text, sentMail: this.sentMail });
      await message.submitMessage();
      this.remark({ accepted: subject });
    } catch (error) {
      this.remark({ refused: subject, code: error?.code });
    }
  }

  /** Until nothing waits any more; says of each recipient what the spooler says. */
  async drain() {
    const end = performance.now() + sendMsMax;
    for (;;) {
      await this.spooler.drain({ signal: AbortSignal.timeout(sendMsMax) });
      const outgoing = await this.spooler.outgoing();
      for (const { subject, recipients } of outgoing) {
        for (const { address, state } of recipients) if (state === 'sent') this.remark({ told: subject, address });
      }
      if (outgoing.every(({ state }) => isFinal(state)) || performance.now() > end) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async close() {
    for (const each of [this.outbox, this.store]) await each.release();
    await endSession(this.session, { policy: 'leave', uninitialize: false, deadlineMs: sendMsMax });
  }
}

function isFinal(state) {
  return state === 'sent' || state === 'failed' || state === 'held';
}

/** Finishes what is in the queue of a home, and answers what there is then. */
async function survive(path) {
  const arrivals = [];
  const arrived = (subject, address, messageId) => arrivals.push({ subject, address, messageId });
  const subsystem = await createSubsystem({
    home: path,
    spooler: SPOOLER,
    loadModule: scriptedLoader(path, { arrived, isSlow: false }),
  });
  await subsystem.MAPIInitialize();
  try {
    return { arrivals, ...(await finished(subsystem)) };
  } catch (error) {
    return { arrivals, error: `${error?.stack ?? error}` };
  } finally {
    await subsystem.MAPIUninitialize();
  }
}

async function finished(subsystem) {
  if (!(await hasProfile(subsystem))) return { profile: false };
  const session = await subsystem.MAPILogonEx(null, PROFILE, null, { newSession: true });
  const store = await openDefaultStore(session);
  const spooler = await subsystem.readySpoolerOf(session);
  const end = performance.now() + surviveMsMax;
  let outgoing = [];
  do {
    await spooler.drain({ signal: AbortSignal.timeout(surviveMsMax) });
    outgoing = await spooler.outgoing();
  } while (!outgoing.every(({ state }) => isFinal(state)) && performance.now() < end && (await pause()));
  await spooler.flushQueues({ download: true });
  const facts = {
    profile: true,
    outgoing: outgoing.map(({ subject, state, reason, recipients }) => ({
      subject,
      state,
      notes: [reason, ...recipients.map(({ lastError }) => lastError)].filter((note) => note !== null),
    })),
    sentMail: await column(store, 'sentMail', PR_SUBJECT),
    outbox: await column(store, 'outbox', PR_SUBJECT),
    received: (await inbox(store))
      .filter(([messageClass]) => messageClass === 'IPM.Note')
      .map(([, subject]) => subject),
    reports: (await inbox(store)).filter(([messageClass]) => /\.NDR$/u.test(messageClass)).map(([, , of]) => of),
  };
  await store.release();
  await endSession(session, { policy: 'leave', uninitialize: false });
  const items = await checkHome(subsystem);
  return { ...facts, problems: items.flatMap(({ problems }) => problems.map(({ message }) => message)) };
}

/** A profile that the first life had made; one that was lost is no profile. */
async function hasProfile(subsystem) {
  const admin = await subsystem.MAPIAdminProfiles();
  const table = await admin.getProfileTable();
  const rows = await table.getRowCount();
  await table.release();
  const services = rows === 0 ? undefined : await admin.adminServices(PROFILE);
  const providers = await services?.getProviderTable();
  const count = (await providers?.getRowCount()) ?? 0;
  for (const each of [providers, services, admin]) await each?.release();
  return count >= 3; // one that was not complete could not have been used
}

async function inbox(store) {
  const folder = await openSpecialFolder(store, 'inbox');
  const rows = await rowsOf(folder, [PR_MESSAGE_CLASS, PR_SUBJECT, PR_ORIGINAL_SUBJECT]);
  await folder.release();
  return rows;
}

async function column(store, which, tag) {
  const folder = await openSpecialFolder(store, which);
  const rows = await rowsOf(folder, [tag]);
  await folder.release();
  return rows.map(([value]) => value);
}

async function rowsOf(folder, tags) {
  const table = await folder.getContentsTable();
  await table.setColumns(tags);
  const rows = await table.queryRows(1000);
  await table.release();
  return rows.map((row) => tags.map((tag) => row.find((each) => each.tag === tag)?.value));
}

async function pause() {
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  return true;
}

if (mode === 'send') await send();
else {
  process.on('message', async ({ home: path, port }) => {
    process.send(port === undefined ? await survive(path) : await prepare(path, port));
  });
  process.send({ ready: true });
}
