import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { getProp } from '@nodemapi/kit';
import {
  type IMsgStore,
  type OutgoingStore,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  prop,
  propOf,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { rawStore } from './store.testing.ts';

const CHILD = fileURLToPath(new URL('paused-holder-child.testing.mjs', import.meta.url));
const LEASE_MS = 300;

type Child = ChildProcessByStdio<Writable, Readable, null>;

async function submitOne(store: IMsgStore): Promise<void> {
  const outboxId = (await getProp(store, PR_IPM_OUTBOX_ENTRYID)) ?? null;
  await using outbox = await store.openEntry(outboxId, { iid: 'IMAPIFolder', modify: true });
  await using message = await outbox.createMessage();
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob')]]);
  await message.submitMessage();
}

/** The next line that the process says, after it has been told something. */
function answer(child: Child, line?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
    if (line !== undefined) child.stdin.write(`${line}\n`);
  });
}

/** Takes the lock as soon as that of the other process has ended, in its own time. */
async function takenOver(store: OutgoingStore, entryId: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await store.writeOutgoing(entryId, { leaseMs: 60_000 });
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'MAPI_E_BUSY');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('SPOOL-028, SPOOL-048: a process that was stopped for longer than its lease can neither renew, nor record, nor finish', async () => {
  await using raw = await rawStore();
  const { spoolerStore } = raw;
  assert.ok(supportsOutgoing(spoolerStore));
  await submitOne(raw.store);
  const child = spawn(process.execPath, [CHILD, raw.file.path, String(LEASE_MS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    assert.equal(await answer(child), 'locked');
    child.kill('SIGSTOP');
    await using queue = await spoolerStore.getOutgoingQueue();
    const [row = []] = await queue.queryRows(1);
    const entryId = propOf(row, PR_ENTRYID) ?? new Uint8Array();
    const lock = await takenOver(spoolerStore, entryId);
    child.kill('SIGCONT');
    for (const act of ['renew', 'record', 'finish']) {
      assert.equal(await answer(child, act), `${act} MAPI_E_OBJECT_CHANGED`);
    }
    await spoolerStore.finishOutgoing(entryId, { lock, step: { state: 'sent', text: 'by its successor' } });
    assert.equal(await answer(child, 'finish'), 'finish MAPI_E_NOT_IN_QUEUE');
    const told = (await spoolerStore.outgoingHistory(entryId)).map(({ text }) => text);
    assert.deepEqual(told, ['submitted, to 1 recipient', 'by its successor']);
  } finally {
    child.kill('SIGKILL');
  }
});

/** A namespace needs rights that not everybody has. */
const canUnshare = spawnSync('unshare', ['-pf', '--kill-child', '--mount-proc', 'true']).status === 0;

test.skipIf(!canUnshare)(
  'SPOOL-048: a holder in another namespace of process numbers keeps the message, though nobody sees it live',
  async () => {
    await using raw = await rawStore();
    const { spoolerStore } = raw;
    assert.ok(supportsOutgoing(spoolerStore));
    await submitOne(raw.store);
    const args = ['-pf', '--kill-child', '--mount-proc', process.execPath, CHILD, raw.file.path, '60000'];
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await answer(child);
      await using queue = await spoolerStore.getOutgoingQueue();
      const [row = []] = await queue.queryRows(1);
      const entryId = propOf(row, PR_ENTRYID) ?? new Uint8Array();
      await assert.rejects(spoolerStore.writeOutgoing(entryId, { leaseMs: 60_000 }), { code: 'MAPI_E_BUSY' });
      assert.equal(await answer(child, 'renew'), 'renew done');
    } finally {
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
    }
  },
);
