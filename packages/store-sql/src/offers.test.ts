import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import {
  FaultyFileSystem,
  type FileSystem,
  nodeFileSystem,
  type ProcessFate,
  type ProcessFates,
  processFates,
  utf8Encode,
} from '@nodemapi/base';
import { standaloneHost } from '@nodemapi/kit';
import type { ProviderHost } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { Offers } from './offers.ts';
import { processOwner } from './process-owner.ts';

/** A process that is gone. */
const DEAD = spawnSync(process.execPath, ['--version']).pid;
const OWN = processFates();

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
  offers(pid: number, files: FileSystem = nodeFileSystem, fates: ProcessFates = OWN): Offers {
    const owner = ownerOf(pid, `start${this.#processes.length + 1}`);
    const parts = { host: { ...this.host, files }, path: join(this.host.home, 'store.mapidb'), owner, fates };
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

/** The files of the system, with a hand in their lists. */
function listing(list: (path: string) => Promise<readonly string[]>): FileSystem {
  return new Proxy(nodeFileSystem, {
    get: (files, name) => {
      const value: unknown = name === 'list' ? list : Reflect.get(files, name);
      return typeof value === 'function' ? value.bind(files) : value;
    },
  });
}

/** A process of this machine; its start is not told for those that are made up. */
function ownerOf(pid: number, random: string): string {
  const mark = pid === process.pid ? OWN.mark : `${OWN.place}.0`;
  return processOwner({ pid, mark }, hostname(), random);
}

/** A process of another namespace, whose number is not there in ours. */
const UNSEEN = processOwner({ pid: DEAD, mark: `${OWN.place.split('.')[0]}.elsewhere.0` }, hostname(), 'x');

/** Sees this of every process. */
function seeing(fate: ProcessFate): ProcessFates {
  return { ...OWN, fateOf: () => fate };
}

describe.skipIf(OWN.boot === undefined)('what is known of attempts that were cut off', () => {
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

  test('also of one that began when another process was about to tidy up', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD);
    await dead.claim(1, 71);
    const list = async (path: string): Promise<readonly string[]> => {
      const found = await nodeFileSystem.list(path);
      world.sending = [[1, 71]]; // what the queue says when the dead process can be seen to be gone
      return found;
    };
    const tidy = world.offers(process.pid, listing(list));
    await tidy.claim(5, 75);
    assert.equal(await tidy.wasOffered(1, 71), false);
  });

  test('nothing while its process lives, which may go on', async () => {
    await using world = await World.make();
    const stopped = world.offers(process.ppid);
    await stopped.claim(1, 7);
    assert.equal(await world.offers(process.pid).wasOffered(1, 7), undefined);
  });

  test('nothing where it cannot be seen, as in another container, whoever has its number here', async () => {
    await using world = await World.make();
    const path = join(world.host.home, 'store.mapidb');
    const parts = { host: world.host, path, sending: () => [], fates: OWN };
    await using unseen = new Offers({ ...parts, owner: UNSEEN });
    await unseen.claim(1, 7);
    assert.equal(await world.offers(process.pid).wasOffered(1, 7), undefined);
    assert.equal((await world.files()).length, 1, 'it may go on writing');
  });

  test('by the end of one of this number, where it has come again', async () => {
    await using world = await World.make();
    const before = processOwner({ pid: process.pid, mark: `${OWN.place}.1` }, hostname(), 'x');
    const path = join(world.host.home, 'store.mapidb');
    await using earlier = new Offers({ host: world.host, path, sending: () => [[1, 7]], fates: OWN, owner: before });
    await earlier.claim(1, 7);
    assert.equal(await world.offers(process.pid).wasOffered(1, 7), false);
  });

  test('nothing once the machine was started anew: the mark may not have reached the disk', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD);
    await dead.claim(1, 7);
    const later = world.offers(process.pid, nodeFileSystem, seeing('restarted'));
    world.sending = [[1, 7]];
    assert.equal(await later.wasOffered(1, 7), undefined);
    await later.claim(2, 8);
    assert.equal((await world.files()).length, 1, 'the file of the earlier start stays');
  });

  test('nothing where the system does not say when it was started', async () => {
    await using world = await World.make();
    const dead = world.offers(DEAD, nodeFileSystem, { ...OWN, boot: undefined });
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
    const headers = [
      ['unseen', `nodemapi offers 2\n${UNSEEN}\n`],
      ['older', `nodemapi offers 1\nboot\n${ownerOf(DEAD, 'x')}\n`],
      ['begun', ''],
      ['alive', `nodemapi offers 2\n${ownerOf(process.ppid, 'x')}\n`],
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
    assert.deepEqual([...left].sort(), ['alive-new', 'alive-old', 'begun-new', 'older-new', 'unseen-new']);
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
