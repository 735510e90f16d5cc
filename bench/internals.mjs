// The product with names of its inside, which no package exports: made from the sources, as the packages are (`npm run
// build`), but all of them together.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { isForeign } from '../scripts/bundle.mjs';
import { root } from '../scripts/workspace.mjs';

/**
 * What `nodemapi` exports, and further names.
 *
 * @param inside each name, and the source that exports it
 */
export async function productWith(inside) {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true })); // providers are loaded when they are wanted
  const from = (path) => JSON.stringify(join(root, path));
  const lines = Object.entries(inside).map(([name, path]) => `export { ${name} } from ${from(path)};\n`);
  const input = join(folder, 'product.ts');
  writeFileSync(input, `export * from ${from('packages/nodemapi/src/index.ts')};\n${lines.join('')}`);
  const build = await rolldown({
    input,
    platform: 'node',
    external: (specifier) => isForeign(specifier) && !/^(?:nodemapi$|@nodemapi\/)/u.test(specifier),
    resolve: { conditionNames: ['source'] },
    treeshake: false,
    transform: { target: 'es2022' },
    tsconfig: false,
  });
  await build.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await build.close();
  return import(pathToFileURL(join(folder, 'product.mjs')).href);
}
