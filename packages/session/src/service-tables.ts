/** Rows of the profile, service and provider tables. spec: message-service-tables, provider-tables */
import { fromHex, HRESULTS } from '@nodemapi/base';
import {
  PR_DISPLAY_NAME,
  PR_INSTANCE_KEY,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_PROVIDER_ORDINAL,
  PR_PROVIDER_UID,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  PR_SERVICE_NAME,
  PR_SERVICE_SUPPORT_FILES,
  PR_SERVICE_UID,
  type PropTag,
  type PropValue,
  prop,
  propById,
  propError,
  propId,
  type Row,
} from '@nodemapi/mapi';
import {
  allProviders,
  type Profile,
  type ProfileService,
  providersOfType,
  sectionValue,
  type UidText,
  uidBytes,
} from './profile.ts';
import { sectionProps } from './profile-services.ts';

export const SERVICE_COLUMNS: readonly PropTag[] = [
  PR_DISPLAY_NAME,
  PR_INSTANCE_KEY,
  PR_RESOURCE_FLAGS,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  PR_SERVICE_NAME,
  PR_SERVICE_SUPPORT_FILES,
  PR_SERVICE_UID,
];

export const PROVIDER_COLUMNS: readonly PropTag[] = [
  PR_INSTANCE_KEY,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_PROVIDER_ORDINAL,
  PR_PROVIDER_UID,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SERVICE_NAME,
  PR_SERVICE_UID,
];

/** One row per service, the newest last. */
export function serviceRows(profile: Profile): readonly Row[] {
  return profile.services.map(({ uid }) => {
    const own = sectionProps(profile, uid).filter((value) => SERVICE_COLUMNS.includes(value.tag));
    return [...own, prop(PR_INSTANCE_KEY, fromHex(uid))];
  });
}

/** One row per provider of the profile. */
export function providerRows(profile: Profile): readonly Row[] {
  return allProviders(profile).map((uid) => providerRow(profile, uid));
}

/** The providers of one service, then its extra sections, which have PT_ERROR for a resource type. */
export function serviceProviderRows(profile: Profile, service: ProfileService): readonly Row[] {
  const extra = service.extra.map((uid): Row => {
    const own = sectionProps(profile, uid).filter((value) => propId(value.tag) !== propId(PR_RESOURCE_TYPE));
    const type = propError(PR_RESOURCE_TYPE, HRESULTS.MAPI_E_NOT_FOUND);
    return [...own, type, prop(PR_INSTANCE_KEY, uidBytes(uid)), prop(PR_PROVIDER_UID, uidBytes(uid))];
  });
  return [...service.providers.map((uid) => providerRow(profile, uid)), ...extra];
}

function providerRow(profile: Profile, uid: UidText): Row {
  const own = sectionProps(profile, uid).filter((value) => PROVIDER_COLUMNS.includes(value.tag));
  const computed: readonly PropValue[] = [
    prop(PR_INSTANCE_KEY, uidBytes(uid)),
    prop(PR_PROVIDER_UID, uidBytes(uid)),
    prop(PR_PROVIDER_ORDINAL, ordinal(profile, uid)),
  ];
  return [...own.filter((value) => propById(computed, propId(value.tag)) === undefined), ...computed];
}

/** Position among the providers of its type; for transports that is the transport order. */
function ordinal(profile: Profile, uid: UidText): number {
  const type = sectionValue(profile, uid, PR_RESOURCE_TYPE);
  return type === undefined ? 0 : providersOfType(profile, type).indexOf(uid);
}
