/** Which service supplies the primary identity of a profile. spec: mapi-primary-identity */
import {
  type Catalogue,
  PR_DISPLAY_NAME,
  PR_RESOURCE_FLAGS,
  PR_SERVICE_NAME,
  SERVICE_NO_PRIMARY_IDENTITY,
  SERVICE_PRIMARY_IDENTITY,
  STATUS_NO_PRIMARY_IDENTITY,
  STATUS_PRIMARY_IDENTITY,
} from '@nodemapi/mapi';
import { type Profile, type ProfileService, sectionValue, setSectionValue, type UidText } from './profile.ts';

/** Makes a service the supplier, with the given of its providers; none with null. */
export function setIdentity(profile: Profile, service: ProfileService | null, providers: readonly UidText[]): void {
  profile.identity = service?.uid ?? null;
  for (const other of profile.services) {
    mark(profile, other.uid, other === service, SERVICE_PRIMARY_IDENTITY, SERVICE_NO_PRIMARY_IDENTITY);
    for (const provider of other.providers) {
      const supplies = other === service && providers.includes(provider);
      mark(profile, provider, supplies, STATUS_PRIMARY_IDENTITY, STATUS_NO_PRIMARY_IDENTITY);
    }
  }
}

/** Keeps the supplier there is, else takes the first service whose catalogue entry declares one. */
export function settleIdentity(profile: Profile, catalogue: Catalogue): void {
  const current = profile.services.find((service) => service.uid === profile.identity);
  const marked = current?.providers.filter((provider) => isMarked(profile, provider)) ?? [];
  if (current !== undefined && marked.length > 0) setIdentity(profile, current, marked);
  else chooseIdentity(profile, catalogue);
}

function chooseIdentity(profile: Profile, catalogue: Catalogue): void {
  for (const service of profile.services) {
    const provider = service.providers.find((uid) => declaresIdentity(profile, catalogue, service, uid));
    if (provider === undefined) continue;
    setIdentity(profile, service, [provider]);
    return;
  }
  setIdentity(profile, null, []);
}

/** Whether the catalogue says that a service can never supply the identity. */
export function refusesIdentity(profile: Profile, catalogue: Catalogue, service: UidText): boolean {
  const entry = catalogue.services[sectionValue(profile, service, PR_SERVICE_NAME) ?? ''];
  return entry?.resourceFlags.includes('SERVICE_NO_PRIMARY_IDENTITY') === true;
}

function declaresIdentity(profile: Profile, catalogue: Catalogue, service: ProfileService, provider: UidText): boolean {
  const entry = catalogue.services[sectionValue(profile, service.uid, PR_SERVICE_NAME) ?? ''];
  const name = sectionValue(profile, provider, PR_DISPLAY_NAME);
  const position = service.providers.indexOf(provider);
  const declared = entry?.providers.find((one) => one.displayName === name) ?? entry?.providers[position];
  return declared?.resourceFlags.includes('STATUS_PRIMARY_IDENTITY') === true;
}

function isMarked(profile: Profile, provider: UidText): boolean {
  return ((sectionValue(profile, provider, PR_RESOURCE_FLAGS) ?? 0) & STATUS_PRIMARY_IDENTITY) !== 0;
}

/** Sets one of two flags that exclude each other. */
function mark(profile: Profile, uid: UidText, supplies: boolean, yes: number, no: number): void {
  const flags = (sectionValue(profile, uid, PR_RESOURCE_FLAGS) ?? 0) & ~(yes | no);
  setSectionValue(profile, uid, PR_RESOURCE_FLAGS, flags | (supplies ? yes : no));
}
