// Makes one module that Node can run of modules that only tests and such scripts use.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, defaultServerConditions } from 'vite';
import { root } from './workspace.mjs';

/**
 * Bundles what the modules export into a file that goes when this process ends; answers its path.
 *
 * @param folder where it is made
 * @param name without an ending
 * @param modules paths relative to the root
 */
export async function testingBundle({ folder, name, modules }) {
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, `${name}-${process.pid}.ts`);
  writeFileSync(entry, modules.map((path) => `export * from ${JSON.stringify(join(root, path))};\n`).join(''));
  const code = await bundledCode(entry);
  rmSync(entry);
  const path = join(folder, `${name}-${process.pid}.mjs`);
  writeFileSync(path, code);
  process.once('exit', () => rmSync(path, { force: true }));
  return path;
}

/** The code of a module and all that it imports of this project, from the sources. */
export async function bundledCode(entry) {
  const conditions = ['source', ...defaultServerConditions];
  const { output } = await build({
    configFile: false,
    root,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: [/^@nodemapi\//], resolve: { conditions } },
    build: { ssr: entry, write: false, minify: false, target: 'es2022' },
  });
  return output[0].code;
}
