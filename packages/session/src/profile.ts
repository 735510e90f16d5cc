/**
 * A profile: a tree of sections named by MAPIUID, services below it, providers below them.
 *
 * ```
 * profile ─┬─ service (section) ─┬─ provider (section)
 *          │                     └─ extra section
 *          └─ loose provider (section): a store that was opened by its identifier alone
 * ```
 * spec: message-services-and-profiles
 */
import { fromHex, MapiError, type Random, toHex } from '@nodemapi/base';
import {
  MAPI_TRANSPORT_PROVIDER,
  type MapiUid,
  MUID_PROFILE_INSTANCE,
  MUID_SUBSYSTEM,
  PR_DISPLAY_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SEARCH_KEY,
  type PropTag,
  type PropValue,
  propId,
  type Row,
  STATUS_XP_PREFER_LAST,
} from '@nodemapi/mapi';
import { type JsonProps, propsFromJson, propsToJson, tagFromText, tagToText } from './prop-json.ts';

/** A MAPIUID in hexadecimal, as it stands in the file. */
export type UidText = string;

export interface ProfileSection {
  /** By property identifier. */
  readonly props: Map<number, PropValue>;
  /** Tags whose values are in the secret store. */
  readonly secrets: Set<PropTag>;
}

export interface ProfileService {
  readonly uid: UidText;
  readonly providers: UidText[];
  /** Sections that belong to the service and to no provider. */
  readonly extra: UidText[];
}

/** What is to happen when the last session on the profile has ended. */
export type PendingChange = { readonly kind: 'delete' } | { readonly kind: 'rename'; readonly to: string };

export interface Profile {
  readonly name: string;
  /** MAPI_APP_PROFILE: shown only to those who ask for such profiles. */
  readonly app: boolean;
  /** PR_SEARCH_KEY of the profile instance: unique among all profiles ever made. */
  readonly searchKey: UidText;
  readonly services: ProfileService[];
  readonly looseProviders: UidText[];
  /** Set by MsgServiceTransportOrder. */
  transportOrder: UidText[] | null;
  /** The service that supplies the primary identity. */
  identity: UidText | null;
  pending: PendingChange | null;
  readonly sections: Map<UidText, ProfileSection>;
}

/** The format of the file; a newer one is refused. */
export const PROFILE_VERSION = 1;

/** Sections of MAPI itself: the address book's settings. */
export const SUBSYSTEM_SECTION: UidText = toHex(MUID_SUBSYSTEM);
const INSTANCE_SECTION: UidText = toHex(MUID_PROFILE_INSTANCE);

interface ProfileJson {
  readonly version: number;
  readonly name: string;
  /** Missing in files of the first programs, which knew no such profiles. */
  readonly app?: boolean;
  readonly searchKey: UidText;
  readonly services: readonly ProfileService[];
  readonly looseProviders: readonly UidText[];
  readonly transportOrder: readonly UidText[] | null;
  readonly identity: UidText | null;
  readonly pending: PendingChange | null;
  readonly sections: Readonly<Record<UidText, { readonly props: JsonProps; readonly secrets: readonly string[] }>>;
}

export function newProfile(name: string, random: Random, app = false): Profile {
  return {
    name,
    app,
    searchKey: newUidText(random),
    services: [],
    looseProviders: [],
    transportOrder: null,
    identity: null,
    pending: null,
    sections: new Map(),
  };
}

export function newUidText(random: Random): UidText {
  return toHex(random.bytes(16));
}

export function uidBytes(uid: UidText): MapiUid {
  return fromHex(uid);
}

export function encodeProfile(profile: Profile): string {
  const sections = [...profile.sections].map(([uid, { props, secrets }]) => [
    uid,
    { props: propsToJson([...props.values()]), secrets: [...secrets].map(tagToText) },
  ]);
  return JSON.stringify({ version: PROFILE_VERSION, ...profile, sections: Object.fromEntries(sections) }, null, 2);
}

/** @throws MAPI_E_CORRUPT_DATA, or MAPI_E_VERSION for a file that a newer program wrote; both name `path` */
export function decodeProfile(text: string, path: string): Profile {
  try {
    const json = JSON.parse(text) as ProfileJson;
    if (json.version > PROFILE_VERSION) {
      throw new MapiError(
        'MAPI_E_VERSION',
        `${path} has version ${json.version}, this program knows ${PROFILE_VERSION}`,
      );
    }
    return fromJson(json);
  } catch (cause) {
    if (MapiError.is(cause, 'MAPI_E_VERSION')) throw cause;
    throw new MapiError('MAPI_E_CORRUPT_DATA', `${path} is no profile`, { cause });
  }
}

function fromJson(json: ProfileJson): Profile {
  if (typeof json.name !== 'string' || typeof json.searchKey !== 'string')
    throw new TypeError('name or key is missing');
  return {
    name: json.name,
    app: json.app === true,
    searchKey: json.searchKey,
    services: json.services.map(({ uid, providers, extra }) => ({ uid, providers: [...providers], extra: [...extra] })),
    looseProviders: [...json.looseProviders],
    transportOrder: json.transportOrder === null ? null : [...json.transportOrder],
    identity: json.identity,
    pending: json.pending,
    sections: new Map(Object.entries(json.sections).map(([uid, section]) => [uid, sectionFromJson(section)])),
  };
}

