/** `mapisvc.json` of a MAPI home: services that come beside the built-in ones. spec: file-format-of-mapisvc-inf */
import { join } from 'node:path';
import { type FileSystem, MapiError, utf8Decode } from '@nodemapi/base';
import type { Catalogue, CatalogueProvider, CatalogueService } from '@nodemapi/mapi';
import { BUILTIN_CATALOGUE } from './catalogue.ts';
import { isRecord } from './is-record.ts';

/** Services in one catalogue at most. */
export const catalogueServicesMax = 1000;

/** What the file holds. */
export interface OwnCatalogue {
  readonly services: Readonly<Record<string, CatalogueService>>;
  /** In the place of the built-in ones, which it may name. */
  readonly defaultServices?: readonly string[];
}

/**
 * The built-in catalogue with what `<home>/mapisvc.json` adds; built-in services cannot be replaced.
 *
 * @throws MAPI_E_INVALID_PARAMETER, naming the file and the place, if the file is not a catalogue
 */
export async function loadCatalogue(home: string, files: FileSystem): Promise<Catalogue> {
  const path = join(home, 'mapisvc.json');
  if (!(await files.exists(path))) return BUILTIN_CATALOGUE;
  const own = checkOwnCatalogue(path, utf8Decode(await files.readFile(path)));
  return {
    services: { ...BUILTIN_CATALOGUE.services, ...own.services },
    defaultServices: own.defaultServices ?? BUILTIN_CATALOGUE.defaultServices,
  };
}

/** @throws MAPI_E_INVALID_PARAMETER, naming `path` and the place */
export function checkOwnCatalogue(path: string, text: string): OwnCatalogue {
  const fail = (what: string, cause?: unknown): never => {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${path}: ${what}`, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
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
  if (!Object.hasOwn(value as object, 'defaultServices')) return { services: own };
  const defaultServices =
    field(value, 'defaultServices', isTextList) ?? fail('"defaultServices" must be a list of names');
  const unknown = defaultServices.find((name) => !Object.hasOwn({ ...BUILTIN_CATALOGUE.services, ...own }, name));
  if (unknown !== undefined) fail(`the default service "${unknown}" is no service`);
  return { services: own, defaultServices };
}

function serviceProblem(service: unknown): string | undefined {
  if (field(service, 'displayName', isText) === undefined) return '"displayName" must be a text';
  if (field(service, 'resourceFlags', isTextList) === undefined) return '"resourceFlags" must be a list of texts';
  if (field(service, 'options', isRecord) === undefined) return '"options" must be an object';
  const providers = field(service, 'providers', Array.isArray) as readonly unknown[] | undefined;
  if (providers === undefined || providers.length === 0) return '"providers" must be a list of at least one';
  return optionalProblem(service) ?? providers.map(providerProblem).find((problem) => problem !== undefined);
}

/** What need not be there, but then has to be of its kind. */
function optionalProblem(service: unknown): string | undefined {
  const kinds: readonly (readonly [keyof CatalogueService, (value: unknown) => boolean, string])[] = [
    ['module', isText, 'a text'],
    ['helpFile', isText, 'a text'],
    ['props', isRecord, 'an object'],
    ['supportFiles', isTextList, 'a list of texts'],
    ['deleteFiles', isTextList, 'a list of texts'],
    ['sections', isSectionList, 'a list of sections with "uid" and "props"'],
  ];
  const wrong = kinds.find(([name, check]) => {
    return isRecord(service) && Object.hasOwn(service, name) && !check(service[name]);
  });
  return wrong === undefined ? undefined : `"${wrong[0]}" must be ${wrong[2]}`;
}

function providerProblem(provider: unknown): string | undefined {
  const texts: readonly (keyof CatalogueProvider)[] = ['displayName', 'providerDisplay', 'module', 'resourceType'];
  const missing = texts.find((name) => field(provider, name, isText) === undefined);
  if (missing !== undefined) return `a provider's "${missing}" must be a text`;
  if (field(provider, 'resourceFlags', isTextList) === undefined) return 'a provider needs "resourceFlags"';
  const hasProps = isRecord(provider) && Object.hasOwn(provider, 'props');
  return hasProps && field(provider, 'props', isRecord) === undefined
    ? `a provider's "props" must be an object`
    : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isSectionList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((one) => field(one, 'uid', isText) !== undefined && field(one, 'props', isRecord) !== undefined);

function field<T>(value: unknown, name: string, check: (candidate: unknown) => candidate is T): T | undefined {
  if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
  const found = value[name];
  return check(found) ? found : undefined;
}
