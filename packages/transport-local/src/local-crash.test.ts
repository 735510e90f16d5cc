import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FaultyFileSystem, nodeFileSystem, processFates, systemClock, utf8Encode, VirtualClock } from '@nodemapi/base';
import { MessageDouble, outcomesOf, submit } from '@nodemapi/conformance';
import { standaloneHost } from '@nodemapi/kit';
import { PR_CLIENT_SUBMIT_TIME, prop } from '@nodemapi/mapi';
import { test } from 'vitest';
import { parseClaim } from './claim.ts';
import { folderPath, messageTo, receive, TestProcess } from './transport.testing.ts';

const ANNA = 'anna@home.test';
const BOB = 'bob@home.test';

/** Receives everything, as a process does that was started after the crash. */
async function receiveAll(host: Awaited<ReturnType<typeof standaloneHost>>): Promise<number> {
  await using process = await TestProcess.start(host, Date.now() + 1);
  const bob = await process.logOn([BOB], { noInbound: true });
  let saves = 0;
  while (await bob.logon.poll()) saves += (await receive(bob.logon)).saves;
  return saves;
}

test('a crash at any write of a submission and a repeat leave one message, whole', async () => {
  for (const seed of [1, 2, 3]) {
    for (let failAt = 0, fired = true; fired; failAt++) {
      await using host = await standaloneHost();
      await using setup = await TestProcess.start(host);
      await setup.logOn([BOB], { noInbound: true });
      await setup.logOn([ANNA], { noInbound: true });
      const files = new FaultyFileSystem(nodeFileSystem, { failAt, error: 'EIO', crash: true, seed });
      const dying = await TestProcess.start({ ...host, files });
      const message = await messageTo([[BOB]]);
      const first = await attemptOf(dying, message);
      fired = files.fired;
      await using next = await TestProcess.start(host);
      const { logon } = await next.logOn([ANNA], { noInbound: true });
      if (first !== 'delivered') assert.deepEqual(outcomesOf(await submit(logon, message)), ['delivered']);
      assert.equal(await receiveAll(host), 1, `failAt ${failAt}, seed ${seed}, first ${first}`);
    }
  }
});

async function attemptOf(process: TestProcess, message: MessageDouble): Promise<string> {
  try {
    const { logon } = await process.logOn([ANNA], { noInbound: true });
    return outcomesOf(await submit(logon, message))[0] ?? 'none';
  } catch {
    return 'died';
  }
}

/** A store that remembers sources, as the spooler shows it to a transport. */
class Sources {
  readonly #noted = new Set<string>();

  /** The message that is received next, whose save notes its source. */
  next(): { readonly message: MessageDouble; readonly recognise: (source: string) => Promise<boolean> } {
    const message = new MessageDouble();
    const save = message.saveChanges.bind(message);
    let named: string | undefined;
    message.saveChanges = async () => {
      if (named !== undefined) this.#noted.add(named);
      await save();
    };
    const recognise = async (source: string): Promise<boolean> => {
      named = source;
      return this.#noted.has(source);
    };
    return { message, recognise };
  }
}

test('XP-050: a crash at any write of a reception loses nothing and brings nothing twice', async () => {
  let known = 0;
  for (const seed of [1, 2, 3]) {
    for (let failAt = 0, fired = true; fired; failAt++) {
      await using host = await standaloneHost();
      await using setup = await TestProcess.start(host);
      await setup.logOn([BOB], { noInbound: true });
      const anna = await setup.logOn([ANNA], { noInbound: true });
      await submit(anna.logon, await messageTo([[BOB]]));
      const files = new FaultyFileSystem(nodeFileSystem, { failAt, error: 'EIO', crash: true, seed });
      const dying = await TestProcess.start({ ...host, files });
      const sources = new Sources();
      const { message, recognise } = sources.next();
      await dying
        .logOn([BOB], { noInbound: true })
        .then(({ logon }) => receive(logon, message, recognise))
        .catch(() => undefined);
      fired = files.fired;
      await using later = await TestProcess.start(host, Date.now() + 1);
      const bob = await later.logOn([BOB], { noInbound: true });
      let total = message.saves;
      while (await bob.logon.poll()) {
        const again = sources.next();
        total += (await receive(bob.logon, again.message, again.recognise)).saves;
        if (again.message.saves === 0) known++;
      }
      assert.equal(total, 1, `failAt ${failAt}, seed ${seed}`);
      assert.deepEqual(await later.names(BOB, 'cur'), []);
    }
  }
  assert.ok(known > 0, 'a crash between the save and the mark is among them');
});

