/** The meeting place on the disk, with real sockets; on Windows there are pipes instead. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { memoryLog, nullLog, seededRandom, systemClock } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { encodeFrame } from './frame.ts';
import { homeEndpoint, hubDirectory } from './home-endpoint.ts';
import { HomeHub } from './home-hub.ts';
import { UnixEndpoint } from './unix-endpoint.ts';

const isWindows = process.platform === 'win32';

async function inDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp('/tmp/hub-'); // where hubs are, for the path of a socket has to be short
  try {
    await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

function hubAt(path: string, seed: number, log = nullLog): HomeHub {
  return new HomeHub({
    endpoint: new UnixEndpoint(path, log),
    clock: systemClock,
    log,
    random: seededRandom(seed),
    process: { pid: process.pid, program: 'test' },
    mayLive: () => true,
  });
}

describe.skipIf(isWindows)('the meeting place of a home', () => {
  test('a note is told to who watches, until he does not; a directory that is not there is told, too', async () => {
    await inDirectory(async (path) => {
      const endpoint = new UnixEndpoint(path, nullLog);
      const errors: unknown[] = [];
      let told = 0;
      const heard = new Promise<unknown>((resolve) => {
        const watching = endpoint.notes.watch(
          (endingOf) => {
            told++;
            watching[Symbol.dispose]();
            resolve([endingOf?.('s'), endingOf?.('another')]);
          },
          (error) => errors.push(error),
        );
      });
      await writeFile(join(path, 'else.txt'), '');
      await endpoint.notes.keep('s', '0123456789abcdef');
      assert.deepEqual(await heard, ['0123456789abcdef', undefined]);
      await endpoint.notes.keep('s', '1123456789abcdef');
      assert.deepEqual([told, errors], [1, []]);
      new UnixEndpoint(join(path, 'none'), nullLog).notes
        .watch(
          () => {},
          (error) => errors.push(error),
        )
        [Symbol.dispose]();
      assert.equal(errors.length, 1);
    });
  });

  test('a number belongs to one of those who claim it at once, and does not come again', async () => {
    await inDirectory(async (path) => {
      const claims = await Promise.all(
        Array.from({ length: 8 }, () => new UnixEndpoint(path, nullLog).claim(1, () => {})),
      );
      const [winner, ...more] = claims.filter((claim) => claim !== undefined);
      assert.equal(more.length, 0);
      const endpoint = new UnixEndpoint(path, nullLog);
      assert.deepEqual(await endpoint.current(), { number: 1, ended: false });
      await endpoint.notes.keep('s', '0123456789abcdef');
      await winner?.close(true);
      assert.deepEqual(await endpoint.current(), { number: 1, ended: true });
      assert.deepEqual(await endpoint.notes.kept('s'), ['0123456789abcdef']);
      await endpoint.notes.forget('s');
      assert.deepEqual(await readdir(path), ['1.end']);
      const next = await endpoint.claim(2, () => {});
      assert.deepEqual(await readdir(path), ['2.sock']);
      await next?.close(false);
      assert.equal(await endpoint.connect(2), undefined); // a socket that a process has left behind
      assert.deepEqual(await endpoint.current(), { number: 2, ended: false });
    });
  });

  test('a directory that others can read, or a link to one, is refused', async () => {
    await inDirectory(async (path) => {
      const open = join(path, 'open');
      const link = join(path, 'link');
      await new UnixEndpoint(open, nullLog).current();
      await symlink(open, link);
      await assert.rejects(new UnixEndpoint(link, nullLog).current(), { code: 'MAPI_E_NO_ACCESS' });
      await chmod(open, 0o755);
      await assert.rejects(new UnixEndpoint(open, nullLog).current(), { code: 'MAPI_E_NO_ACCESS' });
      const file = join(path, 'file');
      await writeFile(file, '');
      await assert.rejects(new UnixEndpoint(file, nullLog).current(), { code: 'MAPI_E_NO_ACCESS' });
    });
  });

  test('who needs a hub that cannot be is told why, at once', async () => {
    await inDirectory(async (path) => {
      const file = join(path, 'file');
      await writeFile(file, '');
      const hub = hubAt(file, 1);
      await assert.rejects(hub.acquire('join'), { code: 'MAPI_E_NO_ACCESS' });
      await assert.rejects(hub.end('s'), (error: Error) => error instanceof Error);
      await hub.close();
    });
  });

  test('a home meets outside of itself, on a short path of its own per computer and user', () => {
    const long = hubDirectory(`/home/${'x'.repeat(300)}`, 'host', 7);
    assert.match(long, /^\/tmp\/nodemapi-7-[0-9a-f]{16}$/);
    const others = [`/home/${'y'.repeat(300)}`, '/home/ann'].map((home) => hubDirectory(home, 'host', 7));
    const elsewhere = hubDirectory(`/home/${'x'.repeat(300)}`, 'other', 7);
    assert.equal(new Set([long, ...others, elsewhere]).size, 4);
  });

  test('the last process takes the directory with it, and the next one makes it again', async () => {
    await inDirectory(async (path) => {
      const directory = join(path, 'hub');
      const [first, second] = [hubAt(directory, 1), hubAt(directory, 2)];
      await first.acquire('join');
      await second.acquire('join');
      await first.close();
      await second.acquire('join');
      await second.close();
      assert.deepEqual(await readdir(path), []);
      const third = hubAt(directory, 3);
      assert.deepEqual(await third.acquire('join'), { outcome: 'none' });
      await third.close();
    });
  });

  test('two paths to a home lead to one hub', async () => {
    await inDirectory(async (path) => {
      const home = join(path, 'home');
      await homeEndpoint(path, nullLog).current();
      await symlink(path, home);
      const claim = await homeEndpoint(path, nullLog).claim(1, () => {});
      assert.deepEqual(await homeEndpoint(home, nullLog).current(), { number: 1, ended: false });
      await claim?.close(true);
    });
  });

  test('strangers on the socket do no harm: bytes that are no message, silence, and half a message', async () => {
    await inDirectory(async (path) => {
      const log = memoryLog();
      const hub = hubAt(path, 1, log);
      await hub.acquire('join');
      const socket = (await readdir(path)).find((name) => name.endsWith('.sock')) ?? '';
      const random = seededRandom(5);
      const hostile = [
        random.bytes(5000),
        encodeFrame('hello'),
        encodeFrame({ type: 'ping', number: 1 }), // before its hello
        encodeFrame({ type: 'hello', version: 1 }),
        encodeFrame({
          type: 'hello',
          version: 99,
          process: { id: 'p', pid: 1, program: '' },
          sessions: [],
          topics: [],
          creating: false,
        }),
        Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      ];
      for (const bytes of hostile) {
        const stranger = connect(join(path, socket));
        stranger.on('error', () => {});
        stranger.resume();
        stranger.write(bytes);
        await once(stranger, 'close');
      }
      const quiet = connect(join(path, socket));
      quiet.write(encodeFrame('x').subarray(0, 3));
      const other = hubAt(path, 2);
      assert.deepEqual(await other.acquire('join'), { outcome: 'none' });
      assert.equal(hub.isHub, true);
      await once(quiet, 'close'); // who does not say who it is goes after two seconds
      await other.close();
      await hub.close();
    });
  });

  test('a hub that talks nonsense is left, and the processes find another one', async () => {
    await inDirectory(async (path) => {
      const endpoint = new UnixEndpoint(path, nullLog);
      await endpoint.current();
      const liar = createServer((socket) => {
        socket.on('error', () => {});
        socket.resume().end(encodeFrame({ type: 'lies' }));
      });
      liar.listen(join(path, '1.sock'));
      await once(liar, 'listening');
      const hub = hubAt(path, 1);
      await assert.rejects(hub.acquire('join'), { code: 'MAPI_E_CORRUPT_DATA' });
      liar.close();
      await once(liar, 'close');
      assert.deepEqual(await hub.acquire('join'), { outcome: 'none' });
      await hub.close();
    });
  });

  test('wake-ups reach whoever listens to the topic, in this process and in others, and not who sends them', async () => {
    await inDirectory(async (path) => {
      const [a, b] = [hubAt(path, 1), hubAt(path, 2)];
      await a.acquire('join');
      const heard: string[] = [];
      let onHeard = (): void => {};
      const note = (name: string) => () => {
        heard.push(name);
        onHeard();
      };
      const own = note('own');
      a.wakeUps.listen('t', own);
      a.wakeUps.listen('t', note('near'));
      b.wakeUps.listen('t', note('far'));
      b.wakeUps.listen('other', note('other'));
      await b.acquire('join');
      await a.acquire('join');
      heard.length = 0; // who begins to listen is woken once, and every new connection wakes all: something may have got lost
      const all = new Promise<void>((resolve) => {
        onHeard = () => heard.includes('near') && heard.includes('far') && resolve();
      });
      a.wakeUps.signal('t', own);
      await all;
      assert.deepEqual([...new Set(heard)].sort(), ['far', 'near']);
      await b.close();
      await a.close();
    });
  });
});
