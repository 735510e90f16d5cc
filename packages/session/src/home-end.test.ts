import assert from 'node:assert/strict';
import { memoryLog, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import type { AskingHub } from './asked-ends.ts';
import { type EndedMember, endHomeSessions } from './home-end.ts';

const SESSION = { id: 's', profile: 'Work', shared: true, joinable: true, since: 0 };
const MEMBER = { id: 'm', messaging: true, since: 0 };

test('who has left his report where the hub changed is waited for no longer, though his process lives on', async () => {
  const clock = new VirtualClock();
  const answers = new Map<string, unknown>();
  const hub: AskingHub = {
    ask: async (_question, { onProcesses }) => {
      const sessions = [{ session: SESSION, members: [MEMBER], endings: [], others: [] }];
      onProcesses([{ process: { id: 'p', pid: 7, program: 'server.mjs' }, sessions }]);
      onProcesses([]); // the next hub: the process has gone from it, and lives
    },
    keptAnswers: async () => [...answers].map(([from, body]) => ({ from, body })),
    forgetAnswers: async () => answers.clear(),
    leaveWord: async () => {},
  };
  const options = { waitMs: 40_000, log: memoryLog(), mayLive: () => true, ending: 'e', silent: new Set<string>() };
  const ended: (readonly EndedMember[])[] = [];
  const all = endHomeSessions(hub, clock, ['s'], options).then((members) => void ended.push(members));
  await clock.advance(1000);
  assert.equal(ended.length, 0); // nothing says that it has ended
  answers.set('m', { member: 'm' });
  await clock.advance(1000);
  assert.deepEqual(
    ended.flat().map((member) => [member.pid, member.ended]),
    [[7, true]],
  );
  assert.equal(answers.size, 0);
  await all;
});

test('an interrupt ends the waiting, not what was asked for: word of it is left for those who sleep', async () => {
  const left: string[] = [];
  const hub: AskingHub = {
    ask: async (_question, { onProcesses, signal }) => {
      const sessions = [{ session: SESSION, members: [MEMBER], endings: [], others: [] }];
      onProcesses([{ process: { id: 'p', pid: 7, program: 'server.mjs' }, sessions }]);
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    keptAnswers: async () => [],
    forgetAnswers: async () => {},
    leaveWord: async (session, ending) => void left.push(`${session} ${ending}`),
  };
  const interrupt = new AbortController();
  const options = { waitMs: 40_000, log: memoryLog(), mayLive: () => true, ending: 'e', silent: new Set(['m']) };
  const all = endHomeSessions(hub, new VirtualClock(), ['s'], { ...options, signal: interrupt.signal });
  interrupt.abort();
  assert.deepEqual(
    (await all).map(({ ended }) => ended),
    [false],
  );
  assert.deepEqual(left, ['s e']);
});

test('a process that is stopped, and has none of the members, is not waited for', async () => {
  const clock = new VirtualClock();
  const sessions = [{ session: SESSION, members: [MEMBER], endings: [], others: [] }];
  const other = { process: { id: 'stopped', pid: 8, program: 'other.mjs' }, sessions: [] };
  let end = (): void => {};
  const hub: AskingHub = {
    ask: async (_question, { onProcesses, onAnswer, signal }) => {
      onProcesses([{ process: { id: 'p', pid: 7, program: 'server.mjs' }, sessions }, other]);
      end = () => onAnswer({ process: 'p', body: { member: 'm' }, last: true, gone: false });
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    keptAnswers: async () => [],
    forgetAnswers: async () => {},
    leaveWord: async () => {},
  };
  const options = { waitMs: 40_000, log: memoryLog(), mayLive: () => true, ending: 'e', silent: new Set<string>() };
  const ended: (readonly EndedMember[])[] = [];
  const all = endHomeSessions(hub, clock, ['s'], options).then((members) => void ended.push(members));
  await clock.advance(10_000);
  assert.equal(ended.length, 0, 'its members are waited for');
  end();
  await clock.advance(1000);
  assert.deepEqual(
    ended.flat().map((member) => [member.pid, member.ended]),
    [[7, true]],
  );
  await all;
});
