// A process that does what its parent says, one request at a time: a member of a session, seen from outside.
//
//   node member.testing.mjs HOME
//
// Takes {id, call, args} over IPC, answers {id, result} or {id, error}; tells {heard, at} for each notification of a
// session or a store, with the time in milliseconds since 1970.
import { composeMessage, createSubsystem, endSession, openDefaultStore, openSpecialFolder } from '../dist/index.js';

const subsystem = await createSubsystem({ home: process.argv[2] });
await subsystem.MAPIInitialize();
const sessions = new Map();
const stores = new Map();
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
  /** Logs on to a session for all, and lets its user think about the profile. */
  async logonSlowly(name, ms) {
    const ui = { choose: () => new Promise((resolve) => setTimeout(() => resolve(0), ms)) };
    const options = { allowOthers: true, logonUi: true, noMail: true };
    sessions.set(name, await subsystem.MAPILogonEx(ui, null, null, options));
  },
  async ping() {},
  async logoff(name, options) {
    const start = now();
    await sessions.get(name).logoff(undefined, options);
    sessions.delete(name);
    return { start, end: now() };
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
    return subsystem.homeSessions();
  },
  async openStore(name) {
    stores.set(name, await openDefaultStore(sessions.get(name)));
  },
  async watch(name) {
    await stores.get(name).advise(null, 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80, sink(name));
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