function sectionFromJson(json: { readonly props: JsonProps; readonly secrets: readonly string[] }): ProfileSection {
  const props = new Map(propsFromJson(json.props).map((value) => [propId(value.tag), value]));
  return { props, secrets: new Set(json.secrets.map(tagFromText)) };
}

/** The section of `uid`; MUID_PROFILE_INSTANCE is always there. */
export function sectionOf(profile: Profile, uid: UidText): ProfileSection | undefined {
  if (uid !== INSTANCE_SECTION) return profile.sections.get(uid);
  const key = { tag: PR_SEARCH_KEY, value: uidBytes(profile.searchKey) };
  return { props: new Map([[propId(PR_SEARCH_KEY), key]]), secrets: new Set() };
}

export function isInstanceSection(uid: UidText): boolean {
  return uid === INSTANCE_SECTION;
}

/** The section of `uid`, made if it is missing. */
export function ensureSection(profile: Profile, uid: UidText): ProfileSection {
  const section = profile.sections.get(uid) ?? { props: new Map(), secrets: new Set() };
  profile.sections.set(uid, section);
  return section;
}

/** A property of a section. */
export function sectionValue<T>(profile: Profile, uid: UidText, tag: PropTag<T>): T | undefined {
  const found = profile.sections.get(uid)?.props.get(propId(tag));
  return found?.tag === tag ? (found.value as T) : undefined;
}

export function setSectionValue<T>(profile: Profile, uid: UidText, tag: PropTag<T>, value: T): void {
  ensureSection(profile, uid).props.set(propId(tag), { tag, value });
}

export function serviceOf(profile: Profile, uid: UidText): ProfileService | undefined {
  return profile.services.find((service) => service.uid === uid);
}

/** The service that a provider belongs to; none for a loose one. */
export function serviceOfProvider(profile: Profile, provider: UidText): ProfileService | undefined {
  return profile.services.find((service) => service.providers.includes(provider));
}

/** Every provider in profile order, whatever its type. */
export function allProviders(profile: Profile): readonly UidText[] {
  return [...profile.services.flatMap((service) => service.providers), ...profile.looseProviders];
}

/** Providers of one type in profile order; transports in transport order. */
export function providersOfType(profile: Profile, type: number): readonly UidText[] {
  const found = allProviders(profile).filter((uid) => sectionValue(profile, uid, PR_RESOURCE_TYPE) === type);
  return type === MAPI_TRANSPORT_PROVIDER ? inTransportOrder(profile, found) : found;
}

/** The order of addition with STATUS_XP_PREFER_LAST at the end, unless an order was set. */
function inTransportOrder(profile: Profile, transports: readonly UidText[]): readonly UidText[] {
  const order = profile.transportOrder;
  const rank = (uid: UidText): number => {
    const set = order?.indexOf(uid) ?? -1;
    if (set >= 0) return set;
    return isPreferLast(profile, uid) ? 2 ** 21 : 2 ** 20; // a transport added after the order was set comes behind it
  };
  return [...transports].sort((a, b) => rank(a) - rank(b));
}

function isPreferLast(profile: Profile, uid: UidText): boolean {
  return ((sectionValue(profile, uid, PR_RESOURCE_FLAGS) ?? 0) & STATUS_XP_PREFER_LAST) !== 0;
}

/** PR_DISPLAY_NAME of a section, for errors and rows. */
export function sectionName(profile: Profile, uid: UidText): string {
  return sectionValue(profile, uid, PR_DISPLAY_NAME) ?? uid;
}

/** Takes a service with all its sections out of the profile. */
export function removeService(profile: Profile, service: ProfileService): void {
  profile.services.splice(profile.services.indexOf(service), 1);
  for (const uid of [service.uid, ...service.providers, ...service.extra]) profile.sections.delete(uid);
  if (profile.identity === service.uid) profile.identity = null;
  dropFromOrder(profile, service.providers);
}

/** Takes one provider with its section out of the profile. */
export function removeProvider(profile: Profile, provider: UidText): void {
  for (const list of [...profile.services.map((service) => service.providers), profile.looseProviders]) {
    const index = list.indexOf(provider);
    if (index >= 0) list.splice(index, 1);
  }
  profile.sections.delete(provider);
  dropFromOrder(profile, [provider]);
}

function dropFromOrder(profile: Profile, gone: readonly UidText[]): void {
  if (profile.transportOrder === null) return;
  profile.transportOrder = profile.transportOrder.filter((uid) => !gone.includes(uid));
}

/** A row as text, to see whether it has changed. */
export function rowText(row: Row): string {
  return row.map(({ value }) => (value instanceof Uint8Array ? toHex(value) : String(value))).join('|');
}
