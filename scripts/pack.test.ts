import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ORDER_FILE, pack, publishOrder } from './pack.mjs';
import { root, workspaces } from './workspace.mjs';

const run = promisify(execFile);
let folder = '';
let files: readonly string[] = [];

/** Unpacks the package files as npm would, and links what they depend on. */
function install(): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@nodemapi'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === '@nodemapi' || name === 'nodemapi') continue;
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const file of files) {
    const name = /nodemapi-(?:([a-z0-9-]+?)-)?\d+\.\d+\.\d+(?:-[\w.-]+)?\.tgz$/u.exec(file)?.[1];
    const target = name === undefined ? join(modules, 'nodemapi') : join(modules, '@nodemapi', name);
    mkdirSync(target);
    expect(spawnSync('tar', ['xzf', file, '-C', target, '--strip-components', '1']).status).toBe(0);
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodemapi-pack-'));
  files = pack(join(folder, 'vendor'));
  install();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in the project that has the packages; answers what it printed. */
async function program(name: string, text: string): Promise<string> {
  writeFileSync(join(folder, name), text);
  const env = { ...process.env, MAPI_HOME: join(folder, 'home') };
  return (await run(process.execPath, [join(folder, name)], { env })).stdout;
}

const BODY = `
async function main() {
  await m.MAPIInitialize();
  await m.ensureProfile('work');
  const session = await m.MAPILogonEx(null, 'work', null, { newSession: true });
  const store = await m.openDefaultStore(session);
  const outbox = await m.openSpecialFolder(store, 'outbox');
  const message = await m.composeMessage(outbox, { to: ['work@localhost'], subject: 'packed' });
  await message.submitMessage();
  for (const object of [message, outbox, store]) await object.release();
  const { outgoing } = await m.endSession(session, { policy: 'drain' });
  console.log(outgoing.sent, typeof __filename);
}`;

describe('packages for other projects', () => {
  test('there is one of every workspace', () => {
    expect(files).toHaveLength(workspaces().length);
  });

  test('each has its licence, a README and its types, and nothing of the tests', () => {
    for (const file of files) {
      const { stdout } = spawnSync('tar', ['tzf', file], { encoding: 'utf8' });
      const names = stdout.trimEnd().split('\n');
      for (const name of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts'])
        expect(names, file).toContain(`package/${name}`);
      expect(
        names.filter((name) => /\.(?:test|testing)\.|tsbuildinfo|node_modules/u.test(name)),
        file,
      ).toEqual([]);
    }
  });

  test('none is published before what it depends on', () => {
    const names = publishOrder().map(({ name }) => name);
    expect(names).toHaveLength(files.length);
    for (const [index, { dependencies = {} }] of publishOrder().entries())
      for (const name of Object.keys(dependencies)) expect(names.indexOf(name)).toBeLessThan(index);
    const order = readFileSync(join(folder, 'vendor', ORDER_FILE), 'utf8')
      .trimEnd()
      .split('\n');
    expect([...order].sort()).toEqual(files.map((file) => basename(file)).sort());
  });

  test('a program sends with them, as an ES module and by require', async () => {
    expect(await program('a.mjs', `import * as m from 'nodemapi';${BODY}\nawait main();`)).toBe('1 undefined\n');
    expect(await program('a.cjs', `const m = require('nodemapi');${BODY}\nmain();`)).toBe('1 string\n');
  });

  test('the command runs from them', async () => {
    const cli = join(folder, 'node_modules/@nodemapi/cli/bin/mapi.mjs');
    const { stdout } = await run(process.execPath, [cli, '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/u);
  });

  test('their types are there', () => {
    const [checked, source] = [join(folder, 'tsconfig.json'), join(folder, 'a.ts')];
    writeFileSync(
      source,
      "import { type EndSessionOptions, endSession, PR_SUBJECT, prop } from 'nodemapi';\nexport const options: EndSessionOptions = { policy: 'drain' };\nexport const subject: { readonly value: string } = prop(PR_SUBJECT, 'x');\nexport { endSession };\n",
    );
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: ['node'] };
    writeFileSync(checked, JSON.stringify({ compilerOptions, files: ['a.ts'] }));
    const compiler = join(root, 'node_modules/ts7/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', checked], { encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  });
});
