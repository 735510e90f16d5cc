// A process of the bench of sharing: members of a session, or a writer, or a listener.
import {
  composeMessage,
  createSubsystem,
  fnevCriticalError,
  fnevObjectCreated,
  openDefaultStore,
  openSpecialFolder,
} from '../packages/nodemapi/dist/index.js';

const subsystem = await createSubsystem({ home: process.argv[2], captureOpeners: false });
await subsystem.MAPIInitialize();
const sessions = [];
let store;
let outbox;
let heard = 0;
let lastHeard = 0;
let onHeard = () => {};
let onChange = () => {};
const now = () => performance.timeOrigin + performance.now();

const calls = {
  async logon(count, options) {
    for (let index = 0; index < count; index++) {
      const session = await subsystem.MAPILogonEx(
        null,
        options.allowOthers || options.newSession ? 'bench' : null,
        null,
        {
          noMail: true,
          ...options,
        },
      );
      sessions.push(session);
      await session.advise(null, fnevCriticalError, {
        onNotify: () => {
          heard++;
          lastHeard = now();
          onHeard();
        },
      });
    }
  },
  /** Resolves with the time when so many members have been told. */
  async told(count) {
    if (heard < count) {
      await new Promise((resolve) => {
        onHeard = () => {
          if (heard >= count) resolve();
        };
      });
    }
    return lastHeard;
  },
  async sharedLogoff() {
    const start = now();
    await sessions.pop().logoff(undefined, { shared: true });
    return start;
  },
  async openStore() {
    store = await openDefaultStore(sessions[0]);
    outbox = await openSpecialFolder(store, 'outbox');
  },
  async watch() {
    await store.advise(null, fnevObjectCreated, { onNotify: () => onChange(now()) });
  },
  async nextChange() {
    return new Promise((resolve) => {
      onChange = resolve;
    });
  },
  async write() {
    const message = await composeMessage(outbox, { to: ['a@example.test'], subject: 'bench', text: 'x' });
    await message.saveChanges();
    const committed = now();
    await message.release();
    return committed;
  },
};

process.on('message', async ({ id, name, args }) => {
  try {
    process.send({ id, result: await calls[name](...args) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
