/** Names of the storages and streams of a .msg file. [MS-OXMSG] 2.2, 2.4 */

/** The class of the root storage. */
export const MSG_CLSID = '00020d0b-0000-0000-c000-000000000046';
export const PROPERTY_STREAM = '__properties_version1.0';
export const NAMEID_STORAGE = '__nameid_version1.0';
export const RECIPIENT = '__recip_version1.0_#';
export const ATTACHMENT = '__attach_version1.0_#';

export const hex8 = (value: number): string => (value >>> 0).toString(16).toUpperCase().padStart(8, '0');

/** Stream or storage of a value. */
export const valueName = (tag: number): string => `${VALUE_PREFIX}${hex8(tag)}`;

/** Stream of one of several values. */
export const partName = (tag: number, index: number): string => `${valueName(tag)}-${hex8(index)}`;

const VALUE_PREFIX = '__substg1.0_';

/** The tag of a value's stream; undefined for any other name. */
export function tagOfName(name: string): number | undefined {
  if (name.length !== VALUE_PREFIX.length + 8) return undefined;
  if (!name.startsWith(VALUE_PREFIX) && !name.toLowerCase().startsWith(VALUE_PREFIX)) return undefined;
  const digits = name.slice(VALUE_PREFIX.length);
  return /^[0-9a-f]{8}$/iu.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

/** The number of a recipient or attachment; undefined for any other name. */
export function numberOfName(name: string, prefix: string): number | undefined {
  if (name.slice(0, prefix.length).toLowerCase() !== prefix) return undefined;
  const digits = name.slice(prefix.length);
  return /^[0-9a-f]{1,8}$/iu.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
