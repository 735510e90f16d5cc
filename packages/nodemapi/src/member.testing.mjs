// A process that does what its parent says, one request at a time: a member of a session, seen from outside.
//
//   node member.testing.mjs HOME
//
// Takes {id, call, args} over IPC, answers {id, result} or {id, error}; tells {heard, at} for each notification of a
// session or a store, with the time in milliseconds since 1970.
import {
  bindEnd,
  composeMessage,
  createSubsystem,
  endSession,
  getProp,
  openDefaultStore,
  openSpecialFolder,
  PR_SUBJECT,
} from '../dist/index.js';
import { WithheldTimers } from './withheld-timers.testing.mjs';

const timers = new WithheldTimers();
const subsystem = await createSubsystem({ home: process.argv[2], clock: timers.clock });
await subsystem.MAPIInitialize();
const sessions = new Map();
const stores = new Map();
let logon;
let choice = () => {};
let goOn = () => {};
const going = new Promise((resolve) => {
  goOn = resolve;
});
const now = () => performance.timeOrigin + performance.now();

const plain = (notification) =>
  JSON.parse(
    JSON.stringify(notification, (_key, value) => {
      if (typeof value === 'bigint') return Number(value);
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    }),
  );

function sink(name) {
  return {
    onNotify: (notifications) => {
      const at = now();
      for (const each of notifications) process.send({ heard: plain(each), from: name, at });
    },
  };
}

const calls = {
  async logon(name, profile, options) {
    const session = await subsystem.MAPILogonEx(null, profile, null, { noMail: true, ...options });
    sessions.set(name, session);
    await session.advise(null, 0x80000001, sink(name));
  },
  /** Begins a logon to a session for all, and resolves while its user thinks about the profile, until `chosen`. */
  async beginLogon(name) {
    await new Promise((asked, reject) => {
      const choose = () => {
        asked();
        return new Promise((resolve) => {
          choice = () => resolve(0);
        });
      };
      const options = { allowOthers: true, logonUi: true, noMail: true };
      logon = subsystem.MAPILogonEx({ choose }, null, null, options);
      logon.then((session) => sessions.set(name, session), reject);
    });
  },
  /** The user has chosen; resolves with the end of the logon. */
  async chosen() {
    choice();
    await logon;
  },
  async ping() {},
  /** Timers of so many milliseconds or more do not ring until `release`, which says how many were due. */
  async withhold(fromMs) {
    timers.withhold(fromMs);
  },
  async release() {
    return timers.release();
  },
  async logoff(name, options) {
    const start = now();
    await sessions.get(name).logoff(undefined, options);
    sessions.delete(name);
    return { start, end: now() };
  },
  /** Ends when it is told to, and exits with the next line. */
  async endWhenTold(name) {
    await bindEnd(sessions.get(name), { onReport: () => process.exit(0) });
  },
  /** Asks all sessions to end; says of whom there is a report. */
  async endAll(options) {
    const ended = await subsystem.sharing.endFromOutside({ waitMs: 15_000, ...options });
    return ended.map(({ pid, silent, ended, report }) => ({
      pid,
      silent,
      ended,
      completed: report?.completed ?? null,
    }));
  },
  async end(name, options) {
    return (await endSession(sessions.get(name), { uninitialize: false, ...options })).completed;
  },
  async providers(name) {
    const table = await sessions.get(name).getMsgStoresTable();
    const rows = await table.getRowCount();
    await table.release();
    return rows;
  },
  async list() {
    return subsystem.sharing.list();
  },
  async openStore(name) {
    stores.set(name, await openDefaultStore(sessions.get(name)));
  },
  async watch(name) {
    await stores.get(name).advise(null, 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80, sink(name));
  },
  /** Like watch, with a sink that does not come back from its first notifications until goOn. */
  async watchSlowly(name) {
    const { onNotify } = sink(name);
    const slow = async (notifications) => {
      onNotify(notifications);
      await going;
    };
    await stores.get(name).advise(null, 0x4 | 0x80000000, { onNotify: slow });
  },
  async goOn() {
    goOn();
  },
  /** Resolves when this process has seen that many more messages in the Outbox. */
  async settle(name, count) {
    const outbox = await openSpecialFolder(stores.get(name), 'outbox');
    const table = await outbox.getContentsTable();
    while ((await table.getRowCount()) < count) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await table.release();
    await outbox.release();
  },
  async subjects(name, ids) {
    const found = [];
    for (const id of ids) {
      const message = await stores.get(name).openEntry(Buffer.from(id, 'hex'), { iid: 'IMessage' });
      found.push(await getProp(message, PR_SUBJECT));
      await message.release();
    }
    return found;
  },
  async write(name, subject, count = 1) {
    const outbox = await openSpecialFolder(stores.get(name), 'outbox');
    const written = [];
    for (let number = 0; number < count; number++) {
      const message = await composeMessage(outbox, {
        to: ['a@example.test'],
        subject: `${subject} ${number}`,
        text: 'x',
      });
      await message.saveChanges();
      written.push(now());
      await message.release();
    }
    await outbox.release();
    return written;
  },
  async uninitialize() {
    await subsystem.MAPIUninitialize();
  },
};

process.on('message', async ({ id, call, args }) => {
  try {
    process.send({ id, result: (await calls[call](...args)) ?? null });
  } catch (error) {
    process.send({ id, error: { code: error?.code ?? null, message: String(error?.message ?? error) } });
  }
});
process.send({ ready: true });
