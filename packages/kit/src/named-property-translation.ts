import { bytesEqual } from '@nodemapi/base';
import {
  type IMAPIProp,
  MapiError,
  type MapiNameId,
  NAMED_ID_MIN,
  PR_MAPPING_SIGNATURE,
  type PropTag,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { getProp } from './prop-access.ts';

/** The tag at the destination of a property of the source; undefined if the destination cannot name it. */
export type TagTranslation = (tag: PropTag) => PropTag | undefined;

/**
 * How the tags of `source` are called at `destination`: names stay, identifiers change.
 *
 * Equal PR_MAPPING_SIGNATUREs mean equal identifiers; otherwise the names are looked up, and created if need be.
 *
 * spec: transmitting-and-copying-named-properties
 */
export async function translateTags(
  source: IMAPIProp,
  destination: IMAPIProp,
  tags: readonly PropTag[],
): Promise<TagTranslation> {
  const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
  if (named.length === 0 || (await sameMapping(source, destination))) return (tag) => tag;
  const ids = await translatedIds(source, destination, named);
  return (tag) => {
    const id = propId(tag);
    if (id < NAMED_ID_MIN) return tag;
    const translated = ids.get(id);
    return translated === undefined ? undefined : tagFromNumber(translated * 0x1_0000 + propType(tag));
  };
}

async function sameMapping(source: IMAPIProp, destination: IMAPIProp): Promise<boolean> {
  const here = await getProp(source, PR_MAPPING_SIGNATURE);
  const there = await getProp(destination, PR_MAPPING_SIGNATURE);
  return here !== undefined && there !== undefined && bytesEqual(here, there);
}

async function translatedIds(
  source: IMAPIProp,
  destination: IMAPIProp,
  tags: readonly PropTag[],
): Promise<ReadonlyMap<number, number>> {
  const ids = new Map<number, number>();
  try {
    const names = await source.getNamesFromIDs(tags);
    const known = tags.flatMap((tag, index) => {
      const name = names[index];
      return name === undefined ? [] : [{ id: propId(tag), name }];
    });
    if (known.length === 0) return ids;
    const wanted: readonly MapiNameId[] = known.map(({ name }) => name);
    const found = await destination.getIDsFromNames(wanted, { create: true });
    for (const [index, { id }] of known.entries()) {
      const there = found[index];
      if (there !== undefined) ids.set(id, propId(there));
    }
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error; // one of the two has no named properties at all
  }
  return ids;
}
