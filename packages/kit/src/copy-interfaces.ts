/** Interfaces that a copy leaves out: rgiidExclude. spec: imapiprop-copyto, imapisupport-docopyto */
import {
  INHERITED_INTERFACES,
  type InterfaceName,
  MapiError,
  PR_ATTACH_DATA_OBJ,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_MESSAGE_ATTACHMENTS,
  type PropTag,
  propId,
} from '@nodemapi/mapi';

/** The interface by which the parts behind a property are copied. */
const PART_INTERFACES: ReadonlyMap<number, InterfaceName> = new Map([
  [propId(PR_ATTACH_DATA_OBJ), 'IMessage'],
  [propId(PR_CONTAINER_CONTENTS), 'IMessage'],
  [propId(PR_CONTAINER_HIERARCHY), 'IMAPIFolder'],
  [propId(PR_FOLDER_ASSOCIATED_CONTENTS), 'IMessage'],
  [propId(PR_MESSAGE_ATTACHMENTS), 'IAttach'],
]);

/** Whether an interface is excluded, by itself or by one that it is derived from. */
export function isExcludedInterface(iid: InterfaceName, excluded: readonly string[]): boolean {
  return excluded.length > 0 && [iid, ...INHERITED_INTERFACES[iid]].some((name) => excluded.includes(name));
}

/** Whether the parts behind a property are of an excluded interface. */
export function isExcludedPart(tag: PropTag, excluded: readonly string[]): boolean {
  const iid = PART_INTERFACES.get(propId(tag));
  return iid !== undefined && isExcludedInterface(iid, excluded);
}

/**
 * Looks whether something is left to copy by: properties are copied by IMAPIProp.
 *
 * @throws MAPI_E_INTERFACE_NOT_SUPPORTED if that is excluded, or what it is derived from
 */
export function assertNotAllExcluded(excluded: readonly string[]): void {
  const whole = excluded.find((name) => name === 'IMAPIProp' || name === 'IUnknown');
  if (whole === undefined) return;
  throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `without ${whole} there is nothing to copy by`);
}
