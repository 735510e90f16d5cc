/** The catalogue of message services, checked before it is used. spec: file-format-of-mapisvc-inf */
import { fromHex, MapiError } from '@nodemapi/base';
import {
  type Catalogue,
  type CatalogueOption,
  type CatalogueProvider,
  type CatalogueSection,
  type CatalogueService,
  HOOK_INBOUND,
  HOOK_OUTBOUND,
  isSecureId,
  isValueOfType,
  MAPI_AB_PROVIDER,
  MAPI_HOOK_PROVIDER,
  MAPI_STORE_PROVIDER,
  MAPI_TRANSPORT_PROVIDER,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_BOOLEAN,
  PT_I2,
  PT_LONG,
  propId,
  propType,
  SERVICE_CREATE_WITH_STORE,
  SERVICE_DEFAULT_STORE,
  SERVICE_NO_PRIMARY_IDENTITY,
  SERVICE_PRIMARY_IDENTITY,
  SERVICE_SINGLE_COPY,
  STATUS_DEFAULT_OUTBOUND,
  STATUS_DEFAULT_STORE,
  STATUS_NEED_IPM_TREE,
  STATUS_NO_DEFAULT_STORE,
  STATUS_NO_PRIMARY_IDENTITY,
  STATUS_OWN_STORE,
  STATUS_PRIMARY_IDENTITY,
  STATUS_PRIMARY_STORE,
  STATUS_SECONDARY_STORE,
  STATUS_SIMPLE_STORE,
  STATUS_TEMP_SECTION,
  STATUS_XP_PREFER_LAST,
} from '@nodemapi/mapi';
import { tagFromText } from './prop-json.ts';

/** Flags that a catalogue may set; STATUS_NEED_IPM_TREE is MAPI's. */
const PROVIDER_FLAGS: Readonly<Record<string, number>> = {
  HOOK_INBOUND,
  HOOK_OUTBOUND,
  STATUS_DEFAULT_OUTBOUND,
  STATUS_DEFAULT_STORE,
  STATUS_NO_DEFAULT_STORE,
  STATUS_NO_PRIMARY_IDENTITY,
  STATUS_OWN_STORE,
  STATUS_PRIMARY_IDENTITY,
  STATUS_PRIMARY_STORE,
  STATUS_SECONDARY_STORE,
  STATUS_SIMPLE_STORE,
  STATUS_TEMP_SECTION,
  STATUS_XP_PREFER_LAST,
};
const SERVICE_FLAGS: Readonly<Record<string, number>> = {
  SERVICE_CREATE_WITH_STORE,
  SERVICE_DEFAULT_STORE,
  SERVICE_NO_PRIMARY_IDENTITY,
  SERVICE_PRIMARY_IDENTITY,
  SERVICE_SINGLE_COPY,
};
const RESOURCE_TYPES: Readonly<Record<CatalogueProvider['resourceType'], number>> = {
  MAPI_AB_PROVIDER,
  MAPI_HOOK_PROVIDER,
  MAPI_STORE_PROVIDER,
  MAPI_TRANSPORT_PROVIDER,
};

/** Every constant that a line of mapisvc.inf may name. */
export const CATALOGUE_FLAGS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(PROVIDER_FLAGS),
  ...Object.entries(SERVICE_FLAGS),
  ...Object.entries(RESOURCE_TYPES),
  ['STATUS_NEED_IPM_TREE', STATUS_NEED_IPM_TREE],
]);

/** The names of flags, without what is MAPI's own; undefined if there is one that has none. */
export function flagNames(kind: 'service' | 'provider', flags: number): readonly string[] | undefined {
  const known = Object.entries(kind === 'service' ? SERVICE_FLAGS : PROVIDER_FLAGS);
  const own = kind === 'provider' ? flags & ~STATUS_NEED_IPM_TREE : flags;
  const named = known.filter(([, flag]) => (own & flag) !== 0);
  return named.reduce((rest, [, flag]) => rest & ~flag, own) === 0 ? named.map(([name]) => name) : undefined;
}

/** The name of a PR_RESOURCE_TYPE of providers. */
export function resourceTypeName(type: number): CatalogueProvider['resourceType'] | undefined {
  return (Object.keys(RESOURCE_TYPES) as CatalogueProvider['resourceType'][]).find(
    (name) => RESOURCE_TYPES[name] === type,
  );
}

