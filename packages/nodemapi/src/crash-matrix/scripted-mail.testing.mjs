// A mail server without a network, inside the transport: what `smtp` would do is decided by the address. `ok…` is
// delivered, `bad…` is refused, `slow…` is deferred the first time that a process offers it.
import {
  BUILTIN_CATALOGUE,
  moduleLoader,
  PR_EMAIL_ADDRESS,
  PR_INTERNET_MESSAGE_ID,
  PR_ROWID,
  PR_SUBJECT,
} from '../../dist/index.js';

/**
 * A loader of provider libraries whose SMTP transport hands every delivery to `arrived(subject, address, messageId)`
 * instead of sending it. `isSlow` says whether addresses that begin with `slow` are deferred once.
 */
export function scriptedLoader(home, { arrived, isSlow }) {
  const load = moduleLoader(home, BUILTIN_CATALOGUE);
  return async (name) => {
    const module = await load(name);
    if (name !== '@nodemapi/transport-smtp') return module;
    const XPProviderInit = async (host) => {
      const made = await module.XPProviderInit(host);
      return { ...made, provider: scripted(made.provider, { arrived, isSlow, deferred: new Set() }) };
    };
    return { ...module, XPProviderInit };
  };
}

function scripted(provider, script) {
  return bound(provider, {
    transportLogon: async (...args) => {
      const logon = await provider.transportLogon(...args);
      return { ...logon, logon: withoutNetwork(logon.logon, script) };
    },
  });
}

function withoutNetwork(logon, script) {
  let refs = 0;
  const methods = {
    submitMessage: async (message, { rowIds, onOffer }) => {
      const offer = await offered(message, rowIds);
      const outcomes = [];
      for (const [rowId, address] of offer.addresses) {
        await new Promise(setImmediate); // other messages get their turn, as on a network
        if (!address.startsWith('bad')) onOffer();
        outcomes.push({ rowId, ...outcomeOf(address, offer, script) });
      }
      return { messageRef: ++refs, outcomes };
    },
    endMessage: async () => 'sent',
    addRef: () => methods.self,
  };
  methods.self = bound(logon, methods);
  return methods.self;
}

function outcomeOf(address, { subject, messageId }, { arrived, isSlow, deferred }) {
  if (address.startsWith('bad')) return { outcome: 'failed', enhancedStatus: '5.1.1', text: 'no such user' };
  const key = `${subject} ${address}`;
  if (address.startsWith('slow') && isSlow && !deferred.has(key)) {
    deferred.add(key);
    return { outcome: 'deferred', text: 'greylisted' };
  }
  arrived(subject, address, messageId);
  return { outcome: 'delivered' };
}

async function offered(message, rowIds) {
  const { values } = await message.getProps([PR_SUBJECT, PR_INTERNET_MESSAGE_ID]);
  const table = await message.getRecipientTable();
  await table.setColumns([PR_ROWID, PR_EMAIL_ADDRESS]);
  const rows = await table.queryRows(1000);
  await table.release();
  const value = (row, tag) => row.find((each) => each.tag === tag)?.value;
  const addresses = rows.map((row) => [value(row, PR_ROWID), value(row, PR_EMAIL_ADDRESS)]);
  return {
    subject: values[0] ?? '',
    messageId: values[1] ?? '',
    addresses: addresses.filter(([rowId]) => rowIds.includes(rowId)),
  };
}

/** The object with some of its methods replaced; the others are called on the object itself. */
function bound(target, methods) {
  return new Proxy(target, {
    get(object, key) {
      if (Object.hasOwn(methods, key)) return methods[key];
      const member = Reflect.get(object, key, object);
      return typeof member === 'function' ? member.bind(object) : member;
    },
  });
}
