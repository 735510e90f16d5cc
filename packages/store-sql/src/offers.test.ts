import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { FaultyFileSystem, type FileSystem, nodeFileSystem, utf8Decode, utf8Encode } from '@nodemapi/base';
import { standaloneHost } from '@nodemapi/kit';
import type { ProviderHost } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { Offers } from './offers.ts';
import { processOwner } from './process-owner.ts';

/** A process that is gone. */
const DEAD = spawnSync(process.execPath, ['--version']).pid;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

class World implements AsyncDisposable {
  readonly host: ProviderHost & AsyncDisposable;
  sending: readonly (readonly [number, number])[] = [];
  /** Also of processes that die without closing what they have: Node counts open files that nobody has as errors. */
  readonly #processes: Offers[] = [];

  constructor(host: ProviderHost & AsyncDisposable) {
    this.host = host;
  }

  static async make(): Promise<World> {
    return new World(await standaloneHost());
  }

  /** What a process has that works on the store. */
  offers(pid: number, files: FileSystem = nodeFileSystem): Offers {
    const owner = processOwner(hostname(), pid, `start${this.#processes.length + 1}`);
    const parts = { host: { ...this.host, files }, path: join(this.host.home, 'store.mapidb'), owner };
    const offers = new Offers({ ...parts, sending: () => this.sending });
    this.#processes.push(offers);
    return offers;
  }

  /** Names beside the store. */
  async files(): Promise<readonly string[]> {
    return (await nodeFileSystem.list(this.host.home)).filter((name) => name.startsWith('store.mapidb-offers-'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const offers of this.#processes) await offers[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }
}

/** The files as they are after another start of the machine. */
function laterStart(): FileSystem {
  return {
    ...nodeFileSystem,
    readFile: async (path) => (path === BOOT_ID ? utf8Encode('another-start\n') : nodeFileSystem.readFile(path)),
  };
}

describe.skipIf(!existsSync(BOOT_ID))('what is known of attempts that were cut off', () => {
  test('by the end of the process: whether the message was offered', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD);
    for (const message of [1, 2, 3]) await dead.claim(message, 70 + message);
    dead.offer(2, 72);
    dead.offer(3, 999); // of another lock: of this one nothing was told
    const later = world.offers(process.pid);
    assert.deepEqual(await Promise.all([later.wasOffered(1, 71), later.wasOffered(2, 72), later.wasOffered(3, 73)]), [
      false,
      true,
      false,
    ]);
    assert.deepEqual(await Promise.all([later.wasOffered(1, 72), later.wasOffered(4, 71)]), [undefined, undefined]);
  });

  test('nothing while its process lives, which may go on', async () => {
    await using world = await World.make();
    const stopped = world.offers(process.ppid);
    await stopped.claim(1, 7);
    assert.equal(await world.offers(process.pid).wasOffered(1, 7), undefined);
  });

  test('nothing once the machine was started anew: the mark may not have reached the disk', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD);
    await dead.claim(1, 7);
    const later = world.offers(process.pid, laterStart());
    world.sending = [[1, 7]];
    assert.equal(await later.wasOffered(1, 7), undefined);
    await later.claim(2, 8);
    assert.equal((await world.files()).length, 1, 'the file of the earlier start stays');
  });

  test('nothing where the system does not say when it was started', async () => {
    await using world = await World.make();
    const silent = { ...nodeFileSystem, readFile: (path: string) => nodeFileSystem.readFile(`${path}-missing`) };
    const dead = world.offers(DEAD, silent);
    await dead.claim(1, 7);
    dead.offer(1, 7);
    assert.deepEqual(await world.files(), []);
  });

