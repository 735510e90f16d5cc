import { type Log, MapiError, type Random, toHex } from '@nodemapi/base';
import {
  type Catalogue,
  type MapiUid,
  type OpenProfileSectionOptions,
  PR_RESOURCE_TYPE,
  type UserInterface,
} from '@nodemapi/mapi';
import type { ModuleLoader } from './module-loader.ts';
import { openSection, type ProfSect, type SectionSource } from './prof-sect.ts';
import {
  allProviders,
  type Profile,
  type ProfileService,
  sectionName,
  sectionValue,
  serviceOf,
  type UidText,
} from './profile.ts';
import type { EntryCall, ServiceEntries } from './service-entries.ts';

/** What every administration object works with. */
export interface AdminContext extends SectionSource {
  readonly catalogue: Catalogue;
  readonly random: Random;
  readonly modules: ModuleLoader;
  readonly entries: ServiceEntries;
  readonly log: Log;
}

/** The text form of a MAPIUID that a caller passed. @throws MAPI_E_INVALID_PARAMETER unless it has 16 bytes */
export function uidText(uid: MapiUid): UidText {
  if (uid instanceof Uint8Array && uid.length === 16) return toHex(uid);
  throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a MAPIUID has 16 bytes');
}

/** @throws MAPI_E_NOT_FOUND if the profile has no such service */
export function findService(profile: Profile, uid: UidText): ProfileService {
  const service = serviceOf(profile, uid);
  if (service === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `profile ${profile.name} has no service ${uid}`);
  return service;
}

/**
 * Opens a section for a client: one that belongs to a provider only with `forceAccess`.
 *
 * @throws MAPI_E_NO_ACCESS, MAPI_E_NOT_FOUND
 */
export async function openClientSection(
  context: AdminContext,
  profileName: string,
  uid: MapiUid,
  options: OpenProfileSectionOptions,
): Promise<ProfSect> {
  const profile = await context.profiles.read(profileName);
  const text = uidText(uid);
  const isProviders =
    allProviders(profile).includes(text) || sectionValue(profile, text, PR_RESOURCE_TYPE) !== undefined;
  if (isProviders && options.forceAccess !== true) {
    throw new MapiError('MAPI_E_NO_ACCESS', `section ${text} belongs to provider ${sectionName(profile, text)}`);
  }
  return openSection(context, profileName, text, { modify: options.modify === true, byProvider: false });
}

/** Calls a service's entry point if it has one; otherwise nothing is to be done. */
export async function callEntryIfAny(
  context: AdminContext,
  name: string,
  service: UidText,
  call: EntryCall,
): Promise<void> {
  const profile = await context.profiles.read(name);
  if (context.entries.has(profile, service)) await context.entries.call(profile, service, call);
}

/** Tells a service that it goes; nothing it answers keeps it. */
export async function callEntryForDelete(context: AdminContext, name: string, service: UidText): Promise<void> {
  try {
    await callEntryIfAny(context, name, service, { context: 'delete' });
  } catch (error) {
    context.log.warn('service entry failed at its deletion', { profile: name, service, error });
  }
}

/** Tells the services of a profile that it goes; nothing they answer keeps it. */
export async function callEntriesForDelete(context: AdminContext, name: string): Promise<void> {
  const { services } = await context.profiles.read(name);
  for (const { uid } of services) await callEntryForDelete(context, name, uid);
}

/** The user interface, only if flags allow one. */
export function uiIf(allowed: boolean, ui: UserInterface | undefined): { readonly ui?: UserInterface } {
  return allowed && ui !== undefined ? { ui } : {};
}

/** MAPI_SERVICE_UI_ALWAYS: each service shows its configuration before the first of them is logged on. */
export async function configureAll(
  { profiles, entries }: AdminContext,
  profileName: string,
  ui: UserInterface | undefined,
): Promise<void> {
  const profile = await profiles.read(profileName);
  for (const { uid } of profile.services) {
    if (entries.has(profile, uid)) await entries.call(profile, uid, { context: 'configure', uiAlways: true, ui });
  }
}
