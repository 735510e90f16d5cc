// The programs of the soak, on the built product.
//
//   node program.testing.mjs prepare HOME PORT            makes the profile
//   node program.testing.mjs spool HOME                   sends what it finds, until SIGTERM; short waits and leases
//   node program.testing.mjs send HOME LEDGER SEED NAME   submits some messages, named NAME and a number, and ends its session;
//                                                         by the seed it kills itself somewhere in between
//   node program.testing.mjs look HOME                    finishes what is in the queue, and prints what there is then
//
// The ledger, a line of JSON each, synced: {submitting, to}, {accepted}, {refused, code}, {ended}; each with time and process.
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  bindEnd,
  composeMessage,
  createSubsystem,
  endSession,
  fileTimeToIso,
  MapiError,
  openDefaultStore,
  openSpecialFolder,
  PR_MESSAGE_CLASS,
  PR_ORIGINAL_SUBJECT,
  PR_SUBJECT,
  serviceProps,
  specialFolderId,
  toHex,
} from '../../dist/index.js';

const PROFILE = 'soak';
const LOCAL = 'local@home.test';
const SPOOLER = {
  leaseMs: 4000,
  retryFirstMs: 400,
  retryMaxMs: 5000,
  busyRetryMs: 300,
  transportRetryMs: 500,
};
const lookMsMax = 600_000;
const flushMsMax = 60_000;
const rowsAtOnce = 500;
const finishedMax = 10_000;

const [mode, home, ...args] = process.argv.slice(2);

async function prepare(port) {
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  const admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile(PROFILE);
  await admin.setDefaultProfile(PROFILE);
  const services = await admin.adminServices(PROFILE);
  await services.createMsgServiceEx('sql');
  const smtp = { host: '127.0.0.1', port, from: 'from@example.test', security: 'none', timeout: '4', connections: '3' };
  for (const [name, values] of [
    ['local', { addresses: LOCAL }],
    ['smtp', smtp],
  ]) {
    const uid = await services.createMsgServiceEx(name);
    await services.configureMsgService(uid, serviceProps(subsystem.catalogue.services[name], values));
  }
  await services.release();
  await admin.release();
  await subsystem.MAPIUninitialize();
}

async function logOn(spooler) {
  const subsystem = await createSubsystem({ home, spooler });
  await subsystem.MAPIInitialize();
  const session = await subsystem.MAPILogonEx(null, PROFILE, null, { newSession: true });
  return { subsystem, session };
}

async function spool() {
  const { session } = await logOn(SPOOLER);
  await bindEnd(session, { policy: 'leave', deadlineMs: 8000 });
  setInterval(() => {}, 60_000);
}

/** Numbers from 0 to 1 by the seed. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function send(ledgerPath, seed, name) {
  const random = seeded(Number(seed));
  const ledger = openSync(ledgerPath, 'a');
  const write = (what) => {
    writeSync(ledger, `${JSON.stringify({ time: Date.now(), process: process.pid, ...what })}\n`);
    fsyncSync(ledger);
  };
  const killAt = random() < 0.35 ? Math.floor(random() * 6) : -1;
  const spooler = random() < 0.3 ? { onlyFlushes: true } : random() < 0.7 ? SPOOLER : {};
  const { session } = await logOn(spooler);
  const store = await openDefaultStore(session);
  const outbox = await openSpecialFolder(store, 'outbox');
  const sentMail = await specialFolderId(store, 'sentMail');
  const count = 1 + Math.floor(random() * 6);
  const together = random() < 0.3;
  const all = [];
  for (let number = 0; number < count; number++) {
    const subject = `${name}-${number}`;
    const to = recipientsOf(subject, random);
    const text = `${'A line of some length, so that there is something to send.\n'.repeat(sizeOf(random))}end of ${subject}\n`;
    if (number === killAt) setTimeout(() => process.kill(process.pid, 'SIGKILL'), random() * 25);
    write({ submitting: subject, to });
    const submitted = submit(outbox, { to, subject, text, sentMail }).then(
      () => write({ accepted: subject }),
      (error) => write({ refused: subject, code: `${error?.code ?? error}` }),
    );
    all.push(submitted);
    if (!together) await submitted;
    await delay(random() * 150);
  }
  await Promise.all(all);
  await delay(random() * 1500);
  await outbox.release();
  await store.release();
  const policy = random() < 0.5 ? 'leave' : 'drain';
  const deadlineMs = 300 + Math.floor(random() * 4000);
  const { durationMs, completed } = await endSession(session, { policy, deadlineMs });
  write({ ended: { policy, deadlineMs, durationMs: Math.round(durationMs), completed } });
}

async function submit(outbox, mail) {
  const message = await composeMessage(outbox, mail);
  try {
    await message.submitMessage();
  } finally {
    await message.release();
  }
}

/** Each address is used once, so that it names its message. */
function recipientsOf(subject, random) {
  const to = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, n) => `r${n}.${subject}@example.test`);
  if (random() < 0.1) to.push(`bad.${subject}@example.test`);
  if (random() < 0.15) to.push(LOCAL);
  return to;
}

