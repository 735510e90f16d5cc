// Brings package-lock.json up to date after a package.json has changed. A lock made beside installed packages leaves
// out the packages of other platforms, so this works in an empty folder and leaves node_modules alone.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, workspaces } from './workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'relock-'));
try {
  for (const path of ['package.json', 'package-lock.json', ...workspaces().map((each) => `${each}/package.json`)]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (existsSync(join(root, path))) copyFileSync(join(root, path), join(folder, path));
  }
  const options = ['--package-lock-only', '--ignore-scripts', '--omit-lockfile-registry-resolved', '--no-audit'];
  const run = spawnSync('npm', ['install', ...options], { cwd: folder, stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
  cpSync(join(folder, 'package-lock.json'), join(root, 'package-lock.json'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode =
  spawnSync(process.execPath, [join(root, 'scripts/check-lock.mjs')], { stdio: 'inherit' }).status ?? 1;
