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
  return hexFrom(name, VALUE_PREFIX.length);
}

/** The number of a recipient or attachment; undefined for any other name. */
export function numberOfName(name: string, prefix: string): number | undefined {
  if (!name.startsWith(prefix) && !name.toLowerCase().startsWith(prefix)) return undefined;
  return hexFrom(name, prefix.length);
}

/** The one to eight hexadecimal digits from `at` to the end of a name; undefined for anything else. */
function hexFrom(name: string, at: number): number | undefined {
  const digits = name.length - at;
  if (digits < 1 || digits > 8) return undefined;
  let number = 0;
  for (let index = at; index < name.length; index++) {
    const digit = hexDigit(name.charCodeAt(index));
    if (digit === undefined) return undefined;
    number = number * 16 + digit;
  }
  return number;
}

function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}
