import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { ProgramFolder } from './program.testing.ts';

const LEAKY = `import { endSession, fnevNewMail, MAPIAllocateBuffer, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

interface Erased { readonly lines: 3 }
const lines: Erased['lines'] = 3;

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
const store = await openDefaultStore(session);
await store.openEntry((await openSpecialFolder(store, 'inbox').then(async (inbox) => {
  const { entryId } = await store.getReceiveFolder(null);
  await inbox.release();
  return entryId;
})));
await store.advise(null, fnevNewMail, { onNotify: () => undefined });
MAPIAllocateBuffer(lines);
if (process.env.HOW === 'end') await endSession(session, { policy: 'leave' });
else if (process.env.HOW === 'logoff') await session.logoff();
else process.exit(7);
`;

let folder: ProgramFolder;
let program = '';
beforeAll(async () => {
  folder = await ProgramFolder.make();
  await folder.mapi('profile', 'create', 'work');
  program = await folder.compile(LEAKY, 'leaky');
});
afterAll(() => folder[Symbol.asyncDispose]());

const EXPECTED = [
  [/^mapi leak: IMsgStore [0-9a-f]{40,}, opened at .+[\\/]leaky\.ts:8:\d+/u, 'store'],
  [/^mapi leak: IMAPIFolder [0-9a-f]{40,}, opened at .+[\\/]leaky\.ts:9:\d+/u, 'folder'],
  [/^mapi leak: registration \d+ with IMsgStore, opened at .+[\\/]leaky\.ts:14:\d+/u, 'registration'],
  [/^mapi leak: buffer of 3 bytes, opened at .+[\\/]leaky\.ts:15:\d+/u, 'buffer'],
] as const;

for (const [how, code] of [
  ['end', 0],
  ['logoff', 0],
  ['exit', 7],
] as const) {
  test(`MAPI_TRACE=leaks names what a program left open, by the lines of its source, when it ends by ${how}`, async () => {
    const ran = await folder.run(program, { MAPI_TRACE: 'leaks', HOW: how });
    assert.equal(ran.code, code);
    const lines = ran.stderr.split('\n');
    for (const [pattern, what] of EXPECTED) {
      const line = lines.find((one) => pattern.test(one));
      assert.ok(line, `no ${what} in:\n${ran.stderr}`);
      const isClosed = how === 'end' || (how === 'logoff' && what !== 'buffer');
      const end = isClosed ? /closed by the end of the session of work$/u : /open until the process ended$/u;
      assert.match(line, end);
    }
  });
}

test('a word in MAPI_TRACE that does not exist is told once, with those that do', async () => {
  const { stderr } = await folder.run(program, { HOW: 'end', MAPI_TRACE: 'leek' });
  assert.equal(stderr, 'mapi: MAPI_TRACE has no "leek"; it may hold leaks, errors, with commas between them\n');
});

test('without MAPI_TRACE a program prints nothing of what it left open', async () => {
  assert.equal((await folder.run(program, { HOW: 'end', MAPI_TRACE: 'errors' })).stderr, '');
});
