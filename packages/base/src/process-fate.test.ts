import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { type ProcessSource, processFates } from './process-fate.ts';

const BOOT = '5e9cea7d-5042-4a3e-b264-5ee1671abe54\n';

interface Computer {
  readonly boot?: string;
  readonly pids?: string;
  readonly time?: string;
  /** What /proc says of starts, and which of these processes are there. */
  readonly starts?: Readonly<Record<number, number>>;
  /** Of other processes than those that sleep: `<state> <threads>`. */
  readonly states?: Readonly<Record<number, string>>;
  readonly platform?: string;
  readonly host?: string;
  readonly self?: string;
  readonly pid?: number;
}

/** What a process of this computer knows. */
function on(computer: Computer = {}): ReturnType<typeof processFates> {
  const { boot = BOOT, pids = 'pid:[4026531836]', time = 'time:[4026531834]', pid = 7, self = String(pid) } = computer;
  const { starts = { 7: 100, 8: 200 }, states = {}, platform = 'linux', host = 'web' } = computer;
  const links: Readonly<Record<string, string>> = {
    ...{ '/proc/self': self, '/proc/self/ns/pid': pids, '/proc/self/ns/time': time },
  };
  const source: ProcessSource = {
    ...{ platform, host, pid },
    text: (path) => {
      if (platform !== 'linux') return undefined;
      if (path.endsWith('boot_id')) return boot === '' ? undefined : boot;
      const [, number] = /^\/proc\/(\d+)\/stat$/.exec(path) ?? [];
      const start = starts[Number(number)];
      const [state, threads] = (states[Number(number)] ?? 'S 11').split(' ');
      const middle = `${' 0'.repeat(14)} ${threads} 0`;
      return start === undefined ? undefined : `${number} (odd) name) ${state} 1 1${middle} ${start} 9 9\n`;
    },
    link: (path) => (platform === 'linux' && links[path] !== '' ? links[path] : undefined),
    isThere: (of) => of in starts,
  };
  return processFates(source);
}

/** Of process 7 there. */
const fateFor = (seer: Computer, of: Computer, pid = 7): string => on(seer).fateOf(pid, on(of).mark);

describe('of another process it is told', () => {
  test('that it lives, or is gone, by number and start, within one namespace', () => {
    const seer = { pid: 8 };
    assert.equal(fateFor(seer, {}), 'alive');
    assert.equal(fateFor({ ...seer, starts: { 8: 200 } }, {}), 'gone');
    assert.equal(fateFor({ ...seer, starts: { 7: 101, 8: 200 } }, {}), 'gone', 'its number is of another one now');
  });

  test('that it is gone though nobody has waited for its end, once its last thread is', () => {
    assert.equal(fateFor({ pid: 8, states: { 7: 'Z 1' } }, {}), 'gone');
    assert.equal(fateFor({ pid: 8, states: { 7: 'X 1' } }, {}), 'gone');
    assert.equal(fateFor({ pid: 8, states: { 7: 'Z 2' } }, {}), 'alive', 'a thread of it may still write');
    assert.equal(fateFor({ pid: 8, states: { 7: 'D 1' } }, {}), 'alive');
  });

  test('that it is gone though this one has its number', () => {
    assert.equal(fateFor({ starts: { 7: 5000 } }, {}), 'gone');
    assert.equal(fateFor({}, {}), 'alive', 'it is this one');
  });

  test('nothing where its number is of another namespace, whoever has that number here', () => {
    assert.equal(fateFor({ pids: 'pid:[4026532178]', starts: { 8: 200 } }, {}), 'unknown');
    assert.equal(fateFor({ time: 'time:[4026532179]' }, {}), 'unknown');
  });

  test('that the machine was started anew', () => {
    assert.equal(fateFor({ boot: 'aaaaaaaa-5042-4a3e-b264-5ee1671abe54' }, {}), 'restarted');
  });

  test('nothing where the system does not say what there is to compare', () => {
    for (const [seer, of] of [
      [{ boot: '' }, {}],
      [{}, { boot: '' }],
      [{ boot: '' }, { boot: '' }],
      [{ pids: '' }, { pids: '' }],
      [{}, { pids: '' }],
    ] as const) {
      assert.equal(fateFor({ ...seer, starts: {} }, of), 'unknown');
    }
    for (const mark of ['', 'x', 'a.b', 'a.b.c.d']) assert.equal(on().fateOf(7, mark), 'unknown');
  });

  test('by the number alone, where /proc shows the numbers of another namespace', () => {
    const seer = { pid: 8, self: '4711', starts: { 7: 9999, 8: 200 } };
    assert.equal(fateFor(seer, {}), 'alive');
    assert.equal(fateFor({ ...seer, starts: { 8: 200 } }, {}), 'gone');
  });

  test('by the number, on other systems, among computers of one name', () => {
    const mac = { platform: 'darwin' };
    assert.equal(fateFor(mac, mac), 'alive');
    assert.equal(fateFor({ ...mac, starts: {} }, mac), 'gone');
    assert.equal(fateFor({ ...mac, starts: {}, host: 'db' }, mac), 'unknown');
    assert.equal(on(mac).boot, undefined);
  });
});

test('whether marks say when a process began is known', () => {
  assert.equal(on().tellsStarts, true);
  assert.equal(on({ self: '4711' }).tellsStarts, false);
  assert.equal(on({ platform: 'darwin' }).tellsStarts, false);
});

test.skipIf(process.platform !== 'linux')(
  'a real process that was killed is gone, though nobody waits for its end',
  async () => {
    const script = 'sleep 60 & echo $!; exec sleep 60'; // the second sleep is the parent of the first one, and never waits
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line);
      const fates = processFates();
      const fields = (): string[] =>
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /u, '')
          .split(' ');
      const mark = `${fates.place}.${Number(fields()[19]).toString(36)}`;
      assert.equal(fates.fateOf(pid, mark), 'alive');
      while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n') await setImmediate(); // the shell would bury it
      process.kill(pid, 'SIGKILL');
      while (fields()[0] !== 'Z') await setImmediate();
      assert.equal(fates.fateOf(pid, mark), 'gone');
    } finally {
      parent.kill('SIGKILL');
    }
  },
);

test('a mark is of letters, digits and dots, so that it fits into names of files and owners', () => {
  assert.match(on().mark, /^[0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+$/);
  assert.match(on({ platform: 'darwin', host: 'Ada/s.Mac' }).mark, /^[0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+$/);
});

/** A namespace needs rights that not everybody has. */
const canUnshare = spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0;

describe.skipIf(!canUnshare)('a real namespace', () => {
  const SCRIPT = `import { processFates } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const own = processFates();
    const [pid, mark] = process.argv.slice(1);
    console.log(JSON.stringify([own.pid, own.mark, own.fateOf(Number(pid), mark)]));`;

  test('hides whether a process outside lives, and the other way round', () => {
    const outside = processFates();
    const args = ['-pf', '--mount-proc', process.execPath, '--input-type=module', '-e', SCRIPT];
    const told = spawnSync('unshare', [...args, String(outside.pid), outside.mark], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
    });
    assert.equal(told.status, 0, told.stderr);
    const [pid, mark, fate] = JSON.parse(told.stdout) as [number, string, string];
    assert.equal(fate, 'unknown');
    assert.equal(outside.fateOf(pid, mark), 'unknown');
    assert.equal(outside.fateOf(outside.pid, outside.mark), 'alive');
  });
});
