/** Interfaces that a copy leaves out: rgiidExclude. spec: imapiprop-copyto, imapisupport-docopyto */
import {
  PR_ATTACH_DATA_OBJ,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_MESSAGE_ATTACHMENTS,
  type PropTag,
  propId,
} from '@nodemapi/mapi';

/** What each interface is derived from, the nearest first; everything that can be copied is an IMAPIProp. */
const BASES: Readonly<Record<string, readonly string[]>> = {
  IAttach: ['IMAPIProp'],
  IMAPIFolder: ['IMAPIContainer', 'IMAPIProp'],
  IMessage: ['IMAPIProp'],
};

/** The interface by which the parts behind a property are copied. */
const PART_INTERFACES: ReadonlyMap<number, string> = new Map([
  [propId(PR_ATTACH_DATA_OBJ), 'IMessage'],
  [propId(PR_CONTAINER_CONTENTS), 'IMessage'],
  [propId(PR_CONTAINER_HIERARCHY), 'IMAPIFolder'],
  [propId(PR_FOLDER_ASSOCIATED_CONTENTS), 'IMessage'],
  [propId(PR_MESSAGE_ATTACHMENTS), 'IAttach'],
]);

/** Whether an interface is excluded, by itself or by one that it is derived from. */
export function isExcludedInterface(iid: string, excluded: readonly string[]): boolean {
  return excluded.length > 0 && [iid, ...(BASES[iid] ?? [])].some((name) => excluded.includes(name));
}

/** Whether the parts behind a property are of an excluded interface. */
export function isExcludedPart(tag: PropTag, excluded: readonly string[]): boolean {
  const iid = PART_INTERFACES.get(propId(tag));
  return iid !== undefined && isExcludedInterface(iid, excluded);
}
