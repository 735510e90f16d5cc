import { MapiError } from '@nodemapi/base';
import type { IABLogon, IMAPISupport, IMSLogon, IMsgStore, IXPLogon } from '@nodemapi/mapi';
import {
  MAPI_AB_PROVIDER,
  MAPI_HOOK_PROVIDER,
  MAPI_STORE_PROVIDER,
  MAPI_TRANSPORT_PROVIDER,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_TYPE,
} from '@nodemapi/mapi';
import { type Profile, sectionName, sectionValue, serviceOfProvider, type UidText } from './profile.ts';

export type ProviderKind = 'transport' | 'addressBook' | 'store' | 'hook';

/** A provider as the profile names it. */
export interface ProviderRef {
  readonly kind: ProviderKind;
  /** PR_PROVIDER_UID: its section. */
  readonly uid: UidText;
  /** The service it belongs to; none for a store that was opened by its identifier alone. */
  readonly service: UidText | undefined;
  /** PR_PROVIDER_DLL_NAME */
  readonly module: string;
  readonly displayName: string;
}

/** One logon of a provider, from before its logon call until after its logoff. */
export interface ProviderSlot {
  readonly ref: ProviderRef;
  /** The member that opened it; undefined for what all members of the session share. */
  readonly owner: object | undefined;
  readonly support: IMAPISupport & { readonly released: boolean };
  /** Several slots have the same one where a provider answered a store that was open already. */
  logon: IABLogon | IMSLogon | IXPLogon | undefined;
  /** The store that belongs to the logon. */
  store?: IMsgStore;
  /** The session has given its reference to the support object up; the provider has the only ones. */
  supportLeft?: boolean;
  /** Its logoff has begun. */
  closing: boolean;
}

/**
 * Gives up MAPI's own reference to the support object of a logon that worked: it is the provider's now.
 *
 * @throws MAPI_E_CALL_FAILED if the provider has not kept it: such a provider is dropped
 */
export async function leaveSupport(slot: ProviderSlot): Promise<void> {
  const { ref, support } = slot;
  slot.supportLeft = true;
  await support.release();
  if (!support.released) return;
  throw new MapiError('MAPI_E_CALL_FAILED', `${ref.displayName} did not keep its support object at its logon`, {
    component: ref.displayName,
  });
}

/** PR_RESOURCE_TYPE of each kind. */
export const RESOURCE_TYPE_OF: Readonly<Record<ProviderKind, number>> = {
  transport: MAPI_TRANSPORT_PROVIDER,
  addressBook: MAPI_AB_PROVIDER,
  store: MAPI_STORE_PROVIDER,
  hook: MAPI_HOOK_PROVIDER,
};

/** The provider behind a section; undefined if the section is no provider's. */
export function providerRef(profile: Profile, uid: UidText): ProviderRef | undefined {
  const type = sectionValue(profile, uid, PR_RESOURCE_TYPE);
  const module = sectionValue(profile, uid, PR_PROVIDER_DLL_NAME);
  const kind = (['transport', 'addressBook', 'store', 'hook'] as const).find((one) => RESOURCE_TYPE_OF[one] === type);
  if (kind === undefined || module === undefined) return undefined;
  return { kind, uid, service: serviceOfProvider(profile, uid)?.uid, module, displayName: sectionName(profile, uid) };
}
