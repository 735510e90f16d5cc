/** What a logon looks at before it starts a provider. spec: starting-a-mapi-session, mapi-sessions */
import { MapiError } from '@nodemapi/base';
import { PR_SERVICE_NAME, propId, type UserInterface } from '@nodemapi/mapi';
import { type Profile, type ProfileService, sectionName, sectionValue } from './profile.ts';
import { tagFromText } from './prop-json.ts';
import { type ProviderRef, providerRef } from './provider-slot.ts';
import type { SessionParts } from './session-context.ts';

/**
 * Looks whether every service has what its catalogue entry requires. The profile is the first source, the user, by the
 * service's entry point, the second. What is missing then is a problem of the service's providers, which may still
 * find it elsewhere when they are logged on.
 *
 * @param ui where the logon allows one
 */
export async function validateServices(
  parts: SessionParts,
  profile: Profile,
  ui: UserInterface | undefined,
): Promise<void> {
  for (const service of profile.services) {
    if (missingOptions(parts, profile, service).length === 0) continue;
    if (ui !== undefined) await askFor(parts, profile, service, ui);
    const missing = missingOptions(parts, await parts.profile(), service);
    if (missing.length > 0) noteMissing(parts, profile, service, missing);
  }
}

/** Keys of the required options that no provider section of the service has. */
function missingOptions({ environment }: SessionParts, profile: Profile, service: ProfileService): readonly string[] {
  const name = sectionValue(profile, service.uid, PR_SERVICE_NAME) ?? '';
  const { services } = environment.admin.catalogue;
  const options = Object.hasOwn(services, name) ? (services[name]?.options ?? {}) : {};
  const isThere = (tagText: string): boolean => {
    const tag = tagFromText(tagText);
    const sections = [service.uid, ...service.providers].flatMap((uid) => profile.sections.get(uid) ?? []);
    return sections.some(({ props, secrets }) => props.has(propId(tag)) || secrets.has(tag));
  };
  return Object.entries(options).flatMap(([key, { required, tag }]) =>
    required === true && !isThere(tag) ? [key] : [],
  );
}

/** A user who declines leaves the service as it is; the others are not their concern. */
async function askFor(
  { environment }: SessionParts,
  profile: Profile,
  service: ProfileService,
  ui: UserInterface,
): Promise<void> {
  const { entries } = environment.admin;
  if (!entries.has(profile, service.uid)) return;
  try {
    await entries.call(profile, service.uid, { context: 'configure', uiAllowed: true, ui });
  } catch (error) {
    environment.log.warn('a service stays without its configuration', { service: service.uid, error });
  }
}

function noteMissing(parts: SessionParts, profile: Profile, service: ProfileService, missing: readonly string[]): void {
  const detail = `${sectionName(profile, service.uid)} lacks ${missing.join(', ')}`;
  const refs = service.providers.flatMap((uid): readonly ProviderRef[] => {
    const ref = providerRef(profile, uid);
    return ref === undefined ? [] : [ref];
  });
  for (const ref of refs) parts.gate.note(ref, new MapiError('MAPI_E_UNCONFIGURED', detail));
}
