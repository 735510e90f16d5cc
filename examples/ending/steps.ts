// The steps of the page "Ending a MAPI Session", one by one and in their order.
import {
  DeinitMapiUtil,
  fnevCriticalError,
  fnevNewMail,
  getProp,
  MAPIAllocateBuffer,
  MAPIFreeBuffer,
  MAPIInitialize,
  MAPILogonEx,
  MAPIUninitialize,
  OleInitialize,
  OleUninitialize,
  openDefaultStore,
  openSpecialFolder,
  PR_IPM_SUBTREE_ENTRYID,
  ScInitMapiUtil,
} from 'nodemapi';

await MAPIInitialize();
await OleInitialize();
await ScInitMapiUtil();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });

const store = await openDefaultStore(session);
const outbox = await openSpecialFolder(store, 'outbox');
const status = await session.getStatusTable();
const { object: addressBook } = await session.openAddressBook();
const sink = { onNotify: () => undefined };
const newMail = await store.advise(null, fnevNewMail, sink);
const critical = await session.advise(null, fnevCriticalError, sink);
const subtree = (await getProp(store, PR_IPM_SUBTREE_ENTRYID)) ?? new Uint8Array();
const cached = MAPIAllocateBuffer(subtree.length);
cached.set(subtree);

// 1. Cancel every registration, with the object that it was made with.
await store.unadvise(newMail);
await session.unadvise(critical);

// 2. Release every open object: the status table, the Outbox, the stores, the address book.
for (const object of [status, outbox, store, addressBook]) await object.release();

// 3. Free the memory of cached identifiers.
MAPIFreeBuffer(cached);

// 4. Log off. `shared: true` asks the other members of a shared session to do the same; `ui: true` lets the user interface
//    that is passed first ask whether the user means it.
await session.logoff(undefined, { shared: false, ui: false });

// 5. Release the session.
await session.release();

// 6. Take OLE down, if this program brought it up: before MAPI.
OleUninitialize();

// 7. Take MAPI down.
await MAPIUninitialize();

// 8. Take the utilities down, if this program brought them up.
DeinitMapiUtil();
console.log('ended, step by step');
