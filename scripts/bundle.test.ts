import { isBuiltin } from 'node:module';
import { expect, test } from 'vitest';
import { bundle } from './bundle.mjs';
import { read, workspaces } from './workspace.mjs';

const IMPORT = /^(?:(?:import|export) [^;"]*?from |import )"([^"]+)";$/gmu;

test('tests run beside bundles that are up to date', async () => {
  expect(await bundle()).toEqual([]);
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
