/** The standard folders of the stores that clients open. spec: validating-and-initializing-a-message-store */
import { withDeadline } from '@nodemapi/base';
import { hrValidateIPMSubtree } from '@nodemapi/kit';
import { type IMsgStore, PR_RESOURCE_FLAGS, STATUS_NEED_IPM_TREE } from '@nodemapi/mapi';
import { sectionValue, setSectionValue, type UidText } from './profile.ts';
import type { SessionCore } from './session-core.ts';
import { defaultStoreOf } from './store-table.ts';

/**
 * Makes the standard folders of a store that has not been looked at yet: all of them in the default store.
 *
 * A store that takes no folders is open all the same, and is looked at again the next time.
 *
 * @param store open for writing
 */
export async function ensureIPMTree(core: SessionCore, uid: UidText, store: IMsgStore): Promise<void> {
  try {
    await validate(core, uid, store);
    await markTree(core, uid, false);
  } catch (error) {
    core.environment.log.warn('the standard folders of a store cannot be made', { store: uid, error });
  }
}

/** A default store needs more folders than the others: whoever becomes it is looked at again. */
export async function renewIPMTree(core: SessionCore, uid: UidText, store: IMsgStore): Promise<void> {
  await markTree(core, uid, true);
  await ensureIPMTree(core, uid, store);
}

async function validate(core: SessionCore, uid: UidText, store: IMsgStore): Promise<void> {
  const isDefault = defaultStoreOf(await core.profile(), core.defaults) === uid;
  const { clock, providerLogonTimeoutMs } = core.environment;
  const making = hrValidateIPMSubtree(store, { fullTree: isDefault });
  await withDeadline(making, providerLogonTimeoutMs, clock, 'the making of the standard folders');
}

async function markTree(core: SessionCore, uid: UidText, isNeeded: boolean): Promise<void> {
  await core.environment.admin.profiles.update(core.profileName, (edited) => {
    if (!edited.sections.has(uid)) return;
    const flags = (sectionValue(edited, uid, PR_RESOURCE_FLAGS) ?? 0) & ~STATUS_NEED_IPM_TREE;
    setSectionValue(edited, uid, PR_RESOURCE_FLAGS, isNeeded ? flags | STATUS_NEED_IPM_TREE : flags);
  });
}
