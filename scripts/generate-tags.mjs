// Writes the tables of property tags, named properties and HRESULTs from their data files.
//   --check   writes nothing; exits 1 and names the file when one on disk is stale
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const lineWidthMax = 120;

/** Each output with the data file it is made from. */
const outputs = [
  {
    data: 'packages/mapi/data/property-tags.json',
    path: 'packages/mapi/src/property-tags.generated.ts',
    generate: propertyTags,
  },
  {
    data: 'packages/mapi/data/named-properties.json',
    path: 'packages/mapi/src/named-properties.generated.ts',
    generate: namedProperties,
  },
  {
    data: 'packages/base/data/hresults.json',
    path: 'packages/base/src/hresults.generated.ts',
    generate: hresults,
  },
];

function propertyTags(entries) {
  for (const entry of entries) {
    expect(/^PR_[A-Z0-9_]+$/.test(entry.name), `${entry.name}: not a property name`);
    expect(/^0x[0-9A-F]{4}$/.test(entry.id), `${entry.name}: identifier ${entry.id}`);
    expectType(entry);
  }
  expectUnique(entries.map((entry) => entry.name));
  const pairs = entries.map((entry) => `  ['${entry.name}', ${entry.name}],`);
  return [
    "import { tag } from './prop-tag.ts';",
    importOf(typesOf(entries)),
    '',
    ...entries.flatMap((entry) => [
      ...docstring(entry.pidTag, undefined, entry.page),
      `export const ${entry.name} = tag(${entry.id.toLowerCase()}, ${entry.type});`,
    ]),
    '',
    '/** Every tag of the table by its name; several names may share one tag. */',
    'export const PROPERTY_TAGS: ReadonlyMap<string, number> = new Map<string, number>([',
    ...pairs,
    ']);',
    '',
    '/** The tags that have a canonical name, by it; of several that share one the first. */',
    'export const CANONICAL_TAGS: ReadonlyMap<string, number> = new Map<string, number>([',
    ...[...firstOfEach(entries)].map(([pidTag, name]) => `  ['${pidTag}', ${name}],`),
    ']);',
  ];
}

/** Canonical name → name of the tag. */
function firstOfEach(entries) {
  const names = new Map();
  for (const { pidTag, name } of entries) if (pidTag !== undefined && !names.has(pidTag)) names.set(pidTag, name);
  return names;
}

function namedProperties({ propertySets, properties }) {
  for (const [name, guid] of Object.entries(propertySets)) {
    expect(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(guid), `${name}: GUID ${guid}`);
  }
  for (const property of properties) {
    expect(/^Pid(Lid|Name)\w+$/.test(property.name), `${property.name}: not a canonical name`);
    expect(property.propertySet in propertySets, `${property.name}: property set ${property.propertySet}`);
    expect(/^0x[0-9A-F]{4,8}$/.test(property.lid) !== (property.propertyName !== undefined), `${property.name}: key`);
    expectType(property);
  }
  expectUnique(properties.map((property) => property.name));
  return [
    "import type { Guid } from '@nodemapi/base';",
    "import type { NamedProperty } from './named-property.ts';",
    importOf(typesOf(properties)),
    '',
    '/** GUIDs of the property sets, in which names are told apart. */',
    ...Object.entries(propertySets).map(([name, guid]) => `export const ${name} = '${guid}' as Guid;`),
    '',
    ...properties.flatMap((property) => [
      ...docstring(property.name, property.alias, property.page),
      ...namedProperty(property),
    ]),
    '',
    '/** Every named property of the table by its canonical name. */',
    'export const NAMED_PROPERTIES: ReadonlyMap<string, NamedProperty> = new Map<string, NamedProperty>([',
    ...properties.map((property) => `  ['${property.name}', ${property.name}],`),
    ']);',
  ];
}

function namedProperty({ name, propertySet, lid, propertyName, type }) {
  const key = lid === undefined ? `name: ${quote(propertyName)}` : `id: ${lid.toLowerCase()}`;
  const fields = [`guid: ${propertySet}`, key, `type: ${type}`];
  const line = `export const ${name} = { ${fields.join(', ')} } as const;`;
  if (line.length <= lineWidthMax) return [line];
  return [`export const ${name} = {`, ...fields.map((field) => `  ${field},`), '} as const;'];
}

function hresults(codes) {
  const all = Object.entries(codes);
  for (const [name, code] of all) {
    const severity = /_E_/.test(name) ? '8' : '0';
    expect(/^0x[0-9a-f]{8}$/.test(code) && code[2] === severity, `${name}: HRESULT ${code}`);
  }
  const rows = (kind) => all.filter(([name]) => kind.test(name)).map(([name, code]) => `  ${name}: ${code},`);
  return [
    '/** HRESULT of a call that did what was asked. */',
    `export const S_OK = ${codes.S_OK};`,
    '',
    '/** HRESULTs of calls that failed, spelled and numbered as MAPI has them; several names may share one. */',
    'export const HRESULTS = {',
    ...rows(/_E_/),
    '} as const;',
    '',
    '/** HRESULTs of calls that succeeded with a reservation; they travel in the result and are never thrown. */',
    'export const WARNINGS = {',
    ...rows(/_W_/),
    '} as const;',
  ];
}

/** A line of documentation, or none for a name that has no canonical property. */
function docstring(canonicalName, alias, page) {
  if (canonicalName === undefined) return [];
  const also = alias === undefined ? '' : ` MAPI: ${alias}.`;
  const see = page === undefined ? '' : ` @see ${page}`;
  const line = `/** ${canonicalName}.${also}${see} */`;
  if (line.length <= lineWidthMax) return [line];
  return ['/**', ` * ${canonicalName}.${also}`, ` * @see ${page}`, ' */'];
}

function importOf(types) {
  const from = "from './property-type.ts';";
  const line = `import { ${types.join(', ')} } ${from}`;
  return line.length <= lineWidthMax
    ? line
    : ['import {', ...types.map((type) => `  ${type},`), `} ${from}`].join('\n');
}

function typesOf(entries) {
  return [...new Set(entries.map((entry) => entry.type))].sort();
}

function quote(text) {
  expect(!/['\\\n]/.test(text), `${text}: needs escaping`);
  return `'${text}'`;
}

function expectType({ name, type }) {
  expect(/^PT_[A-Z0-9_]+$/.test(type), `${name}: type ${type}`);
}

function expectUnique(names) {
  const seen = new Set();
  for (const name of names) {
    expect(!seen.has(name), `${name}: appears twice`);
    seen.add(name);
  }
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/** The text that the output should have. */
function textOf({ data, generate }) {
  const lines = generate(JSON.parse(readFileSync(new URL(data, root), 'utf8')));
  const source = data.split('/').slice(2).join('/');
  return [`// Generated by scripts/generate-tags.mjs from ${source}. Do not edit.`, ...lines, ''].join('\n');
}

const check = process.argv.includes('--check');
for (const output of outputs) {
  const file = new URL(output.path, root);
  const text = textOf(output);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (check) {
    process.stderr.write(`generate-tags: stale: ${output.path}\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
  }
}
