/** Services and providers put into a profile by copying the catalogue. spec: file-format-of-mapisvc-inf */
import { concatBytes, MapiError, type Random } from '@nodemapi/base';
import {
  type Catalogue,
  type CatalogueProvider,
  type CatalogueService,
  MAPI_STORE_PROVIDER,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SERVICE_DELETE_FILES,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  PR_SERVICE_EXTRA_UIDS,
  PR_SERVICE_NAME,
  PR_SERVICE_SUPPORT_FILES,
  PR_SERVICE_UID,
  type PropValue,
  prop,
  propId,
  SERVICE_SINGLE_COPY,
  STATUS_NEED_IPM_TREE,
} from '@nodemapi/mapi';
import { extraUid, optionDefault, propsOf, providerFlags, resourceType, serviceFlags } from './catalogue.ts';
import { settleIdentity } from './identity.ts';
import {
  newUidText,
  type Profile,
  type ProfileService,
  sectionValue,
  setSectionValue,
  type UidText,
  uidBytes,
} from './profile.ts';

/** The name under which a library exports its service entry point. */
export const SERVICE_ENTRY_NAME = 'ServiceEntry';

/**
 * Adds a service with a section for each of its providers.
 *
 * @throws MAPI_E_NOT_FOUND if the catalogue has no such service; MAPI_E_NO_ACCESS for the second of a single-copy service
 */
export function addService(
  profile: Profile,
  catalogue: Catalogue,
  name: string,
  displayName: string | undefined,
  random: Random,
): ProfileService {
  const entry = Object.hasOwn(catalogue.services, name) ? catalogue.services[name] : undefined;
  if (entry === undefined)
    throw new MapiError('MAPI_E_NOT_FOUND', `the catalogue has no service ${JSON.stringify(name)}`);
  checkSingleCopy(profile, name, serviceFlags(entry));
  const service: ProfileService = { uid: newUidText(random), providers: [], extra: [] };
  const shown = entry.displayName === '' ? (displayName ?? name) : entry.displayName;
  fillSection(profile, service.uid, serviceProps(service.uid, name, shown, entry));
  for (const provider of entry.providers)
    service.providers.push(addProvider(profile, service.uid, name, entry, provider, random));
  for (const section of entry.sections ?? []) {
    const uid = freeUid(profile, extraUid(section), random);
    fillSection(profile, uid, propsOf(section.props));
    service.extra.push(uid);
  }
  listExtra(profile, service);
  profile.services.push(service);
  settleIdentity(profile, catalogue);
  return service;
}

/** Adds one provider's section, which the caller enters into its service. */
export function addProvider(
  profile: Profile,
  service: UidText,
  serviceName: string,
  entry: CatalogueService,
  provider: CatalogueProvider,
  random: Random,
): UidText {
  const uid = newUidText(random);
  const defaults = Object.values(entry.options).flatMap((option) => optionDefault(option) ?? []);
  fillSection(profile, uid, [
    ...defaults,
    ...propsOf(provider.props),
    prop(PR_DISPLAY_NAME, provider.displayName),
    prop(PR_PROVIDER_DISPLAY, provider.providerDisplay),
    prop(PR_PROVIDER_DLL_NAME, provider.module),
    prop(PR_RESOURCE_TYPE, resourceType(provider)),
    prop(PR_RESOURCE_FLAGS, initialFlags(provider)),
    ...providerLinks(uid, service, serviceName),
  ]);
  return uid;
}

/** What the catalogue says; a store that nobody has opened yet has no folders, as far as MAPI knows. */
function initialFlags(provider: CatalogueProvider): number {
  const isStore = resourceType(provider) === MAPI_STORE_PROVIDER;
  return providerFlags(provider) | (isStore ? STATUS_NEED_IPM_TREE : 0);
}

/** The properties that say where a provider belongs. */
export function providerLinks(uid: UidText, service: UidText, serviceName: string): readonly PropValue[] {
  return [
    prop(PR_PROVIDER_UID, uidBytes(uid)),
    prop(PR_SERVICE_UID, uidBytes(service)),
    prop(PR_SERVICE_NAME, serviceName),
  ];
}

