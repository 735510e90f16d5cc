// A process that works on a store at random until it is killed: saves, submits, locks, finishes, moves, copies, deletes.
import { seededRandom } from '@nodemapi/base';
import { getProp, queryAllRows, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  PR_ATTACH_DATA_BIN,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_SUBJECT,
  prop,
} from '@nodemapi/mapi';
import { MSProviderInit, PR_STORE_SQL_PATH } from '@nodemapi/store-sql';

const [path, seed] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const host = await standaloneHost();
const { provider } = await MSProviderInit(host);
const support = new StandaloneSupport({ kind: 'store', host, section: [prop(PR_STORE_SQL_PATH, path)] });
const { store } = await provider.logon(support, 'p', null, { write: true });
const { store: spooler } = await provider.spoolerLogon(support, 'p', null, undefined);
const outbox = await store.openEntry((await getProp(store, PR_IPM_OUTBOX_ENTRYID)) ?? null, { modify: true });
const other = await outbox.createFolder('other', 'generic', { openIfExists: true });

async function idsOf(table) {
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID], max: 50 });
  await table.release();
  return rows.map(([{ value }]) => value);
}

const oneOf = (list) => list[random.uint32() % list.length];

async function draft() {
  const message = await outbox.createMessage();
  await message.setProps([prop(PR_SUBJECT, `message ${random.uint32()}`)]);
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob')]]);
  const { attach } = await message.createAttach();
  const stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
  for (let i = random.uint32() % 5; i > 0; i--) await stream.write(new Uint8Array(60_000));
  await stream.release();
  await attach.saveChanges();
  return message;
}

async function sendNext() {
  const entryId = oneOf(await idsOf(await spooler.getOutgoingQueue()));
  if (entryId === undefined) return;
  const message = await spooler.openEntry(entryId, { modify: true });
  await spooler.setLockState(message, true);
  await message.release();
  await spooler.finishedMsg(entryId);
}

async function withSome(action) {
  const ids = await idsOf(await outbox.getContentsTable());
  if (ids.length > 0) await action([oneOf(ids)]);
}

const ACTIONS = [
  async () => (await draft()).saveChanges(),
  async () => (await draft()).submitMessage(),
  sendNext,
  sendNext,
  () => withSome((ids) => outbox.copyMessages(ids, other, { move: true })),
  () => withSome((ids) => outbox.copyMessages(ids, other)),
  () => withSome((ids) => outbox.deleteMessages(ids)),
  () => other.emptyFolder(),
];

process.stdout.write('working\n');
for (;;) await Promise.all([oneOf(ACTIONS)(), oneOf(ACTIONS)()].map((work) => work.catch(ignoreLoss)));

/** Two of the actions may have chosen the same message, or another process has it. */
function ignoreLoss(error) {
  if (
    ![
      'MAPI_E_NOT_FOUND',
      'MAPI_E_NOT_IN_QUEUE',
      'MAPI_E_OBJECT_CHANGED',
      'MAPI_E_OBJECT_DELETED',
      'MAPI_E_NO_ACCESS',
    ].includes(error.code)
  )
    throw error;
}
