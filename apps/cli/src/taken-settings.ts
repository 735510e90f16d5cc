/** Takes settings out of the profile sections of a service, so that they can be put back if the rest is refused. */
import { fromHex, type IMsgServiceAdmin, isPropError, type MapiUid, type PropTag, type PropValue } from 'nodemapi';

/** What was in one section. */
interface Taken {
  readonly uid: MapiUid;
  readonly values: readonly PropValue[];
}

/** Deletes the properties, secrets too; answers what was there. */
export async function takeSettings(
  admin: IMsgServiceAdmin,
  service: { readonly providers: readonly { readonly uid: string }[] },
  tags: readonly PropTag[],
): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  if (tags.length === 0) return taken;
  for (const { uid } of service.providers) {
    await using section = await admin.openProfileSection(fromHex(uid), { modify: true, forceAccess: true });
    const { props } = await section.getProps(tags);
    const values = props.filter((value) => !isPropError(value));
    if (values.length === 0) continue;
    await section.deleteProps(values.map(({ tag }) => tag));
    taken.push({ uid: fromHex(uid), values });
  }
  return taken;
}

/** Puts back what was taken. */
export async function giveBack(admin: IMsgServiceAdmin, taken: readonly Taken[]): Promise<void> {
  for (const { uid, values } of taken) {
    await using section = await admin.openProfileSection(uid, { modify: true, forceAccess: true });
    await section.setProps(values);
  }
}
