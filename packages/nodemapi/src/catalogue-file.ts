/** `mapisvc.json` of a MAPI home: services that come beside the built-in ones. spec: file-format-of-mapisvc-inf */
import { join } from 'node:path';
import { type FileSystem, MapiError, utf8Decode } from '@nodemapi/base';
import type { Catalogue, CatalogueProvider, CatalogueService } from '@nodemapi/mapi';
import { BUILTIN_CATALOGUE } from './catalogue.ts';

/** Services in one catalogue at most. */
export const catalogueServicesMax = 1000;

/**
 * The built-in catalogue with what `<home>/mapisvc.json` adds; built-in services cannot be replaced.
 *
 * @throws MAPI_E_INVALID_PARAMETER, naming the file and the place, if the file is not a catalogue
 */
export async function loadCatalogue(home: string, files: FileSystem): Promise<Catalogue> {
  const path = join(home, 'mapisvc.json');
  if (!(await files.exists(path))) return BUILTIN_CATALOGUE;
  const fail = (what: string, cause?: unknown): never => {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${path}: ${what}`, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(utf8Decode(await files.readFile(path)));
  } catch (cause) {
    return fail('is not JSON', cause);
  }
  const services = field(value, 'services', isRecord) ?? fail('"services" must be an object');
  const entries = Object.entries(services);
  if (entries.length > catalogueServicesMax) fail(`has more than ${catalogueServicesMax} services`);
  for (const [name, service] of entries) {
    if (Object.hasOwn(BUILTIN_CATALOGUE.services, name)) fail(`"${name}" is the name of a built-in service`);
    const problem = serviceProblem(service);
    if (problem !== undefined) fail(`service "${name}": ${problem}`);
  }
  const own = Object.fromEntries(entries) as Record<string, CatalogueService>;
  return { ...BUILTIN_CATALOGUE, services: { ...BUILTIN_CATALOGUE.services, ...own } };
}

function serviceProblem(service: unknown): string | undefined {
  if (field(service, 'displayName', isText) === undefined) return '"displayName" must be a text';
  if (field(service, 'resourceFlags', isTextList) === undefined) return '"resourceFlags" must be a list of texts';
  if (field(service, 'options', isRecord) === undefined) return '"options" must be an object';
  const providers = field(service, 'providers', Array.isArray) as readonly unknown[] | undefined;
  if (providers === undefined || providers.length === 0) return '"providers" must be a list of at least one';
  return providers.map(providerProblem).find((problem) => problem !== undefined);
}

function providerProblem(provider: unknown): string | undefined {
  const texts: readonly (keyof CatalogueProvider)[] = ['displayName', 'providerDisplay', 'module', 'resourceType'];
  const missing = texts.find((name) => field(provider, name, isText) === undefined);
  if (missing !== undefined) return `a provider's "${missing}" must be a text`;
  return field(provider, 'resourceFlags', isTextList) === undefined ? 'a provider needs "resourceFlags"' : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function field<T>(value: unknown, name: string, check: (candidate: unknown) => candidate is T): T | undefined {
  if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
  const found = value[name];
  return check(found) ? found : undefined;
}
