// Calls `step(name)` before and after every call that the spooler makes on the store, on a message or on a transport.
import { BUILTIN_CATALOGUE, moduleLoader } from '../../dist/index.js';

/** Calls that only look, or let go, are no steps. */
const UNWATCHED =
  /^(?:get|open|query|has|count|find|seek|restrict|setColumns|sortTable|advise|unadvise|release|addressTypes|transportNotify|due|next|read|outgoingHistory|finishedOutgoing)/u;

/** Counts each watched call before and after it, on the object and on what its calls answer. */
function watched(object, label, step) {
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
        if (typeof key === 'symbol' || UNWATCHED.test(key)) return wrapResult(member.apply(target, real), label, step);
        step(`before ${name}`);
        return Promise.resolve(member.apply(target, real)).then((result) => {
          step(`after ${name}`);
          return wrapResult(result, label, step);
        });
      };
    },
  });
  return proxy;
}

const TARGET = Symbol('target');

function wrapResult(result, label, step) {
  if (result instanceof Promise) return result.then((value) => wrapResult(value, label, step));
  if (result?.iid !== 'IMessage') return result;
  const wrapped = watched(result, 'message', step);
  return new Proxy(wrapped, { get: (target, key) => (key === TARGET ? result : Reflect.get(target, key)) });
}

function wrapModule(module, step) {
  const wrapped = { ...module };
  if (module.MSProviderInit !== undefined) {
    wrapped.MSProviderInit = async (host) => {
      const made = await module.MSProviderInit(host);
      return {
        ...made,
        provider: patched(made.provider, 'spoolerLogon', async (logon) => ({
          ...logon,
          store: watched(logon.store, 'store', step),
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
          logon: watched(logon.logon, 'transport', step),
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

/** A loader of provider libraries whose stores and transports are watched. */
export function watchedLoader(home, step) {
  const load = moduleLoader(home, BUILTIN_CATALOGUE);
  return async (name) => wrapModule(await load(name), step);
}
