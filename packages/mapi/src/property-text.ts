/** Properties as text that tells them apart in any store. */
import type { IMAPIProp } from './mapi-prop.ts';
import { NAMED_ID_MIN, type PropTag, propId } from './prop-tag.ts';

/** Each tag as `0xIIIITTTT`, or, of a named property, as `{guid}:name` or `{guid}:0xID`; names are looked up in the object. */
export async function propertyTexts(
  object: Pick<IMAPIProp, 'getNamesFromIDs'>,
  tags: readonly PropTag[],
): Promise<readonly string[]> {
  const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
  const names = named.length === 0 ? [] : await object.getNamesFromIDs(named);
  return tags.map((tag) => {
    const name = names[named.indexOf(tag)];
    if (name === undefined) return `0x${tag.toString(16).padStart(8, '0')}`;
    return `{${name.guid}}:${name.name ?? `0x${name.id.toString(16).padStart(4, '0').toUpperCase()}`}`;
  });
}
