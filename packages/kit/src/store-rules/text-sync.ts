/** What a save does to the bond between text and RTF. spec: pidtagrtfinsync-canonical-property */
import { PR_BODY, PR_RTF_COMPRESSED, PR_RTF_IN_SYNC, type PropTag } from '@nodemapi/mapi';

/** The value of a property; for one that is held elsewhere whatever names it, undefined if it is absent. */
export type ValueLookup = (tag: PropTag) => unknown;

/**
 * Whether PR_RTF_IN_SYNC has to go: the text was changed beyond its white space, and neither the RTF nor the mark
 * itself was touched, so nothing says any longer that they are alike.
 *
 * @param former as it was saved; undefined for a message that was never saved
 */
export function breaksTextSync(former: ValueLookup | undefined, now: ValueLookup): boolean {
  if (now(PR_RTF_IN_SYNC) === undefined || former === undefined) return false;
  const isSame = (tag: PropTag): boolean => Object.is(comparable(former(tag)), comparable(now(tag)));
  return !isSame(PR_BODY) && isSame(PR_RTF_COMPRESSED) && isSame(PR_RTF_IN_SYNC);
}

function comparable(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\s+/gu, '');
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
