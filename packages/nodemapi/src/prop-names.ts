/** Names of property tags for people: `PR_SUBJECT`, `PidTagSubject`, `0x6601001F`, `{guid}:name`, `{guid}:0x8101`. */
import { MapiError } from '@nodemapi/base';
import {
  CANONICAL_TAGS,
  changePropType,
  type IMAPIProp,
  type MapiNameId,
  NAMED_ID_MIN,
  PROPERTY_TAGS,
  type PropTag,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';

/** First name of each tag; several names may share one. */
const NAMES: ReadonlyMap<number, string> = new Map(
  [...PROPERTY_TAGS].reverse().map(([name, tag]) => [tag as number, name]),
);

/** Canonical names in lower case. */
const CANONICAL: ReadonlyMap<string, number> = new Map(
  [...CANONICAL_TAGS].map(([name, tag]) => [name.toLowerCase(), tag]),
);

/** `0xIIIITTTT`, the form of a tag without a name. */
export function tagHex(tag: number): string {
  return `0x${(tag >>> 0).toString(16).padStart(8, '0').toUpperCase()}`;
}

/** The name of a named property: `{guid}:name` or `{guid}:0xID`. */
export function nameText(name: MapiNameId): string {
  return name.name === undefined
    ? `{${name.guid}}:0x${name.id.toString(16).padStart(4, '0').toUpperCase()}`
    : `{${name.guid}}:${name.name}`;
}

/** The name of a tag of the table; hex for any other. */
export function tagName(tag: PropTag): string {
  const known = NAMES.get(tag);
  if (known !== undefined) return known;
  if (propType(tag) === PT_STRING8) {
    const unicode = NAMES.get(changePropType(tag, PT_UNICODE));
    if (unicode !== undefined) return `${unicode}_A`;
  }
  return tagHex(tag);
}

/** Names of tags as `object` has them; identifiers from 0x8000 on are looked up in its store. */
export async function tagNames(object: IMAPIProp, tags: readonly PropTag[]): Promise<ReadonlyMap<PropTag, string>> {
  const result = new Map<PropTag, string>(tags.map((tag) => [tag, tagName(tag)]));
  const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
  if (named.length === 0) return result;
  const names = await object.getNamesFromIDs(named);
  // In an address book identifiers from 0x8000 on are fixed; on a message one without a name means nothing.
  const isOfMessage = object.iid === 'IMessage' || object.iid === 'IAttach';
  named.forEach((tag, index) => {
    const name = names[index];
    if (name !== undefined) result.set(tag, nameText(name));
    else if (isOfMessage) result.set(tag, tagHex(tag));
  });
  return result;
}

/**
 * The tag behind `PR_SUBJECT` (as headers of C have it, PR_SUBJECT_W and PR_SUBJECT_A, too: strings are Unicode here),
 * `PidTagSubject` or `0xIIIITTTT`, in any case of letters.
 *
 * @throws MAPI_E_INVALID_PARAMETER, with names that look alike
 */
export function parseTag(text: string): PropTag {
  const name = text.toUpperCase();
  const known =
    PROPERTY_TAGS.get(name) ?? PROPERTY_TAGS.get(name.replace(/_[AW]$/u, '')) ?? CANONICAL.get(text.toLowerCase());
  if (known !== undefined) return tagFromNumber(known);
  if (/^0x[0-9a-f]{8}$/iu.test(text)) return tagFromNumber(Number(text));
  const upper = name.replace(/^(?:PR_|PIDTAG)/u, '');
  const alike = [...PROPERTY_TAGS.keys()]
    .filter((name) => upper.length > 2 && (name.includes(upper) || upper.startsWith(name.slice('PR_'.length))))
    .sort((one, other) => Math.abs(one.length - name.length) - Math.abs(other.length - name.length))
    .slice(0, 5);
  const hint = alike.length === 0 ? 'write PR_NAME, PidTagName or 0xIIIITTTT' : `did you mean ${alike.join(', ')}?`;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `unknown property "${text}"; ${hint}`);
}
