// A process that takes the lock of the only queued message and then waits for lines: `renew`, `record` or `finish`, to each
// of which it answers with the code of what the store says.
//
//   node paused-holder-child.testing.mjs PATH LEASE_MS
import { createInterface } from 'node:readline';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { PR_ENTRYID, prop, propOf } from '@nodemapi/mapi';
import { MSProviderInit, PR_STORE_SQL_PATH } from '@nodemapi/store-sql';

const [path, leaseMs] = [process.argv[2], Number(process.argv[3])];
const say = (word) => process.stdout.write(`${word}\n`);
const host = await standaloneHost();
const { provider } = await MSProviderInit(host);
const support = new StandaloneSupport({ kind: 'store', host, section: [prop(PR_STORE_SQL_PATH, path)] });
const { store } = await provider.spoolerLogon(support, 'child', null, undefined);
const queue = await store.getOutgoingQueue();
const [row] = await queue.queryRows(1);
const entryId = propOf(row, PR_ENTRYID);
const lock = await store.writeOutgoing(entryId, { leaseMs });
say('locked');
const acts = {
  renew: () => store.writeOutgoing(entryId, { lock, leaseMs }),
  record: () => store.writeOutgoing(entryId, { lock, step: { state: 'sent', text: 'by the paused one' } }),
  finish: () => store.finishOutgoing(entryId, { lock }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await acts[line]().then(
    () => 'done',
    (error) => error.code,
  );
  say(`${line} ${outcome}`);
}
