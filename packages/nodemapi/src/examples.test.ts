import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
let home = '';

/** Compiles an example and runs it as a program of its own, on the built product. */
async function runExample(name: string): Promise<string> {
  const source = await readFile(join(root, 'examples', name), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const entry = pathToFileURL(join(root, 'packages/nodemapi/dist/index.js')).href;
  const file = join(home, `${name}.mjs`);
  await writeFile(file, outputText.replace("'nodemapi'", `'${entry}'`));
  const { stdout } = await run(process.execPath, [file], {
    env: { ...process.env, MAPI_HOME: join(home, 'mapi') },
    timeout: 240_000, // it hangs
  });
  return stdout;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'nodemapi-examples-'));
  const cli = join(root, 'apps/cli/bin/mapi.mjs');
  await run(process.execPath, [cli, 'profile', 'create', 'work', '--home', join(home, 'mapi')]);
});
afterAll(() => rm(home, { recursive: true }));

describe('the examples run as they are printed', () => {
  test('send.ts sends, and read.ts finds what came', async () => {
    assert.equal(await runExample('send.ts'), '1 sent, 0 failed, 0 left for the next session\n');
    const lines = (await runExample('read.ts')).trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^\d{4}-.* Notes on the engine$/u);
    assert.equal(lines.at(-1), 'ended in good order');
  });

  test('ending.ts shows what was left open', async () => {
    const lines = (await runExample('ending.ts')).trimEnd().split('\n');
    assert.equal(lines[0], 'unadvise true 1');
    assert.ok(lines.includes('left open: IMAPIFolder') && lines.includes('left open: IMsgStore'));
    assert.ok(lines.includes('registrations left: 1'));
  });

  test('the program of the README is send.ts but for addresses and texts', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const program = /```ts\n([\s\S]*?)```/u.exec(readme)?.[1] ?? '';
    const example = await readFile(join(root, 'examples/send.ts'), 'utf8');
    const shape = (text: string): readonly string[] =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('//') && line.trim() !== '')
        .map((line) => line.replaceAll(/'[^']*'/gu, "''").trim());
    assert.deepEqual(shape(program), shape(example));
  });
});
