/**
 * mapisvc.inf, read into a catalogue.
 *
 * ```
 * [Services] ── service section ─┬─ Providers= ── provider sections
 *                                └─ Sections=  ── extra sections
 * ```
 * A service that cannot be used is left out with the reason; the others are there. Libraries are npm packages here: who
 * imports a file says which package stands for which library (AMB-57).
 *
 * spec: file-format-of-mapisvc-inf
 */
import {
  type Catalogue,
  type CatalogueProvider,
  type CatalogueSection,
  type CatalogueService,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SERVICE_DELETE_FILES,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  PR_SERVICE_SUPPORT_FILES,
  PR_SERVICE_UID,
  type PropTag,
} from '@nodemapi/mapi';
import { flagNames, resourceTypeName } from './catalogue.ts';
import { type InfEntry, type InfFile, type InfProblem, type InfSection, readInf } from './inf-file.ts';
import { type CatalogueValue, forbidden, infLong, infTag, infValue } from './inf-property.ts';

/** Services in one file, and names in one list. */
export const infServicesMax = 1000;
const listNamesMax = 100;

export interface MapisvcInfOptions {
  /** The npm package for each library, by its base name: `emsmdb` for EMSMDB.DLL and emsmdb32.dll. */
  readonly modules: Readonly<Record<string, string>>;
}

export interface MapisvcInf {
  readonly catalogue: Catalogue;
  /** In the order of the lines. */
  readonly problems: readonly InfProblem[];
}

/** @throws MAPI_E_TOO_BIG for a file that is too large to be one */
export function readMapisvcInf(bytes: Uint8Array, options: MapisvcInfOptions): MapisvcInf {
  const file = readInf(bytes);
  const reader = new MapisvcReader(file, options);
  const catalogue = reader.read();
  return { catalogue, problems: [...file.problems, ...reader.problems].sort((a, b) => a.line - b.line) };
}

/** The lines of a section: properties by tag, everything else by key in upper case. */
interface Lines {
  readonly props: ReadonlyMap<PropTag, InfEntry>;
  readonly lists: ReadonlyMap<string, InfEntry>;
}

class MapisvcReader {
  readonly problems: InfProblem[] = [];
  readonly #file: InfFile;
  readonly #modules: ReadonlyMap<string, string>;

  constructor(file: InfFile, { modules }: MapisvcInfOptions) {
    this.#file = file;
    this.#modules = new Map(Object.entries(modules).map(([library, module]) => [libraryName(library), module]));
  }

  read(): Catalogue {
    const listed = this.#file.section('Services');
    if (listed === undefined) this.#note(1, 'there is no section [Services]');
    const entries = (listed?.entries ?? []).slice(0, infServicesMax);
    if (entries.length < (listed?.entries.length ?? 0)) {
      this.#note(listed?.line ?? 1, `more than ${infServicesMax} services`);
    }
    const helpFiles = this.#file.section('Help File Mappings')?.entries ?? [];
    const services = new Map<string, CatalogueService>();
    for (const entry of entries) {
      const service = this.#service(entry);
      const help = helpFiles.find(({ key }) => key.toLowerCase() === entry.key.toLowerCase());
      if (service === undefined) continue;
      services.set(entry.key, help === undefined ? service : { ...service, helpFile: help.value });
    }
    return { services: Object.fromEntries(services), defaultServices: this.#defaults(services) };
  }

  #defaults(services: ReadonlyMap<string, CatalogueService>): readonly string[] {
    const entries = this.#file.section('Default Services')?.entries ?? [];
    return entries.flatMap(({ key, line }) => {
      const name = [...services.keys()].find((one) => one.toLowerCase() === key.toLowerCase());
      if (name === undefined) this.#note(line, `the default service ${key} is none of the services that can be used`);
      return name ?? [];
    });
  }