test('a claim is taken back from a process that is gone, and left to one that lives', async () => {
  await using host = await standaloneHost();
  await using alive = await TestProcess.start(host);
  const bob = await alive.logOn([BOB], { noInbound: true });
  const folder = folderPath(host, BOB, 'new');
  await host.files.writeFileAtomic(join(folder, 'm.eml'), utf8Encode('Subject: x\r\n\r\n'));
  const held = new MessageDouble();
  let release: () => void = () => {};
  const saved = new Promise<void>((resolve) => (release = resolve));
  held.saveChanges = () => saved; // it may be called before the release or after it
  const receiving = receive(bob.logon, held);
  while ((await alive.names(BOB, 'cur')).length === 0) await systemClock.delay(5);
  await using other = await TestProcess.start(host);
  const elsewhere = await other.logOn([BOB], { noInbound: true });
  assert.equal(await bob.logon.poll(), false);
  assert.equal(await elsewhere.logon.poll(), false);
  const [claimed = ''] = await alive.names(BOB, 'cur');
  assert.equal(parseClaim(claimed)?.process, process.pid);
  release();
  await receiving;
  const dead = claimed.replace(`~${process.pid}~`, '~4194305~');
  await host.files.writeFileAtomic(
    join(folderPath(host, BOB, 'cur'), dead.replace('m.eml', 'n.eml')),
    utf8Encode('Subject: y\r\n\r\n'),
  );
  assert.equal(await bob.logon.poll(), true);
  assert.equal((await receive(bob.logon)).saves, 1);
});

test('a claim of an earlier process with our number, or one that is very old, is taken back', async () => {
  const clock = new VirtualClock(Date.now());
  await using host = await standaloneHost({ clock });
  await using process = await TestProcess.start(host, clock.nowMs());
  const bob = await process.logOn([BOB], { noInbound: true });
  const { pid, mark, place } = processFates();
  const claim = (drop: string, on: string, id: number): Promise<void> => {
    const name = [drop, on, id, 'aa', clock.nowMs() - 1000].join('~');
    return host.files.writeFileAtomic(join(folderPath(host, BOB, 'cur'), name), utf8Encode(`Subject: x\r\n\r\n`));
  };
  const computer = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/gu, '-')
    .slice(0, 60);
  await claim('earlier.eml', `${computer}.${mark}`, pid);
  await claim('far.eml', `another-computer.${mark}`, 2 ** 22 + 1);
  await claim('gone.eml', `${computer}.${mark}`, 2 ** 22 + 1);
  await claim('living.eml', `${computer}.${place}.0`, 1);
  await claim('older.eml', computer, 2 ** 22 + 1);
  await claim('restarted.eml', `${computer}.another.${place.split('.')[1]}.1`, 1);
  await claim('unseen.eml', `${computer}.${place.split('.')[0]}.elsewhere.1`, 2 ** 22 + 1);
  assert.equal(await bob.logon.poll(), true);
  assert.deepEqual(await process.names(BOB, 'new'), ['earlier.eml', 'gone.eml', 'restarted.eml']);
  await clock.advance(3_600_000);
  await bob.logon.poll();
  const later = ['far.eml', 'living.eml', 'older.eml', 'unseen.eml'];
  assert.deepEqual(await process.names(BOB, 'new'), ['earlier.eml', 'gone.eml', 'restarted.eml', ...later].sort());
});

test('two processes that receive at the same time share the messages, each of which comes once', async () => {
  await using host = await standaloneHost();
  await using one = await TestProcess.start(host);
  await using two = await TestProcess.start(host);
  const anna = await one.logOn([ANNA], { noInbound: true });
  const first = await one.logOn([BOB], { noInbound: true });
  const second = await two.logOn([BOB], { noInbound: true });
  for (let number = 0; number < 20; number++) {
    await submit(anna.logon, await messageTo([[BOB]], [prop(PR_CLIENT_SUBMIT_TIME, BigInt(number + 1))]));
  }
  let saves = 0;
  const drain = async (logon: (typeof first)['logon']): Promise<void> => {
    for (let idle = 0; idle < 2; ) {
      const { saves: saved } = await receive(logon);
      saves += saved;
      idle = saved === 0 ? idle + 1 : 0;
    }
  };
  await Promise.all([drain(first.logon), drain(second.logon)]);
  assert.equal(saves, 20);
});

test('what was left half written goes away after a day, the marks of deliveries after a week', async () => {
  const clock = new VirtualClock(Date.now());
  await using host = await standaloneHost({ clock });
  await using process = await TestProcess.start(host);
  await process.logOn([BOB], { noInbound: true });
  for (const folder of ['tmp', 'done']) {
    await host.files.writeFileAtomic(join(folderPath(host, BOB, folder), 'old.eml'), new Uint8Array());
  }
  const left = async (): Promise<readonly string[]> => {
    await process.logOn([BOB], { noInbound: true });
    return [...(await process.names(BOB, 'tmp')), ...(await process.names(BOB, 'done'))];
  };
  assert.equal((await left()).length, 2);
  await clock.advance(2 * 86_400_000);
  assert.deepEqual(await left(), ['old.eml']);
  await clock.advance(6 * 86_400_000);
  assert.deepEqual(await left(), []);
});
