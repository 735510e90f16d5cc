// One big message, from the store by SMTP to a server: time, and the memory that it takes.
//
//   node large-message.mjs [--megabytes 16,256,1024] [--dkim]
//
// Each size runs in a process of its own, since the peak of a process never goes down.
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flag, inFolder, nodemapi, numbers, profileHome, startSink, table } from './lib.mjs';

const MEGABYTE = 2 ** 20;

async function* attachment(megabytes) {
  const piece = new Uint8Array(MEGABYTE);
  for (let index = 0; index < piece.length; index++) piece[index] = (index * 2_654_435_761) >>> 24;
  for (let count = 0; count < megabytes; count++) yield piece;
}

const peak = () => process.resourceUsage().maxRSS / 1024;

async function signing(subsystem) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const admin = await subsystem.MAPIAdminProfiles();
  const services = await admin.adminServices('bench');
  const rows = await services.getMsgServiceTable();
  const { PR_SERVICE_NAME, PR_SERVICE_UID, queryAllRows, propOf } = nodemapi;
  const found = await queryAllRows(rows, { tags: [PR_SERVICE_NAME, PR_SERVICE_UID] });
  const smtp = found.find((row) => propOf(row, PR_SERVICE_NAME) === 'smtp');
  const values = { dkimSelector: 'key', dkimKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  const props = nodemapi.serviceProps(subsystem.catalogue.services.smtp, values);
  await services.configureMsgService(propOf(smtp, PR_SERVICE_UID), props);
  for (const each of [rows, services, admin]) await each.release();
}

/** Runs in a process of its own. */
async function one(megabytes) {
  const sink = await startSink(4 * 1024 * MEGABYTE);
  await inFolder(async (path) => {
    const subsystem = await profileHome(join(path, 'home'), sink.port);
    if (flag('dkim')) await signing(subsystem);
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true });
    const store = await nodemapi.openDefaultStore(session);
    const outbox = await nodemapi.openSpecialFolder(store, 'outbox');
    const sentMail = await nodemapi.specialFolderId(store, 'sentMail');
    const before = peak();
    const start = performance.now();
    const attachments = [{ fileName: 'big.bin', content: attachment(megabytes) }];
    const draft = { to: ['to@example.test'], subject: 'big', text: 'big', attachments, sentMail };
    const message = await nodemapi.composeMessage(outbox, draft);
    const taken = sink.taken(1);
    const composed = performance.now();
    await message.submitMessage();
    await message.release();
    const submitted = performance.now();
    const composing = peak();
    await taken;
    const sent = performance.now();
    for (const each of [outbox, store]) await each.release();
    const end = await nodemapi.endSession(session, { policy: 'drain', deadlineMs: 60_000 });
    if (end.outgoing.left + end.outgoing.unknown > 0) throw new Error('it was not sent');
    const row = [megabytes, composed - start, submitted - composed, sent - submitted, before, composing, peak()];
    process.stdout.write(JSON.stringify([...row, sink.bytes() / MEGABYTE].map(Math.round)));
  });
  sink.stop();
}

const [only] = numbers('one', []);
if (only === undefined) {
  const rows = [
    [
      'MB',
      'composing ms',
      'submit ms',
      'sending ms',
      'MB/s sent',
      'peak RSS MB before',
      'composed',
      'after',
      'MB on the wire',
    ],
  ];
  for (const megabytes of numbers('megabytes', [16, 256, 1024])) {
    const args = [fileURLToPath(import.meta.url), '--one', String(megabytes), ...(flag('dkim') ? ['--dkim'] : [])];
    const { stdout, status } = spawnSync(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
    if (status !== 0) process.exit(status ?? 1);
    const [mb, composing, submit, sending, before, composed, after, wire] = JSON.parse(stdout);
    rows.push([mb, composing, submit, sending, Math.round((wire * 1000) / sending), before, composed, after, wire]);
  }
  table(rows);
} else await one(only);