  #service({ key, value, line }: InfEntry): CatalogueService | undefined {
    const section = this.#file.section(key);
    if (section === undefined) return this.#note(line, `there is no section [${key}]`);
    const lines = this.#linesOf(section, ['PROVIDERS', 'SECTIONS', 'WIZARD_ENTRY_NAME']);
    const providers = this.#list(lines, 'PROVIDERS').flatMap((name) => this.#provider(name, section) ?? []);
    if (providers.length === 0) return this.#note(section.line, `[${key}] has no provider that can be used`);
    const entryPoint = lines.props.has(PR_SERVICE_ENTRY_NAME) ? lines.props.get(PR_SERVICE_DLL_NAME) : undefined;
    const module = entryPoint === undefined ? undefined : this.#module(entryPoint);
    const sections = this.#list(lines, 'SECTIONS').flatMap((name) => this.#extra(name, section) ?? []);
    const props = this.#props(lines, SERVICE_OWN);
    return {
      displayName: textOf(lines, PR_DISPLAY_NAME) ?? (value === '' ? key : value),
      ...(module === undefined ? {} : { module }),
      resourceFlags: this.#flags(lines, 'service'),
      providers,
      ...(sections.length === 0 ? {} : { sections }),
      ...(Object.keys(props).length === 0 ? {} : { props }),
      ...listOf('supportFiles', textOf(lines, PR_SERVICE_SUPPORT_FILES)),
      ...listOf('deleteFiles', textOf(lines, PR_SERVICE_DELETE_FILES)),
      options: {},
    };
  }

  #provider(name: string, from: InfSection): CatalogueProvider | undefined {
    const section = this.#file.section(name);
    if (section === undefined)
      return this.#note(from.line, `[${from.name}] names a provider section that is not there: ${name}`);
    const lines = this.#linesOf(section, []);
    const missing = PROVIDER_REQUIRED.find(([tag]) => !lines.props.has(tag));
    if (missing !== undefined) return this.#note(section.line, `provider [${name}] has no ${missing[1]}`);
    const type = lines.props.get(PR_RESOURCE_TYPE);
    const resourceType = type === undefined ? undefined : resourceTypeName(infLong(type.value) ?? 0);
    if (resourceType === undefined)
      return this.#note(type?.line ?? section.line, `[${name}]: this type of provider is unknown`);
    const library = lines.props.get(PR_PROVIDER_DLL_NAME);
    const module = library === undefined ? undefined : this.#module(library);
    if (module === undefined) return undefined;
    const props = this.#props(lines, PROVIDER_OWN);
    return {
      displayName: textOf(lines, PR_DISPLAY_NAME) ?? name,
      providerDisplay: textOf(lines, PR_PROVIDER_DISPLAY) ?? name,
      module,
      resourceType,
      resourceFlags: this.#flags(lines, 'provider'),
      ...(Object.keys(props).length === 0 ? {} : { props }),
    };
  }

  #extra(name: string, from: InfSection): CatalogueSection | undefined {
    const section = this.#file.section(name);
    if (section === undefined)
      return this.#note(from.line, `[${from.name}] names a section that is not there: ${name}`);
    const lines = this.#linesOf(section, ['UID']);
    const uid = lines.lists.get('UID');
    if (uid === undefined || !/^[0-9a-f]{32}$/iu.test(uid.value)) {
      return this.#note(uid?.line ?? section.line, `[${name}] has no UID= of 32 hexadecimal digits`);
    }
    return { uid: uid.value.toLowerCase(), props: this.#props(lines, new Set()) };
  }

  /** @param known keys that are no properties */
  #linesOf(section: InfSection, known: readonly string[]): Lines {
    const props = new Map<PropTag, InfEntry>();
    const lists = new Map<string, InfEntry>();
    for (const entry of section.entries) {
      const key = entry.key.toUpperCase();
      const tag = infTag(entry.key);
      const refused = tag === undefined ? undefined : forbidden(tag);
      if (known.includes(key)) lists.set(key, entry);
      else if (tag === undefined) this.#note(entry.line, `[${section.name}]: ${entry.key} is no property`);
      else if (refused !== undefined) this.#note(entry.line, `[${section.name}]: ${entry.key} ${refused}`);
      else props.set(tag, entry);
    }
    return { props, lists };
  }

  #list({ lists }: Lines, key: string): readonly string[] {
    const entry = lists.get(key);
    const names = splitList(entry?.value ?? '');
    if (names.length > listNamesMax) this.#note(entry?.line ?? 0, `${key} names more than ${listNamesMax} sections`);
    return names.slice(0, listNamesMax);
  }

  #props({ props }: Lines, without: ReadonlySet<PropTag>): Readonly<Record<string, CatalogueValue>> {
    const values: [string, CatalogueValue][] = [];
    for (const [tag, { line, key, value: text }] of props) {
      if (without.has(tag)) continue;
      const value = tag === PR_SERVICE_UID ? undefined : infValue(tag, text);
      if (value === undefined)
        this.#note(line, `${key} cannot be ${JSON.stringify(text.slice(0, 80))}, or is MAPI's own`);
      else values.push([`0x${tag.toString(16).padStart(8, '0')}`, value]);
    }
    return Object.fromEntries(values);
  }

  #flags({ props }: Lines, kind: 'service' | 'provider'): readonly string[] {
    const entry = props.get(PR_RESOURCE_FLAGS);
    if (entry === undefined || entry.value === '') return [];
    const flags = infLong(entry.value);
    const names = flags === undefined ? undefined : flagNames(kind, flags);
    if (names === undefined) this.#note(entry.line, `${entry.value} are no flags of a ${kind}`);
    return names ?? [];
  }

  #module({ line, value }: InfEntry): string | undefined {
    const module = this.#modules.get(libraryName(value));
    if (module === undefined) return this.#note(line, `no package stands for the library ${value}`);
    return module;
  }

  #note(line: number, message: string): undefined {
    this.problems.push({ line, message });
  }
}

const SERVICE_OWN: ReadonlySet<PropTag> = new Set<PropTag>([
  PR_DISPLAY_NAME,
  PR_RESOURCE_FLAGS,
  PR_SERVICE_DELETE_FILES,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  PR_SERVICE_SUPPORT_FILES,
]);
const PROVIDER_OWN: ReadonlySet<PropTag> = new Set<PropTag>([
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
]);
/** PR_RESOURCE_FLAGS is required, too, but files that were delivered leave it out where it is 0. */
const PROVIDER_REQUIRED: readonly (readonly [PropTag, string])[] = [
  [PR_DISPLAY_NAME, 'PR_DISPLAY_NAME'],
  [PR_PROVIDER_DISPLAY, 'PR_PROVIDER_DISPLAY'],
  [PR_PROVIDER_DLL_NAME, 'PR_PROVIDER_DLL_NAME'],
  [PR_RESOURCE_TYPE, 'PR_RESOURCE_TYPE'],
];

/** `emsmdb` for EMSMDB.DLL, emsmdb32.dll and a path to either. */
function libraryName(library: string): string {
  const base = library.split(/[\\/]/u).at(-1) ?? library;
  return base
    .toLowerCase()
    .replace(/\.dll$/u, '')
    .replace(/32$/u, '');
}

function textOf({ props }: Lines, tag: PropTag): string | undefined {
  const value = props.get(tag)?.value;
  return value === '' ? undefined : value;
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function listOf(key: 'supportFiles' | 'deleteFiles', text: string | undefined): object {
  return text === undefined ? {} : { [key]: splitList(text) };
}
