/** The provider of the examples, as somebody installs it: a package below the home, named in its catalogue. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ts from 'typescript';
import { test } from 'vitest';
import { ProgramFolder, root } from './program.testing.ts';

const FOLDER = join(root, 'examples/provider');

async function install(home: string): Promise<void> {
  const library = join(home, 'node_modules/sms-transport');
  await mkdir(library, { recursive: true });
  await symlink(join(root, 'node_modules/@nodemapi'), join(home, 'node_modules/@nodemapi'), 'junction');
  await copyFile(join(FOLDER, 'mapisvc.json'), join(home, 'mapisvc.json'));
  const source = await readFile(join(FOLDER, 'sms-transport.ts'), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  await writeFile(join(library, 'index.js'), ts.transpileModule(source, { compilerOptions }).outputText);
  await writeFile(join(library, 'package.json'), '{"name":"sms-transport","type":"module","exports":"./index.js"}');
}

/** Sends to a recipient of the provider's address type; answers what became of it. */
const PROGRAM = `
import * as m from 'nodemapi';
await m.MAPIInitialize();
const session = await m.MAPILogonEx(null, 'work', null, { newSession: true });
const store = await m.openDefaultStore(session);
const outbox = await m.openSpecialFolder(store, 'outbox');
const message = await outbox.createMessage();
const { object: book } = await session.openAddressBook();
const name = [m.prop(m.PR_DISPLAY_NAME, 'Ada [SMS:+4930]'), m.prop(m.PR_RECIPIENT_TYPE, m.MAPI_TO)];
const { list } = await book.resolveName([name]);
await message.setProps([m.prop(m.PR_SUBJECT, 'The engine runs')]);
await message.modifyRecipients('add', list);
await message.submitMessage();
for (const object of [message, outbox, store, book]) await object.release();
const { outgoing } = await m.endSession(session, { policy: 'drain' });
console.log(outgoing.sent, outgoing.left);
`;

test('a provider beside the home is configured by its names, and takes the mail of its address type', {
  timeout: 60_000,
}, async () => {
  const taken: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    taken.push([request.headers.authorization, JSON.parse(body)]);
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await using folder = await ProgramFolder.make();
  try {
    await install(folder.home);
    await folder.mapi('profile', 'create', 'work', '--default');
    const settings = [`url=http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'sender=+491', 'key=secret'];
    const wrong = folder.mapi('service', 'add', 'sms', 'url=nowhere', 'sender=+491');
    await assert.rejects(wrong, { code: 1, stderr: /"nowhere" is no address of a gateway/u });
    await folder.mapi('service', 'add', 'sms', ...settings);
    const { stdout, stderr } = await folder.run(await folder.compile(PROGRAM, 'program'));
    assert.equal(stdout, '1 0\n', stderr);
    assert.deepEqual(taken, [['Bearer secret', { from: '+491', to: '+4930', text: 'The engine runs' }]]);
    await writeFile(join(folder.home, 'node_modules/sms-transport/index.js'), 'import "not-installed";');
    await assert.rejects(folder.mapi('service', 'set', 'sms', 'sender=+492'), { stderr: /not-installed/u });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