/** Copies a service, under new identifiers, into `to`, which may be the same profile. Answers old → new. */
export function copyService(
  from: Profile,
  service: ProfileService,
  to: Profile,
  displayName: string | null,
  random: Random,
): ReadonlyMap<UidText, UidText> {
  const name = sectionValue(from, service.uid, PR_SERVICE_NAME) ?? '';
  checkSingleCopy(to, name, sectionValue(from, service.uid, PR_RESOURCE_FLAGS) ?? 0);
  const copies = new Map([service.uid, ...service.providers].map((uid) => [uid, newUidText(random)]));
  for (const uid of service.extra) copies.set(uid, freeUid(to, uid, random));
  const copyOf = (uid: UidText): UidText => copies.get(uid) ?? uid;
  for (const [old, uid] of copies) {
    const section = from.sections.get(old);
    to.sections.set(uid, { props: new Map(section?.props), secrets: new Set(section?.secrets) });
  }
  const made: ProfileService = {
    uid: copyOf(service.uid),
    providers: service.providers.map(copyOf),
    extra: service.extra.map(copyOf),
  };
  for (const provider of made.providers) fillSection(to, provider, providerLinks(provider, made.uid, name));
  setSectionValue(to, made.uid, PR_SERVICE_UID, uidBytes(made.uid));
  if (displayName !== null) setSectionValue(to, made.uid, PR_DISPLAY_NAME, displayName);
  listExtra(to, made);
  to.services.push(made);
  return copies;
}

/** A section keeps its well-known identifier unless another copy of its service has it in this profile. */
function freeUid(profile: Profile, uid: UidText, random: Random): UidText {
  return profile.sections.has(uid) ? newUidText(random) : uid;
}

/** PR_SERVICE_EXTRA_UIDS: where a service finds its extra sections, one identifier after the other. */
function listExtra(profile: Profile, service: ProfileService): void {
  if (service.extra.length === 0) return;
  setSectionValue(profile, service.uid, PR_SERVICE_EXTRA_UIDS, concatBytes(service.extra.map(uidBytes)));
}

/** Sets properties of a section, which is made if it is missing. */
export function fillSection(profile: Profile, uid: UidText, props: readonly PropValue[]): void {
  for (const { tag, value } of props) setSectionValue(profile, uid, tag, value);
}

function serviceProps(uid: UidText, name: string, displayName: string, entry: CatalogueService): readonly PropValue[] {
  const entryPoint =
    entry.module === undefined
      ? []
      : [prop(PR_SERVICE_DLL_NAME, entry.module), prop(PR_SERVICE_ENTRY_NAME, SERVICE_ENTRY_NAME)];
  return [
    prop(PR_SERVICE_NAME, name),
    prop(PR_DISPLAY_NAME, displayName),
    prop(PR_SERVICE_UID, uidBytes(uid)),
    prop(PR_RESOURCE_FLAGS, serviceFlags(entry)),
    ...propsOf(entry.props),
    ...(entry.supportFiles === undefined ? [] : [prop(PR_SERVICE_SUPPORT_FILES, entry.supportFiles)]),
    ...(entry.deleteFiles === undefined ? [] : [prop(PR_SERVICE_DELETE_FILES, entry.deleteFiles)]),
    ...entryPoint,
  ];
}

function checkSingleCopy(profile: Profile, name: string, flags: number): void {
  if ((flags & SERVICE_SINGLE_COPY) === 0) return;
  const isCopy = (service: ProfileService): boolean => sectionValue(profile, service.uid, PR_SERVICE_NAME) === name;
  if (profile.services.some(isCopy)) {
    throw new MapiError('MAPI_E_NO_ACCESS', `service ${name} may be in a profile once only`);
  }
}

/** The values of a section as a row has them. */
export function sectionProps(profile: Profile, uid: UidText): readonly PropValue[] {
  return [...(profile.sections.get(uid)?.props.values() ?? [])].sort((a, b) => propId(a.tag) - propId(b.tag));
}
