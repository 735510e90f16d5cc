import { createHash } from 'node:crypto';
import { MapiError } from '@nodemapi/base';
import { type IMAPISupport, type MapiUid, MUID_PROFILE_INSTANCE, PR_PROVIDER_UID, PR_SEARCH_KEY } from '@nodemapi/mapi';
import { getProp } from './prop-access.ts';

const uidBytes = 16;

/**
 * Names the section of a provider among all sections of all profiles ever made; every process that logs on has the same.
 * A file that is made for the section is known by it: whoever comes to make it, too, finds that it is there.
 *
 * undefined where sections have no identity.
 */
export async function sectionUid(support: IMAPISupport): Promise<MapiUid | undefined> {
  const profile = await valueIn(support, MUID_PROFILE_INSTANCE, PR_SEARCH_KEY);
  const provider = await valueIn(support, null, PR_PROVIDER_UID);
  if (profile === undefined || provider === undefined) return undefined;
  const hash = createHash('sha256').update('nodemapi section').update(profile).update(provider).digest();
  return new Uint8Array(hash.subarray(0, uidBytes));
}

async function valueIn(
  support: IMAPISupport,
  section: MapiUid | null,
  tag: typeof PR_SEARCH_KEY | typeof PR_PROVIDER_UID,
): Promise<Uint8Array | undefined> {
  try {
    await using opened = await support.openProfileSection(section);
    return await getProp(opened, tag);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
    throw error;
  }
}
