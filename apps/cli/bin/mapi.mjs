#!/usr/bin/env node
// Starts the `mapi` command. In a clone that has not been built yet it runs the build once, and says so on stderr.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = new URL('../dist/index.js', import.meta.url);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`mapi: needs Node.js 20.19 or newer, this is ${process.version}\n`);
  process.exit(2);
}

if (!existsSync(entry)) {
  const build = fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url));
  if (!existsSync(build)) {
    process.stderr.write('mapi: this installation is incomplete (no dist folder); install the package again\n');
    process.exit(1);
  }
  process.stderr.write('mapi: first start, building (a few seconds) ...\n');
  const built = spawnSync(process.execPath, [build, '--quiet'], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) {
    process.stderr.write('mapi: the build failed\n');
    process.exit(1);
  }
}

const { main } = await import(entry.href);
if (typeof main !== 'function') {
  process.stderr.write('mapi: this build has no commands\n');
  process.exit(1);
}
process.exitCode = await main(process.argv.slice(2));
