/** Services that are put into `mapisvc.json` of a home, and taken out again. spec: file-format-of-mapisvc-inf */
import { join } from 'node:path';
import { type FileSystem, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import type { Catalogue, CatalogueService, UserInterface } from '@nodemapi/mapi';
import { type InfProblem, readMapisvcInf } from '@nodemapi/session';
import { BUILTIN_CATALOGUE } from './catalogue.ts';
import { checkOwnCatalogue, type OwnCatalogue } from './catalogue-file.ts';
import type { HomeSubsystem } from './home-subsystem.ts';

/** How the services of a mapisvc.inf become services of a home. */
export interface ImportServicesOptions {
  /** The npm package for each library that the file names, such as `EMSMDB` → `my-store`. */
  readonly modules: Readonly<Record<string, string>>;
  /** Its [Default Services] become those of the home. */
  readonly defaults?: boolean;
}

/** What came of the import of a mapisvc.inf. */
export interface ImportedServices {
  /** Names of the services that are in the catalogue of the home now. */
  readonly services: readonly string[];
  /** What was left out, with the line of the file. */
  readonly problems: readonly InfProblem[];
}

/**
 * Adds the services of a `mapisvc.inf` to the catalogue of a home; those whose name is taken stay as they are.
 *
 * A subsystem that is made afterwards knows them; `installService` then tells each of them.
 *
 * @throws MAPI_E_TOO_BIG; MAPI_E_INVALID_PARAMETER if `mapisvc.json` of the home is no catalogue
 */
export async function importServices(
  home: string,
  files: FileSystem,
  inf: Uint8Array,
  options: ImportServicesOptions,
): Promise<ImportedServices> {
  const { catalogue, problems } = readMapisvcInf(inf, options);
  const own = await readOwn(home, files);
  const added = Object.entries(catalogue.services).filter(([name]) => !isTaken(own, name));
  const taken = Object.keys(catalogue.services).filter((name) => isTaken(own, name));
  const services = { ...own.services, ...Object.fromEntries(added) };
  const defaults = options.defaults === true ? { defaultServices: knownOf(catalogue, services) } : {};
  if (added.length > 0 || options.defaults === true) await writeOwn(home, files, { ...own, ...defaults, services });
  return {
    services: added.map(([name]) => name),
    problems: [...problems, ...taken.map((name) => ({ line: 0, message: `a service ${name} is there already` }))],
  };
}

/**
 * Takes a service out of the catalogue of a home, after it was asked to clean up. Profiles that have it keep it.
 *
 * @param subsystem of the same home
 * @throws MAPI_E_NOT_FOUND; MAPI_E_NO_ACCESS for a service that comes with nodemapi; MAPI_E_USER_CANCEL if the user keeps it
 */
export async function uninstallService(subsystem: HomeSubsystem, name: string, ui?: UserInterface): Promise<void> {
  const { home, files } = subsystem.host;
  if (Object.hasOwn(BUILTIN_CATALOGUE.services, name)) {
    throw new MapiError('MAPI_E_NO_ACCESS', `the service ${name} comes with nodemapi and stays`);
  }
  const own = await readOwn(home, files);
  if (!Object.hasOwn(own.services, name))
    throw new MapiError('MAPI_E_NOT_FOUND', `mapisvc.json has no service ${name}`);
  await subsystem.uninstallService(name, ui);
  const services = Object.fromEntries(Object.entries(own.services).filter(([other]) => other !== name));
  const { defaultServices } = own;
  const defaults =
    defaultServices === undefined ? {} : { defaultServices: defaultServices.filter((one) => one !== name) };
  await writeOwn(home, files, { ...own, ...defaults, services });
}

function isTaken(own: OwnCatalogue, name: string): boolean {
  return Object.hasOwn(BUILTIN_CATALOGUE.services, name) || Object.hasOwn(own.services, name);
}

function knownOf(
  { defaultServices }: Catalogue,
  services: Readonly<Record<string, CatalogueService>>,
): readonly string[] {
  return defaultServices.filter(
    (name) => Object.hasOwn(services, name) || Object.hasOwn(BUILTIN_CATALOGUE.services, name),
  );
}

async function readOwn(home: string, files: FileSystem): Promise<OwnCatalogue> {
  const path = join(home, 'mapisvc.json');
  if (!(await files.exists(path))) return { services: {} };
  return checkOwnCatalogue(path, utf8Decode(await files.readFile(path)));
}

async function writeOwn(home: string, files: FileSystem, own: OwnCatalogue): Promise<void> {
  const path = join(home, 'mapisvc.json');
  const text = `${JSON.stringify(own, undefined, 2)}\n`;
  checkOwnCatalogue(path, text);
  await files.mkdir(home);
  await files.writeFileAtomic(path, utf8Encode(text));
}
