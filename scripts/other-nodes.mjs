// Runs the product and its tests on other versions of Node.js, whose binaries come as packages of the npm registry:
//
//   npm run nodes            22, 24 and 26
//   npm run nodes -- 24      one of them
//   npm run nodes -- packages/sqlite packages/base      the demo, and these tests alone
//
// The binaries (about 190 MB each) are kept in node_modules/.cache and fetched once.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from './command-line.mjs';
import { isMain, root } from './workspace.mjs';

const DEFAULT_MAJORS = ['22', '24', '26'];

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

/** The path of a Node.js binary of that major version; undefined where the registry has none for this platform. */
function binaryOf(major) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(root, 'node_modules/.cache/nodes', major);
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const status = run('npm', ['install', '--no-save', '--ignore-scripts', '--silent', `${name}@${major}`], {
    cwd: folder,
  });
  return status === 0 && existsSync(binary) ? binary : undefined;
}

/** Runs the demo and the tests on one version, all or those of some paths; answers whether both passed. */
function passesOn(major, paths) {
  const binary = binaryOf(major);
  if (binary === undefined) {
    process.stdout.write(
      `Node ${major}: skipped, the registry has no binary for ${process.platform}-${process.arch}\n`,
    );
    return true;
  }
  const home = mkdtempSync(join(tmpdir(), 'nodemapi-nodes-'));
  try {
    const env = { ...process.env, MAPI_HOME: home };
    const demo = run(binary, ['apps/cli/bin/mapi.mjs', 'demo', '--json'], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    process.stdout.write(`Node ${major}: the demo ${demo === 0 ? 'passed' : 'FAILED'}\n`);
    const tests = run(binary, ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...paths]);
    process.stdout.write(`Node ${major}: the tests ${tests === 0 ? 'passed' : 'FAILED'}\n`);
    return demo === 0 && tests === 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  const given = commandLine(import.meta.url, { allowPositionals: true }).positionals;
  const majors = given.filter((one) => /^\d+$/u.test(one));
  const paths = given.filter((one) => !majors.includes(one));
  const failed = (majors.length > 0 ? majors : DEFAULT_MAJORS).filter((major) => !passesOn(major, paths));
  if (failed.length > 0) process.stdout.write(`failed on Node ${failed.join(', ')}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
