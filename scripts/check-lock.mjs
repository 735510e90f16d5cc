// Guards package-lock.json: every optional platform package is locked (else `npm ci` refuses its own lock), every locked
// package has its hash and no registry address, and every dependency is pinned to one version.
import { isMain, isVersion, read, report, workspaces } from './workspace.mjs';

export function findings() {
  const { packages } = JSON.parse(read('package-lock.json'));
  return [...optionalFindings(packages), ...originFindings(packages), ...pinFindings()];
}

/** The optional dependencies that a locked package names and the lock does not hold. */
export function optionalFindings(packages) {
  const found = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!lookups(path, name).some((place) => packages[place] !== undefined)) {
        found.push(`package-lock.json: ${name}, optional for ${path} ${entry.version}, is missing`);
      }
    }
  }
  return found;
}

function originFindings(packages) {
  const found = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (!path.includes('node_modules/') || entry.link) continue;
    if (entry.resolved !== undefined) found.push(`package-lock.json: ${path} names the address it came from`);
    if (entry.integrity === undefined) found.push(`package-lock.json: ${path} has no hash`);
  }
  return found;
}

function pinFindings() {
  const found = [];
  for (const folder of ['.', 'bench', ...workspaces()]) {
    const path = `${folder}/package.json`.replace('./', '');
    const manifest = JSON.parse(read(path));
    for (const section of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(manifest[section] ?? {})) {
        if (!isVersion(version.replace(/^npm:.+@/, ''))) found.push(`${path}: ${name} is not pinned (${version})`);
      }
    }
  }
  return found;
}

/** Where Node would look for `name` when the package at `path` asks, nearest first. */
function lookups(path, name) {
  const places = [];
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    places.push(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`);
    if (folder === '') return places;
  }
}

if (isMain(import.meta.url)) report('lock', findings(), 'complete and pinned');
