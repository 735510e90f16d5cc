/** The `key=value` settings of a message service, as they are written, read from standard input, or asked for. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type CatalogueService, isSecureId, MapiError, optionTag, PR_PST_PATH, propId } from 'nodemapi';
import { UsageError } from './command.ts';
import type { Context } from './context.ts';
import { readAllText } from './input.ts';

export type Settings = Readonly<Record<string, string>>;

/** Splits `key=value`. A bare key asks for the value; `key=-` asks too, or reads standard input if nobody can be asked. */
export async function readValues(
  context: Context,
  service: CatalogueService,
  texts: readonly string[],
): Promise<Settings> {
  const values: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    const key = at < 0 ? text : text.slice(0, at);
    if (key === '') throw new UsageError(`"${text}" must be written key=value`);
    if (Object.hasOwn(values, key)) throw new UsageError(`the setting ${key} is given twice`);
    if (at < 0) values[key] = await asked(context, service, key);
    else {
      const value = text.slice(at + 1);
      if (value !== '-') values[key] = value;
      else if (context.ui === null) values[key] = (await readAllText(context.io.input)).replace(/\r?\n$/u, '');
      else values[key] = await asked(context, service, key);
    }
  }
  return values;
}

/**
 * The settings with the path of a .pst file as it is meant where it is written: from the current directory, as that of any other
 * file that somebody has. What the product makes itself lies in the MAPI home.
 *
 * @throws MAPI_E_NOT_FOUND if there is no such file
 */
export async function withFilesFromHere(
  context: Context,
  service: CatalogueService,
  values: Settings,
): Promise<Settings> {
  const all: Record<string, string> = { ...values };
  for (const [key, value] of Object.entries(values)) {
    const option = Object.hasOwn(service.options, key) ? service.options[key] : undefined;
    if (option === undefined || optionTag(option.tag) !== PR_PST_PATH) continue; // unknown ones are told where all are read
    const path = resolve(context.io.cwd, value);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) throw new MapiError('MAPI_E_NOT_FOUND', `there is no file ${path}`);
    all[key] = path;
  }
  return all;
}

/** `key=` with nothing after it takes a setting away. */
export function isRemoval(text: string): boolean {
  return /^[^=]+=$/u.test(text);
}

/** The keys that are to be removed. @throws MAPI_E_INVALID_PARAMETER for unknown ones; UsageError for what is needed */
export function removedKeys(name: string, service: CatalogueService, texts: readonly string[]): readonly string[] {
  const keys = texts.filter(isRemoval).map((text) => text.slice(0, -1));
  for (const key of keys) {
    if (optionOf(service, key).required === true)
      throw new UsageError(`the service ${name} needs the setting ${key}: it can be changed, not removed`);
    if (texts.some((text) => text === key || (text.startsWith(`${key}=`) && !isRemoval(text))))
      throw new UsageError(`the setting ${key} is given twice`);
  }
  return keys;
}

/** @throws MAPI_E_INVALID_PARAMETER, naming the settings that there are */
function optionOf(service: CatalogueService, key: string): CatalogueService['options'][string] {
  const option = Object.hasOwn(service.options, key) ? service.options[key] : undefined;
  if (option !== undefined) return option;
  const keys = Object.keys(service.options).join(', ');
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `unknown setting "${key}"; there are: ${keys}`);
}

async function asked(context: Context, service: CatalogueService, key: string): Promise<string> {
  const option = optionOf(service, key);
  if (context.ui === null)
    throw new UsageError(`"${key}" must be written ${key}=VALUE, or ${key}=- to read it from standard input`);
  return context.ui.prompt(`${key}: ${option.description}`, { secret: isSecureId(propId(optionTag(option.tag))) });
}

/** Names of settings that the service needs and that are not among `values`. */
export function missingSettings(service: CatalogueService, values: Settings): readonly string[] {
  return Object.keys(service.options).filter(
    (key) => service.options[key]?.required === true && !Object.hasOwn(values, key),
  );
}

/** Asks for settings that must be there. @throws UsageError where nobody can be asked */
export async function withRequired(
  context: Context,
  name: string,
  service: CatalogueService,
  values: Settings,
): Promise<Settings> {
  const missing = missingSettings(service, values);
  if (missing.length > 0 && context.ui === null) {
    const settings = missing.map((key) => `${key}=…`).join(' ');
    throw new UsageError(`the service ${name} needs ${settings} (all settings: mapi service catalogue)`);
  }
  const all: Record<string, string> = { ...values };
  for (const key of missing) all[key] = await asked(context, service, key);
  return all;
}
