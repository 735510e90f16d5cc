import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { bundle, bundlePackage, isStale } from './bundle.mjs';
import { read, root, workspaces } from './workspace.mjs';

const BESIDE = /new URL\("([^"]+)", import\.meta\.url\)/gu;
const IMPORT = /^(?:(?:import|export) [^;"]*?from |import )"([^"]+)";$/gmu;

test('tests run beside bundles that are up to date', async () => {
  expect(await bundle()).toEqual([]);
});

test('a source that changes while the bundle is made makes it stale', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemapi-bundle-'));
  const source = join(folder, 'src/index.ts');
  mkdirSync(dirname(source));
  writeFileSync(source, 'export const version = 1;');
  const aWhileAgo = new Date(Date.now() - 60_000);
  for (const path of [source, dirname(source)]) utimesSync(path, aWhileAgo, aWhileAgo);
  const meanwhile = async (): Promise<object> => ({
    generate: async () => {
      writeFileSync(source, 'export const version = 2;');
      return { output: [{ code: 'const version = 1;\n', map: {} }] };
    },
    close: async () => undefined,
  });
  try {
    await bundlePackage(meanwhile, relative(root, folder));
    expect(isStale(relative(root, folder))).toBe(true);
    utimesSync(source, aWhileAgo, aWhileAgo);
    expect(isStale(relative(root, folder))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each<string>(workspaces())('the bundle of %s imports what its package may, and no file beside', (folder) => {
  const { dependencies, peerDependencies } = JSON.parse(read(`${folder}/package.json`));
  const declared = Object.keys({ ...dependencies, ...peerDependencies });
  const imported = Array.from(read(`${folder}/dist/index.js`).matchAll(IMPORT), ([, specifier = '']) => specifier);
  const packages = imported
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  expect(imported.length).toBeGreaterThan(0);
  expect(packages.filter((name) => !declared.includes(name))).toEqual([]);
});

test.each<string>(workspaces())('the bundle of %s finds the files that it names by its own place', (folder) => {
  const named = Array.from(read(`${folder}/dist/index.js`).matchAll(BESIDE), ([, path = '']) => path);
  const missing = named.filter((path) => !existsSync(join(root, folder, 'dist', path)));
  expect(missing).toEqual([]);
});
