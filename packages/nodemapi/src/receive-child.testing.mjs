// A process that receives all mail of a profile, and kills itself with SIGKILL at a chosen step: before or after the
// n-th change of a mail source, or call of the spooler on the store that receives.
//
//   node receive-child.testing.mjs HOME SOURCES KILL_AT
//
// It prints a JSON line {"killedAt":name} or, at its end, {"steps":n,"received":n}.
import { writeSync } from 'node:fs';
import { BUILTIN_CATALOGUE, createSubsystem, endSession, moduleLoader, nodeFileSystem } from '../dist/index.js';

const [home, sources, killAt] = [process.argv[2], process.argv[3], Number(process.argv[4] ?? '0')];
let steps = 0;

function step(name) {
  steps++;
  if (steps !== killAt) return;
  writeSync(1, `${JSON.stringify({ killedAt: name })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** The object with these methods counted, before and after. */
function watched(object, label, names, isWatched = () => true) {
  return new Proxy(object, {
    get(target, key) {
      const member = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      if (key === 'addRef') return () => watched(member.apply(target), label, names, isWatched);
      return (...args) => {
        if (!names.has(key) || !isWatched(args)) return member.apply(target, args);
        const name = `${label}.${String(key)}`;
        step(`before ${name}`);
        return Promise.resolve(member.apply(target, args)).then((result) => {
          step(`after ${name}`);
          return result;
        });
      };
    },
  });
}

const CHANGES = new Set(['rename', 'remove', 'truncate', 'writeFileAtomic', 'lock']);
const isSource = ([path]) => [sources, `${home}/local`, `${home}/maildrop`].some((root) => path.startsWith(root));
const files = watched(nodeFileSystem, 'files', CHANGES, isSource);

function wrapModule(module) {
  if (module.MSProviderInit === undefined) return module;
  const MSProviderInit = async (host) => {
    const made = await module.MSProviderInit(host);
    const provider = new Proxy(made.provider, {
      get(target, key) {
        const member = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        if (key !== 'spoolerLogon') return member.bind(target);
        return async (...args) => {
          const logon = await member.apply(target, args);
          return { ...logon, store: watched(logon.store, 'store', new Set(['saveReceived', 'notifyNewMail'])) };
        };
      },
    });
    return { ...made, provider };
  };
  return { ...module, MSProviderInit };
}

const load = moduleLoader(home, BUILTIN_CATALOGUE);
const subsystem = await createSubsystem({
  home,
  files,
  loadModule: async (name) => wrapModule(await load(name)),
  spooler: { onlyFlushes: true },
});
await subsystem.MAPIInitialize();
const session = await subsystem.MAPILogonEx(null, 'crash', null, { newSession: true });
const spooler = await subsystem.readySpoolerOf(session);
const { received } = await spooler.flushQueues({ download: true });
process.stdout.write(`${JSON.stringify({ steps, received })}\n`);
await endSession(session, { policy: 'leave' });
