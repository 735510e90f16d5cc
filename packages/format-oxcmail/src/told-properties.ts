/** Names of properties that a mail has no place for. */
import { type IMAPIProp, type PropTag, propertyTexts } from '@nodemapi/mapi';
import type { TellOfMessage } from './diagnostic.ts';

/** Tells of properties, each once. @param of added to each name */
export async function tellProperties(
  object: IMAPIProp,
  tags: readonly PropTag[],
  tell: TellOfMessage,
  of = '',
): Promise<void> {
  for (const text of await propertyTexts(object, tags)) tell('propertyLeftOut', `${text}${of}`);
}
