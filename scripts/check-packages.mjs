// Checks the packages as a stranger meets them: packs them, installs them with npm in an empty project, compiles and runs
// the program of the README there, and the command. Needs the registry, and minutes: npm run check-packages
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { read, root } from './workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nodemapi-packages-'));
const env = { ...process.env, MAPI_HOME: join(folder, 'home') };
const { devDependencies } = JSON.parse(read('package.json'));

/** Runs a program in the project; ends everything if it fails. */
function run(what, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status === 0) {
    process.stdout.write(`ok     ${what}\n`);
    return stdout;
  }
  return fail(`${what}\n${stdout}${stderr}`);
}

/** Ends everything. */
function fail(text) {
  process.stderr.write(`FAILED ${text}\n`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}

function node(what, ...args) {
  return run(what, process.execPath, args);
}

/** The program in the README. */
function program() {
  const [, text] = /^```ts\n(import [\s\S]*?)^```$/m.exec(read('README.md')) ?? [];
  if (text === undefined) throw new Error('the README has no program');
  return text;
}

node('build', join(root, 'scripts/build.mjs'), '--quiet');
const files = pack(join(folder, 'packages'));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
const tools = [`typescript@${devDependencies.typescript}`, `@types/node@${devDependencies['@types/node']}`];
run('install', 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...files, ...tools]);

const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', lib: ['es2023', 'esnext.disposable'] };
const options = { ...compilerOptions, types: ['node'], skipLibCheck: false, outDir: 'built' };
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }));
writeFileSync(join(folder, 'program.ts'), program());
node('types of the program of the README', 'node_modules/typescript/bin/tsc', '-p', '.');

const mapi = join(folder, 'node_modules/@nodemapi/cli/bin/mapi.mjs');
node('mapi profile create', mapi, 'profile', 'create', 'work', '--default');
// no transport of this profile goes to the Internet, which the program says
const said = node('the program of the README', 'built/program.js');
if (!said.startsWith('0 sent, 1 failed, 0 left')) fail(`the program says ${JSON.stringify(said)}`);
node('by require', '--eval', "console.log(require('nodemapi').MAPILogonEx.name)");
node('mapi demo', mapi, 'demo');
process.stdout.write(
  `check-packages: ${readdirSync(join(folder, 'node_modules/@nodemapi')).length + 1} packages are good\n`,
);
rmSync(folder, { recursive: true, force: true });
