// The import table: who may import whom. npm workspaces would let any package import any other, so this script compares
// the table with every package.json, every tsconfig.json and every import, and names file and line of what differs.
import ts from 'typescript';
import { files, isMain, isTest, lineAt, read, report, resolveImport, workspaces } from './workspace.mjs';

const provider = ['base', 'mapi', 'kit'];
const transport = [...provider, 'format-mime', 'format-oxcmail'];

/** What the code of each package may import. */
export const MAY_IMPORT = {
  base: [],
  mapi: ['base'],
  kit: ['base', 'mapi', 'format-rtf'],
  conformance: ['base', 'mapi'],
  'format-cfb': ['base'],
  'format-mime': ['base'],
  'format-msg': ['base', 'mapi', 'format-cfb'],
  'format-rtf': ['base'],
  'format-tnef': ['base', 'mapi', 'kit', 'format-rtf'],
  'format-ocal': ['base'],
  'format-vcard': ['base', 'mapi'],
  'format-oxcmail': ['base', 'mapi', 'format-mime', 'format-rtf', 'format-tnef', 'format-vcard', 'format-ocal'],
  'format-pst': ['base', 'mapi'],
  hub: ['base'],
  sqlite: ['base'],
  'store-memory': provider,
  'store-sql': [...provider, 'sqlite'],
  'store-pst': [...provider, 'format-pst'],
  'ab-sql': [...provider, 'sqlite'],
  'transport-local': transport,
  'transport-maildrop': transport,
  'transport-smtp': transport,
  session: [...provider, 'hub'],
  spooler: provider,
  nodemapi: [
    ...transport,
    'format-pst',
    'format-cfb',
    'format-msg',
    'format-rtf',
    'format-tnef',
    'format-vcard',
    'format-ocal',
    'hub',
    'sqlite',
    'store-memory',
    'store-sql',
    'store-pst',
    'ab-sql',
    'transport-local',
    'transport-maildrop',
    'transport-smtp',
    'session',
    'spooler',
  ],
  cli: ['nodemapi'],
};

const doubles = ['conformance', 'store-memory', 'transport-local', 'transport-smtp'];

/** What the tests of a package may import besides; `conformance` itself is tested by those who use it. */
export const TESTS_MAY_IMPORT = Object.fromEntries(
  Object.keys(MAY_IMPORT).map((name) => {
    if (name === 'conformance') return [name, []];
    if (name === 'store-pst') return [name, ['conformance', 'store-memory']]; // a store that can be written to copy into
    return [name, name === 'session' || name === 'spooler' ? doubles : ['conformance']];
  }),
);

const packageName = (short) => (short === 'nodemapi' ? 'nodemapi' : `@nodemapi/${short}`);
const shortName = (specifier) => {
  if (specifier === 'nodemapi' || specifier.startsWith('nodemapi/')) return 'nodemapi';
  return /^@nodemapi\/([^/]+)/.exec(specifier)?.[1];
};
const shortOf = (folder) => folder.split('/')[1];
const isOurs = (specifier) => shortName(specifier) !== undefined;

/** Everything wrong with the layers of the working tree, one text per finding, each `file:line: what`. */
export function findings() {
  const found = [];
  const folders = workspaces();
  const shorts = folders.map(shortOf);
  for (const short of Object.keys(MAY_IMPORT)) {
    if (!shorts.includes(short)) found.push(`package.json:1: no workspace for ${short}, which the import table names`);
  }
  for (const folder of folders) {
    if (MAY_IMPORT[shortOf(folder)] === undefined) {
      found.push(`package.json:1: workspace ${folder} is missing in the import table`);
      continue;
    }
    found.push(...manifestFindings(folder), ...referenceFindings(folder));
    const manifest = JSON.parse(read(`${folder}/package.json`));
    for (const file of files(`${folder}/src`)) found.push(...importFindings(folder, manifest, file, read(file)));
  }
  return found;
}

function manifestFindings(folder) {
  const path = `${folder}/package.json`;
  const text = read(path);
  const manifest = JSON.parse(text);
  const short = shortOf(folder);
  const found = [];
  if (manifest.name !== packageName(short))
    found.push(`${at(path, text, '"name"')}: must be named ${packageName(short)}`);
  if (Object.keys(manifest.exports ?? {}).join() !== '.')
    found.push(`${at(path, text, '"exports"')}: must export "." only`);
  const expected = { dependencies: MAY_IMPORT[short], devDependencies: TESTS_MAY_IMPORT[short] };
  for (const [section, allowed] of Object.entries(expected)) {
    const names = Object.keys(manifest[section] ?? {}).filter(isOurs);
    const wanted = allowed.map(packageName);
    for (const name of names.filter((each) => !wanted.includes(each))) {
      found.push(`${at(path, text, `"${name}"`)}: ${section} may not name ${name}`);
    }
    for (const name of wanted.filter((each) => !names.includes(each))) {
      found.push(`${at(path, text, `"${section}"`)}: ${section} lacks ${name}`);
    }
  }
  return found;
}

function referenceFindings(folder) {
  const path = `${folder}/tsconfig.json`;
  const text = read(path);
  const references = (JSON.parse(text).references ?? []).map((reference) => reference.path.split('/').at(-1));
  const wanted = MAY_IMPORT[shortOf(folder)];
  return [
    ...references
      .filter((short) => !wanted.includes(short))
      .map((short) => `${at(path, text, `/${short}"`)}: may not refer to ${short}`),
    ...wanted
      .filter((short) => !references.includes(short))
      .map((short) => `${at(path, text, '"references"')}: lacks the reference to ${short}`),
  ];
}

/** What is wrong with the imports of one file. */
export function importFindings(folder, manifest, file, text) {
  const short = shortOf(folder);
  const allowed = isTest(file) ? [...MAY_IMPORT[short], ...TESTS_MAY_IMPORT[short]] : MAY_IMPORT[short];
  const declared = Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...(isTest(file) ? { ...manifest.devDependencies, ...JSON.parse(read('package.json')).devDependencies } : {}),
  });
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName, pos }) => {
    const problem = importProblem({ folder, short, allowed, declared, file }, fileName);
    return problem === undefined ? [] : [`${file}:${lineAt(text, pos)}: ${problem}`];
  });
}

function importProblem({ folder, short, allowed, declared, file }, specifier) {
  if (specifier.startsWith('node:')) return undefined;
  if (specifier.startsWith('.')) {
    const target = resolveImport(file, specifier);
    if (target.startsWith(`${folder}/src/`)) {
      return !isTest(file) && isTest(target) ? `code may not import a test file (${specifier})` : undefined;
    }
    return `reaches outside of its package (${specifier})`;
  }
  const other = shortName(specifier);
  if (other !== undefined) {
    if (specifier !== packageName(other)) return `may only import the front of a package (${specifier})`;
    return allowed.includes(other) ? undefined : `${short} may not import ${specifier}`;
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return declared.includes(name) ? undefined : `${name} is not declared in ${folder}/package.json`;
}

function at(path, text, needle) {
  const offset = text.indexOf(needle);
  return `${path}:${offset < 0 ? 1 : lineAt(text, offset)}`;
}

if (isMain(import.meta.url)) report('layers', findings(), 'packages import only what the table allows');
