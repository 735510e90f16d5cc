/** Names of properties that a mail has no place for. */
import { type IMAPIProp, type MapiNameId, NAMED_ID_MIN, type PropTag, propId } from '@nodemapi/mapi';
import type { TellOfMessage } from './diagnostic.ts';

/** Tells of properties, each once. @param of added to each name */
export async function tellProperties(
  object: IMAPIProp,
  tags: readonly PropTag[],
  tell: TellOfMessage,
  of = '',
): Promise<void> {
  const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
  const names = named.length === 0 ? [] : await object.getNamesFromIDs(named);
  for (const tag of tags) {
    const name = names[named.indexOf(tag)];
    const text = name === undefined ? `0x${tag.toString(16).padStart(8, '0')}` : nameText(name);
    tell('propertyLeftOut', `${text}${of}`);
  }
}

function nameText({ guid, id, name }: MapiNameId): string {
  return `{${guid}}:${name ?? `0x${id.toString(16).padStart(4, '0').toUpperCase()}`}`;
}