/** @throws MAPI_E_INVALID_PARAMETER that names the first wrong entry */
export function checkCatalogue(catalogue: Catalogue): void {
  for (const [name, service] of Object.entries(catalogue.services)) {
    at(`service ${name}`, () => [serviceFlags(service), propsOf(service.props)]);
    for (const section of service.sections ?? [])
      at(`service ${name}, section ${section.uid}`, () => checkSection(section));
    if (service.providers.length === 0) throw wrong(`service ${name} has no provider`);
    for (const provider of service.providers) {
      at(`service ${name}, provider ${provider.displayName}`, () => checkProvider(provider));
    }
    for (const [key, option] of Object.entries(service.options)) {
      at(`service ${name}, option ${key}`, () => optionDefault(option));
    }
  }
  for (const name of catalogue.defaultServices) {
    if (!Object.hasOwn(catalogue.services, name)) throw wrong(`the default service ${name} is no service`);
  }
}

/** PR_RESOURCE_FLAGS of a service: exactly one of the two identity flags is set. */
export function serviceFlags(service: CatalogueService): number {
  const flags = flagsOf(service.resourceFlags, SERVICE_FLAGS);
  return (flags & (SERVICE_PRIMARY_IDENTITY | SERVICE_NO_PRIMARY_IDENTITY)) === 0
    ? flags | identityFlag(service)
    : flags;
}

/** PR_RESOURCE_FLAGS of a provider. */
export function providerFlags(provider: CatalogueProvider): number {
  const flags = flagsOf(provider.resourceFlags, PROVIDER_FLAGS);
  return (flags & (STATUS_PRIMARY_IDENTITY | STATUS_NO_PRIMARY_IDENTITY)) === 0
    ? flags | STATUS_NO_PRIMARY_IDENTITY
    : flags;
}

/** PR_RESOURCE_TYPE of a provider. */
export function resourceType(provider: CatalogueProvider): number {
  const type = RESOURCE_TYPES[provider.resourceType];
  if (type === undefined) throw wrong(`${String(provider.resourceType)} is no type of a provider`);
  return type;
}

/** The further properties that a section begins with. */
export function propsOf(props: CatalogueProvider['props']): readonly PropValue[] {
  return Object.entries(props ?? {}).map(([text, written]) => valueFromText(tagFromText(text), written));
}

/** The MAPIUID of an extra section. @throws MAPI_E_INVALID_PARAMETER unless it is one */
export function extraUid(section: CatalogueSection): string {
  if (/^[0-9a-f]{32}$/.test(section.uid)) return section.uid;
  throw wrong(`${section.uid} is no MAPIUID: 32 hexadecimal digits, in lower case`);
}

/** The default of an option as a property; undefined if it has none. */
export function optionDefault(option: CatalogueOption): PropValue | undefined {
  const tag = tagFromText(option.tag);
  if (option.default === undefined) return undefined;
  return valueFromText(tag, option.default);
}

/** Every package that the catalogue names: no other is loaded. */
export function catalogueModules(catalogue: Catalogue): ReadonlySet<string> {
  const services = Object.values(catalogue.services);
  const providers = services.flatMap((service) => service.providers.map((provider) => provider.module));
  return new Set([...providers, ...services.flatMap((service) => service.module ?? [])]);
}

function identityFlag(service: CatalogueService): number {
  const supplies = service.providers.some((provider) => provider.resourceFlags.includes('STATUS_PRIMARY_IDENTITY'));
  return supplies ? SERVICE_PRIMARY_IDENTITY : SERVICE_NO_PRIMARY_IDENTITY;
}

function checkProvider(provider: CatalogueProvider): void {
  providerFlags(provider);
  resourceType(provider);
  propsOf(provider.props);
  if (provider.module === '') throw wrong('no module is named');
}

function checkSection(section: CatalogueSection): void {
  extraUid(section);
  propsOf(section.props);
}

function flagsOf(names: readonly string[], known: Readonly<Record<string, number>>): number {
  return names.reduce((flags, name) => {
    const flag = known[name];
    if (flag === undefined) throw wrong(`${name} is no flag`);
    return flags | flag;
  }, 0);
}

function valueFromText(tag: PropTag, written: string | number | boolean): PropValue {
  if (isSecureId(propId(tag))) throw wrong(`0x${tag.toString(16)} is a secret, which does not belong in a catalogue`);
  const value = typeof written === 'string' ? parsed(propType(tag), written) : written;
  if (!isValueOfType(propType(tag), value)) throw wrong(`${String(written)} is no value for 0x${tag.toString(16)}`);
  return { tag, value };
}

function parsed(type: number, text: string): unknown {
  if (type === PT_LONG || type === PT_I2) return Number(text);
  if (type === PT_BOOLEAN) return text === 'true';
  return type === PT_BINARY ? fromHex(text) : text;
}

function at(place: string, check: () => unknown): void {
  try {
    check();
  } catch (cause) {
    throw new MapiError(
      'MAPI_E_INVALID_PARAMETER',
      `catalogue: ${place}: ${MapiError.from(cause, 'catalogue').detail}`,
      {
        cause,
      },
    );
  }
}

function wrong(detail: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}