/** Lines: few as a rule, sometimes many. */
function sizeOf(random) {
  return Math.floor(random() ** 8 * 6000);
}

/** Finishes what is in the queue, held messages too, and tells what there is then. */
async function look() {
  const { session, subsystem } = await logOn(SPOOLER);
  const spooler = await subsystem.readySpoolerOf(session);
  const end = performance.now() + lookMsMax;
  const held = new Map();
  for (;;) {
    await spooler.flushQueues({ upload: true, download: true, force: true }, AbortSignal.timeout(flushMsMax));
    const page = await spooler.queue.page({ countMax: finishedMax });
    for (const { entryId, state, subject, reason } of page) {
      if (state !== 'held') continue;
      held.set(subject, reason);
      await spooler.retry(entryId);
    }
    if (page.length === 0 || performance.now() > end) break;
    await delay(200);
  }
  const store = await openDefaultStore(session);
  const facts = {
    left: (await spooler.queue.page({ countMax: finishedMax })).map(({ subject, state, reason }) => ({
      subject,
      state,
      reason,
    })),
    held: [...held].map(([subject, reason]) => ({ subject, reason })),
    finished: await finishedOf(spooler),
    sentMail: (await rowsOf(store, 'sentMail', [PR_SUBJECT])).map(([subject]) => subject),
    outbox: (await rowsOf(store, 'outbox', [PR_SUBJECT])).map(([subject]) => subject),
    ...(await inboxOf(store)),
  };
  await store.release();
  await endSession(session, { policy: 'leave' });
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(facts)}\n`, resolve));
}

async function finishedOf(spooler) {
  const all = [];
  for (const { entryId, subject, state, attempts } of await spooler.queue.finished(finishedMax)) {
    const events = (await spooler.queue.history(entryId)).map(({ time, by, state, text, recipients = [] }) => ({
      ...{ time: Date.parse(fileTimeToIso(time)), by, state, text, recipients },
    }));
    all.push({ entryId: toHex(entryId), subject, state, attempts, events });
  }
  return all;
}

async function inboxOf(store) {
  const rows = await rowsOf(store, 'inbox', [PR_MESSAGE_CLASS, PR_SUBJECT, PR_ORIGINAL_SUBJECT]);
  return {
    received: rows.filter(([name]) => name === 'IPM.Note').map(([, subject]) => subject),
    reports: rows.filter(([name]) => /\.NDR$/u.test(name)).map(([, , of]) => of),
  };
}

async function rowsOf(store, which, tags) {
  const folder = await openSpecialFolder(store, which);
  const table = await folder.getContentsTable();
  await table.setColumns(tags);
  const all = [];
  for (let rows = await table.queryRows(rowsAtOnce); rows.length > 0; rows = await table.queryRows(rowsAtOnce)) {
    for (const row of rows) all.push(tags.map((tag) => row.find((each) => each.tag === tag)?.value));
  }
  await table.release();
  await folder.release();
  return all;
}

const MODES = { prepare, spool, send, look };
try {
  await MODES[mode](...args);
} catch (error) {
  if (!MapiError.is(error)) throw error;
  process.stderr.write(`failed: ${error.message}\n`); // what the surroundings do to it, such as a full disk, is named
  process.exit(1);
}