  test('a place is used again when its attempt is over, and says nothing of that then', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD);
    await dead.claim(1, 7);
    dead.offer(1, 7);
    dead.ended(1);
    await dead.claim(2, 8);
    const later = world.offers(process.pid);
    assert.deepEqual(await Promise.all([later.wasOffered(1, 7), later.wasOffered(2, 8)]), [undefined, false]);
  });

  test('a file is gone when its process has closed it, or when nobody can ask for it any more', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD);
    await dead.claim(1, 7);
    world.sending = [[1, 7]];
    const wanted = world.offers(process.pid);
    await wanted.claim(2, 8);
    assert.equal((await world.files()).length, 2);
    await wanted[Symbol.asyncDispose]();
    assert.equal((await world.files()).length, 1, 'only that of the dead one is wanted');
    world.sending = [[1, 9]]; // somebody has taken it over
    const next = world.offers(process.pid);
    await next.claim(3, 10);
    assert.equal((await world.files()).length, 1);
    await next[Symbol.asyncDispose]();
    assert.deepEqual(await world.files(), []);
  });

  test('files of which nobody can tell whether their process lives go when nobody has written them for a day', async () => {
    await using world = await World.make();
    const path = join(world.host.home, 'store.mapidb-offers-');
    const boot = utf8Decode(await nodeFileSystem.readFile(BOOT_ID)).trim();
    const headers = [
      ['own', `nodemapi offers 1\n${boot}\n${processOwner(hostname(), process.pid, 'before')}\n`],
      ['host', `nodemapi offers 1\n${boot}\n${processOwner('elsewhere', DEAD, 'x')}\n`],
      ['begun', ''],
      ['alive', `nodemapi offers 1\n${boot}\n${processOwner(hostname(), process.ppid, 'x')}\n`],
    ] as const;
    for (const age of ['new', 'old']) {
      for (const [name, header] of headers) {
        await nodeFileSystem.writeFileAtomic(`${path}${name}-${age}`, utf8Encode(header));
        if (age === 'old') await utimes(`${path}${name}-${age}`, 0, Date.now() / 1000 - 25 * 60 * 60);
      }
    }
    const next = world.offers(process.pid);
    await next.claim(1, 7);
    await next[Symbol.asyncDispose]();
    const left = (await world.files()).map((name) => name.replace('store.mapidb-offers-', ''));
    assert.deepEqual([...left].sort(), ['alive-new', 'alive-old', 'begun-new', 'host-new', 'own-new']);
  });

  test('a file stays that tells of attempts which its process has left unfinished', async () => {
    await using world = await World.make();
    const leaving = world.offers(DEAD);
    await leaving.claim(1, 7);
    world.sending = [[1, 7]];
    await leaving[Symbol.asyncDispose]();
    assert.equal(await world.offers(process.pid).wasOffered(1, 7), false);
    assert.throws(() => leaving.offer(1, 7), { code: 'MAPI_E_BUSY' });
  });

  test('a message is not offered if that cannot be noted; one without a slot is, and nothing is known of it', async () => {
    await using world = await World.make();
    for (let failAt = 0; failAt < 3; failAt++) {
      const dead = world.offers(DEAD, new FaultyFileSystem(nodeFileSystem, { failAt, error: 'ENOSPC', crash: true }));
      await dead.claim(failAt, 7); // 0 fails to make the file, 1 to write what it is, 2 to write the slot
      if (failAt < 2) dead.offer(failAt, 7);
      else assert.throws(() => dead.offer(failAt, 7), { code: 'MAPI_E_BUSY' });
    }
    const later = world.offers(process.pid);
    for (const message of [0, 1, 2]) assert.equal(await later.wasOffered(message, 7), undefined);
  });

  test('files of others that lie there do no harm', async () => {
    await using world = await World.make();
    const path = join(world.host.home, 'store.mapidb-offers-1-x');
    assert.equal(dirname(path), world.host.home);
    for (const content of ['', 'nodemapi offers 1\n', 'nodemapi offers 1\n\n\n', '\u0000'.repeat(10_000)]) {
      await nodeFileSystem.writeFileAtomic(path, utf8Encode(content));
      assert.equal(await world.offers(process.pid).wasOffered(1, 7), undefined);
    }
  });
});
