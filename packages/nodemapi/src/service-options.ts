/** Configuration of a message service as `key=value` text, the way the command line takes it. */
import { fromHex, MapiError, toHex } from '@nodemapi/base';
import {
  baseType,
  type CatalogueService,
  isSecureId,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_BOOLEAN,
  PT_LONG,
  PT_UNICODE,
  prop,
  propId,
  tagFromNumber,
} from '@nodemapi/mapi';

/** The property tag behind an option. @throws MAPI_E_INVALID_PARAMETER if the catalogue's text is no tag */
export function optionTag(text: string): PropTag {
  if (!/^0x[0-9a-f]{8}$/iu.test(text)) throw new MapiError('MAPI_E_INVALID_PARAMETER', `"${text}" is no property tag`);
  return tagFromNumber(Number(text));
}

/**
 * Turns `key=value` pairs into properties for `configureMsgService`.
 *
 * @throws MAPI_E_INVALID_PARAMETER, naming the key, for an unknown key or a value of the wrong form
 */
export function serviceProps(
  service: CatalogueService,
  values: Readonly<Record<string, string>>,
): readonly PropValue[] {
  const keys = Object.keys(service.options);
  return Object.entries(values).map(([key, text]) => {
    const option = Object.hasOwn(service.options, key) ? service.options[key] : undefined;
    if (option === undefined) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `unknown option "${key}"; there are: ${keys.join(', ')}`);
    }
    const tag = optionTag(option.tag);
    return prop(tag, valueOfText(tag, key, text));
  });
}

/** The text of a configured value; a secret shows only that it is set. */
export function optionText(value: PropValue): string {
  if (isSecureId(propId(value.tag))) return '(set)';
  if (value.value instanceof Uint8Array) return toHex(value.value);
  return String(value.value);
}

function valueOfText(tag: PropTag, key: string, text: string): unknown {
  const wrong = (form: string): never => {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `option ${key}="${text}" must be ${form}`);
  };
  switch (baseType(tag)) {
    case PT_UNICODE:
      return text;
    case PT_LONG:
      return /^-?\d{1,9}$/u.test(text) ? Number(text) : wrong('a whole number');
    case PT_BOOLEAN:
      return text === 'true' || text === 'false' ? text === 'true' : wrong('true or false');
    case PT_BINARY:
      return fromHex(text);
    default:
      return wrong('set by a program: its type has no text form');
  }
}
