// Makes a package file of every workspace, to be installed in other projects: npm run pack -- FOLDER
//   npm install FOLDER/*.tgz      in the other project
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isMain, root } from './workspace.mjs';

/** Packs what is built; answers the paths of the package files. Those of the workspace that were in the folder are replaced. */
export function pack(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of packed(folder)) rmSync(join(folder, name));
  const args = ['pack', '--workspaces', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { status, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  return packed(folder).map((name) => join(folder, name));
}

function packed(folder) {
  return readdirSync(folder).filter((name) => /^nodemapi-.*\.tgz$/.test(name));
}

if (isMain(import.meta.url)) {
  const [argument] = process.argv.slice(2);
  if (argument === undefined) {
    process.stderr.write('pack: where to? npm run pack -- FOLDER\n');
    process.exit(2);
  }
  // npm runs scripts in the root of the workspace; the folder is meant from where the user is
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), argument);
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--quiet'], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
  const files = pack(folder);
  const shown = relative(process.env.INIT_CWD ?? process.cwd(), folder) || '.';
  process.stdout.write(`pack: ${files.length} packages; in your project: npm install ${shown}/*.tgz\n`);
}
