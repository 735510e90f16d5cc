// Makes a package file of every workspace, to be installed in other projects or published: npm run pack -- FOLDER
//   npm install FOLDER/*.tgz      in the other project
// Each has the licence and a README; publish-order.txt names them so that none comes before what it depends on.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { commandLine } from './command-line.mjs';
import { isMain, read, root, workspaces } from './workspace.mjs';

export const ORDER_FILE = 'publish-order.txt';

/** Packs what is built; answers the paths of the package files. Those of the workspace that were in the folder are replaced. */
export function pack(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of packed(folder)) rmSync(join(folder, name));
  const staged = mkdtempSync(join(tmpdir(), 'nodemapi-staged-'));
  try {
    const folders = workspaces().map((path) => stage(path, staged));
    const args = ['pack', ...folders, '--ignore-scripts', '--silent', '--pack-destination', folder];
    const { status, stderr } = spawnSync('npm', args, {
      cwd: staged,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
  writeFileSync(join(folder, ORDER_FILE), `${publishOrder().map(fileName).join('\n')}\n`);
  return packed(folder).map((name) => join(folder, name));
}

/** A copy of a workspace with what a package has and a folder of the clone lacks. npm leaves out what `files` does not name. */
function stage(path, staged) {
  const to = join(staged, basename(path));
  cpSync(join(root, path), to, {
    recursive: true,
    filter: (source) => basename(source) !== 'node_modules',
  });
  const { name, description } = manifestOf(path);
  writeFileSync(join(to, 'LICENSE'), read('LICENSE'));
  const about = `# ${name}\n\n${description}\n\nA part of [nodemapi](https://www.npmjs.com/package/nodemapi), Extended MAPI for Node.js.\n`;
  const readme = join(to, 'README.md');
  if (!existsSync(readme)) writeFileSync(readme, name === 'nodemapi' ? read('README.md') : about);
  return to;
}

function manifestOf(path) {
  return JSON.parse(read(join(path, 'package.json')));
}

/** The manifests of all workspaces, each behind those that it depends on. */
export function publishOrder() {
  const manifests = new Map(workspaces().map((path) => [manifestOf(path).name, manifestOf(path)]));
  const done = new Set();
  const add = (manifest) => {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const needed = manifests.get(name);
      if (needed !== undefined && !done.has(needed)) add(needed);
    }
    done.add(manifest);
  };
  for (const manifest of manifests.values()) if (!done.has(manifest)) add(manifest);
  return [...done];
}

/** What npm calls the file of a package. */
function fileName({ name, version }) {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}

function packed(folder) {
  return readdirSync(folder).filter((name) => /^nodemapi-.*\.tgz$/.test(name));
}

if (isMain(import.meta.url)) {
  const [argument] = commandLine(import.meta.url, { allowPositionals: true }).positionals;
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
