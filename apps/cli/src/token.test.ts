import assert from 'node:assert/strict';
import { chmod, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { test } from 'vitest';
import { listOf, TestHome } from './io.testing.ts';

test.skipIf(process.platform === 'win32')(
  'an account whose profile names a command for tokens logs on by what it prints; the token is nowhere to be seen',
  async () => {
    const taken: string[] = [];
    const server = new SMTPServer({
      authMethods: ['XOAUTH2'],
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, accessToken }, _session, done) => {
        if (username === 'me' && accessToken === 'secret-token-2') done(null, { user: username });
        else done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } });
      },
      onData: (stream, { envelope }, done) => {
        taken.push(...envelope.rcptTo.map(({ address }) => address));
        stream.resume();
        stream.once('end', () => done());
      },
    });
    server.on('error', () => {}); // connections that are broken off
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    await using home = await TestHome.withProfile();
    // It keeps its first token until that is refused, as such programs do.
    const refused = '[ -n "$MAPI_TOKEN_REFUSED" ] && echo secret-token-2 || echo secret-token-1';
    await home.file('token', `#!/bin/sh\n${refused}\necho asked for "$1" >>'${home.directory}/asked'\n`);
    await chmod(join(home.directory, 'token'), 0o700);
    const settings = [`port=${port}`, 'security=none', 'user=me', 'auth=oauth2'];
    const add = ['service', 'add', 'smtp', 'host=127.0.0.1', 'from=me@x.test', ...settings];
    const wrong = await home.run(...add, 'tokenCommand=token me');
    assert.match(wrong.err, /absolute path/u);
    await home.ok(...add, `tokenCommand=${JSON.stringify([join(home.directory, 'token'), 'me'])}`);
    const send = ['send', '--to', 'you@y.test', '--subject', 'Hi', '--text', 'x'];
    const { code, out, err } = await home.runWith({ environment: { MAPI_LOG: '1' } }, ...send, '--json');
    assert.deepEqual([code, taken], [0, ['you@y.test']], `${out}${err}`);
    assert.equal(await readFile(join(home.directory, 'asked'), 'utf8'), 'asked for me\nasked for me\n');
    const [message] = listOf(JSON.parse(out), 'messages');
    const shown = await home.ok('outbox', 'show', String(message?.entryId));
    const profile = await home.ok('service', 'list', '--json');
    for (const text of [out, err, shown, profile]) assert.equal(text.includes('secret-token'), false);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  },
);
