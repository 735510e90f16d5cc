/** Which store is the default one. spec: imapisession-setdefaultstore */
import { MapiError } from '@nodemapi/base';
import {
  type DefaultStoreMode,
  PR_RESOURCE_FLAGS,
  prop,
  STATUS_DEFAULT_STORE,
  STATUS_NO_DEFAULT_STORE,
  STATUS_PRIMARY_STORE,
  STATUS_SECONDARY_STORE,
  STATUS_SIMPLE_STORE,
  STORE_CREATE_OK,
  STORE_MODIFY_OK,
  STORE_SUBMIT_OK,
} from '@nodemapi/mapi';
import { type Profile, sectionValue, setSectionValue, type UidText } from './profile.ts';
import type { SessionCore } from './session-core.ts';
import { listedStores, storeFlags } from './store-table.ts';

const NEEDED = STORE_SUBMIT_OK | STORE_CREATE_OK | STORE_MODIFY_OK;
const FLAGS: Readonly<Record<DefaultStoreMode, number>> = {
  default: STATUS_DEFAULT_STORE,
  simpleTemporary: STATUS_SIMPLE_STORE,
  simplePermanent: STATUS_SIMPLE_STORE,
  primary: STATUS_PRIMARY_STORE,
  secondary: STATUS_SECONDARY_STORE,
};

/**
 * Gives a store a role, in the profile and in the tables; no store has it with null.
 *
 * @param supportMask PR_STORE_SUPPORT_MASK of the candidate
 * @throws MAPI_E_NO_SUPPORT if the store cannot be it
 */
export async function setDefaultStore(
  core: SessionCore,
  mode: DefaultStoreMode,
  uid: UidText | null,
  supportMask: number,
): Promise<void> {
  const flag = FLAGS[mode];
  if (flag === undefined)
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${String(mode)} is no mode of a default store`);
  const profile = await core.profile();
  if (uid !== null) checkCandidate(profile, uid, supportMask);
  if (uid === null && mode === 'default') core.defaults.default = null;
  else if (mode === 'simpleTemporary') markInSession(core, uid, flag);
  else {
    if (mode === 'default') core.defaults.default = undefined;
    await core.environment.admin.profiles.update(profile.name, (edited) => markInProfile(edited, uid, flag));
  }
  await core.refreshStores();
  await refreshStatus(core);
}

function checkCandidate(profile: Profile, uid: UidText, supportMask: number): void {
  const flags = sectionValue(profile, uid, PR_RESOURCE_FLAGS) ?? 0;
  if ((flags & STATUS_NO_DEFAULT_STORE) === 0 && (supportMask & NEEDED) === NEEDED) return;
  throw new MapiError('MAPI_E_NO_SUPPORT', 'the store cannot be a default store: it takes no new or outgoing messages');
}

/** One store at most has the flag. */
function markInProfile(profile: Profile, uid: UidText | null, flag: number): void {
  for (const store of listedStores(profile)) {
    const flags = (sectionValue(profile, store, PR_RESOURCE_FLAGS) ?? 0) & ~flag;
    setSectionValue(profile, store, PR_RESOURCE_FLAGS, store === uid ? flags | flag : flags);
  }
}

function markInSession(core: SessionCore, uid: UidText | null, flag: number): void {
  core.defaults.extraFlags.clear();
  if (uid !== null) core.defaults.extraFlags.set(uid, flag);
}

async function refreshStatus(core: SessionCore): Promise<void> {
  const profile = await core.profile();
  for (const uid of listedStores(profile)) {
    await core.status.update(uid, [prop(PR_RESOURCE_FLAGS, storeFlags(profile, uid, core.defaults))]);
  }
}
