/**
 * Loads provider libraries. Those that come with nodemapi are loaded by name; another one only if `mapisvc.json` of
 * the MAPI home names it (decision D11), and then it is resolved from the home, so `npm install` there is enough.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MapiError } from '@nodemapi/base';
import type { Catalogue, ProviderModule } from '@nodemapi/mapi';

const BUILTIN: Readonly<Record<string, () => Promise<ProviderModule>>> = {
  '@nodemapi/store-sql': () => import('@nodemapi/store-sql'),
  '@nodemapi/store-memory': () => import('@nodemapi/store-memory'),
  '@nodemapi/store-pst': () => import('@nodemapi/store-pst'),
  '@nodemapi/ab-sql': () => import('@nodemapi/ab-sql'),
  '@nodemapi/transport-local': () => import('@nodemapi/transport-local'),
  '@nodemapi/transport-maildrop': () => import('@nodemapi/transport-maildrop'),
  '@nodemapi/transport-smtp': () => import('@nodemapi/transport-smtp'),
};

/** Makes the loader of a home. @throws MAPI_E_NOT_FOUND for a library that the catalogue does not name or that is not installed */
export function moduleLoader(home: string, catalogue: Catalogue): (name: string) => Promise<ProviderModule> {
  const named = new Set(
    Object.values(catalogue.services).flatMap((service) => [
      service.module,
      ...service.providers.map((provider) => provider.module),
    ]),
  );
  return async (name) => {
    if (!named.has(name)) throw new MapiError('MAPI_E_NOT_FOUND', `the catalogue names no library "${name}"`);
    const builtin = Object.hasOwn(BUILTIN, name) ? BUILTIN[name] : undefined;
    if (builtin !== undefined) return builtin();
    try {
      const path = createRequire(join(home, 'mapisvc.json')).resolve(name);
      return (await import(pathToFileURL(path).href)) as ProviderModule;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const detail = `the provider library "${name}" cannot be loaded from ${home}: ${why}`;
      throw new MapiError('MAPI_E_NOT_FOUND', detail, { cause });
    }
  };
}
