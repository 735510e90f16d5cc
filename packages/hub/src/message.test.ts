import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { clientMessage, hubMessage } from './message.ts';

const session = { id: 's', profile: 'Work', shared: true, joinable: true, since: 1 };
const process = { id: 'p', pid: 7, program: 'x' };
const member = { id: 'm', messaging: true, since: 1 };
const hello = { type: 'hello', version: 1, process, sessions: [], topics: [], creating: false };

test('messages are known by their shape, and a newer process may say more', () => {
  const part = { session, members: [member], endings: ['e'], others: [{ process, members: [member] }] };
  const messages = [
    { ...hello, sessions: [part], topics: ['t'] },
    { type: 'enter', request: 0, session, member, mood: 'good' },
    { type: 'wake', topic: 't' },
    { type: 'acquire', request: 1, wish: 'join' },
  ];
  for (const message of messages) assert.equal(clientMessage(message), message);
  const told = { type: 'roster', session: 's', others: [{ process, members: [member] }], endings: [] };
  assert.equal(hubMessage(told), told);
});

test('what is no message is none', () => {
  const wrong = [
    null,
    17,
    [],
    {},
    { type: 'constructor' },
    { type: 'toString' },
    { type: 'wake' },
    { type: 'wake', topic: '' },
    { type: 'wake', topic: 'x'.repeat(600) },
    { type: 'acquire', request: -1, wish: 'join' },
    { type: 'acquire', request: 1.5, wish: 'join' },
    { type: 'acquire', request: 1, wish: 'everything' },
    { type: 'enter', request: 0, session: { ...session, since: 'long ago' }, member },
    { ...hello, process: { ...process, pid: '7' } },
    { ...hello, topics: Array.from({ length: 10_001 }, () => 't') },
    { type: 'welcome', version: 1 },
  ];
  for (const value of wrong) assert.equal(clientMessage(value), undefined, JSON.stringify(value)?.slice(0, 80));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => clientMessage(value) === undefined && hubMessage(value) === undefined),
    {
      seed: 1,
    },
  );
});
