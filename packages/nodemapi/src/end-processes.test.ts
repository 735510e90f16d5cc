/**
 * Random histories of member processes of one shared session, with real kills. The seed of a history is in the title of
 * its test.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '@nodemapi/base';
import { afterAll, beforeAll, test } from 'vitest';
import { ProgramFolder, printed, root } from './program.testing.ts';

const SEEDS = [1, 2, 3];
const membersMax = 3;
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const DEEDS = ['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP', 'join'] as const;

let folder: ProgramFolder;
let member = '';
let ender = '';
beforeAll(async () => {
  folder = await ProgramFolder.make();
  await folder.mapi('profile', 'create', 'work', '--default');
  member = await folder.compile(await readFile(join(root, 'examples/ending/daemon.ts'), 'utf8'), 'daemon');
  ender = await folder.compile(ENDER, 'ender');
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Joins, asks everybody to log off, and ends. */
const ENDER = `
import { endSession, MAPIInitialize, MAPILogonEx } from 'nodemapi';
await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { allowOthers: true });
await session.logoff(undefined, { shared: true });
const report = await endSession(session);
console.log('completed', report.completed);
`;

async function joined(): Promise<ChildProcess> {
  const child = folder.start(member);
  await printed(child, 'ready');
  return child;
}

async function exitOf(child: ChildProcess): Promise<readonly unknown[]> {
  return child.exitCode !== null || child.signalCode !== null
    ? [child.exitCode, child.signalCode]
    : await once(child, 'close');
}

for (const seed of SEEDS) {
  test(`members that are killed and told to end leave the others whole (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const pick = (below: number): number => (random.bytes(1)[0] ?? 0) % below;
    const members: ChildProcess[] = [await joined(), await joined()];
    for (let step = 0; step < 4; step++) {
      const deed = DEEDS[pick(DEEDS.length)] ?? 'join';
      if (deed === 'join' || members.length === 0) {
        if (members.length < membersMax) members.push(await joined());
        continue;
      }
      const [child] = members.splice(pick(members.length), 1);
      assert.ok(child);
      child.kill(deed);
      const [code, signal] = await exitOf(child);
      assert.deepEqual([code, signal], deed === 'SIGKILL' ? [null, 'SIGKILL'] : [CODES[deed], null]);
    }
    const told = members.map((child) => printed(child, 'sharedLogoff: completed true, drain'));
    const ran = await folder.run(ender);
    assert.deepEqual([ran.code, ran.stdout], [0, 'completed true\n']);
    await Promise.all(told);
    for (const child of members) {
      child.kill('SIGKILL'); // their sessions are over; what keeps them is their own
      await exitOf(child);
    }
    const next = await folder.run(ender);
    assert.deepEqual([next.code, next.stdout], [0, 'completed true\n']);
  });
}
