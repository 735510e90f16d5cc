// A process that sends one message and kills itself at a chosen step: with SIGKILL, before or after the n-th call that
// the spooler makes on the store, on a message or on the transport, or that the client makes to submit.
//
//   node crash-child.testing.mjs HOME send|drain KILL_AT
//
// It prints a JSON line for each thing it knows: {"accepted":entryId}, {"calls":n} at its end, {"outgoing":[…]}.
import { writeSync } from 'node:fs';
import {
  BUILTIN_CATALOGUE,
  composeMessage,
  createSubsystem,
  endSession,
  moduleLoader,
  openDefaultStore,
  openSpecialFolder,
  specialFolderId,
  toHex,
} from '../dist/index.js';

const [home, mode, killAt] = [process.argv[2], process.argv[3], Number(process.argv[4] ?? '0')];
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
let steps = 0;

function step(name) {
  steps++;
  if (steps !== killAt) return;
  writeSync(1, `${JSON.stringify({ killedAt: name })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const WATCHED = new Set([
  'setLockState',
  'finishedMsg',
  'writeOutgoing',
  'finishOutgoing',
  'saveChanges',
  'setProps',
  'modifyRecipients',
  'submitMessage',
  'endMessage',
]);

/** Counts each watched call before and after it, on the object and on what its calls answer. */
function watched(object, label) {
  const proxy = new Proxy(object, {
    get(target, key) {
      const member = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      if (key === 'addRef') {
        return () => {
          member.apply(target);
          return proxy;
        };
      }
      return (...args) => {
        const name = `${label}.${String(key)}`;
        const real = args.map((argument) => argument?.[TARGET] ?? argument);
        if (!WATCHED.has(key)) return wrapResult(member.apply(target, real), label);
        step(`before ${name}`);
        return Promise.resolve(member.apply(target, real)).then((result) => {
          step(`after ${name}`);
          return wrapResult(result, label);
        });
      };
    },
  });
  return proxy;
}

const TARGET = Symbol('target');

function wrapResult(result, label) {
  if (result instanceof Promise) return result.then((value) => wrapResult(value, label));
  if (result?.iid !== 'IMessage') return result;
  const wrapped = watched(result, 'message');
  return new Proxy(wrapped, { get: (target, key) => (key === TARGET ? result : Reflect.get(target, key)) });
}

function wrapModule(module) {
  const wrapped = { ...module };
  if (module.MSProviderInit !== undefined) {
    wrapped.MSProviderInit = async (host) => {
      const made = await module.MSProviderInit(host);
      return {
        ...made,
        provider: patched(made.provider, 'spoolerLogon', async (logon) => ({
          ...logon,
          store: watched(logon.store, 'store'),
        })),
      };
    };
  }
  if (module.XPProviderInit !== undefined) {
    wrapped.XPProviderInit = async (host) => {
      const made = await module.XPProviderInit(host);
      return {
        ...made,
        provider: patched(made.provider, 'transportLogon', async (logon) => ({
          ...logon,
          logon: watched(logon.logon, 'transport'),
        })),
      };
    };
  }
  return wrapped;
}

/** The provider with one method whose answer is changed. */
function patched(provider, method, change) {
  return new Proxy(provider, {
    get(target, key) {
      const member = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      if (key !== method) return member.bind(target);
      return async (...args) => change(await member.apply(target, args));
    },
  });
}

const load = moduleLoader(home, BUILTIN_CATALOGUE);
const subsystem = await createSubsystem({ home, loadModule: async (name) => wrapModule(await load(name)) });
await subsystem.MAPIInitialize();
const session = await subsystem.MAPILogonEx(null, 'crash', null, { newSession: true });
if (mode === 'send') {
  const store = await openDefaultStore(session);
  const outbox = await openSpecialFolder(store, 'outbox');
  const sentMail = await specialFolderId(store, 'sentMail');
  const message = await composeMessage(outbox, { to: ['to@example.test'], subject: 'crash', text: 'body', sentMail });
  step('before client.submitMessage');
  await message.submitMessage();
  say({ accepted: true });
  step('after client.submitMessage');
}
const spooler = await subsystem.readySpoolerOf(session);
await spooler.drain({ signal: AbortSignal.timeout(20_000) });
const states = (await spooler.outgoing()).map(({ state, reason, attempts, entryId }) => ({
  state,
  reason,
  attempts,
  entryId: toHex(entryId),
}));
say({ outgoing: states, calls: steps });
const end = await endSession(session, { policy: 'leave' });
say({ completed: end.completed });
