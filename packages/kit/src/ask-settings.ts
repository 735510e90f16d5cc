/** What providers and services ask their user for. spec: verifying-service-provider-configuration */
import { MapiError, type PropTag, type PropValue, prop, propOf, type UserInterface } from '@nodemapi/mapi';

/** One value that is a line of text. */
export interface Setting {
  readonly tag: PropTag<string>;
  readonly question: string;
  /** Not echoed, and never offered as it is. */
  readonly secret?: boolean;
  /** Asked for only after the setting with this tag was given. */
  readonly after?: PropTag<string>;
}

/**
 * Asks for each setting, with its present value as the default; an empty answer leaves it out.
 *
 * @param current what the section has
 * @throws MAPI_E_USER_CANCEL if the user cancels and says that this was meant; otherwise the question is asked again
 */
export async function askSettings(
  ui: UserInterface,
  settings: readonly Setting[],
  current: readonly PropValue[],
): Promise<readonly PropValue[]> {
  const given: PropValue[] = [];
  for (const setting of settings) {
    if (setting.after !== undefined && propOf([...given, ...current], setting.after) === undefined) continue;
    const answer = await askOne(ui, setting, propOf(current, setting.tag));
    if (answer !== '') given.push(prop(setting.tag, answer));
  }
  return given;
}

async function askOne(ui: UserInterface, setting: Setting, present: string | undefined): Promise<string> {
  const isSecret = setting.secret === true;
  const options = { secret: isSecret, ...(isSecret || present === undefined ? {} : { default: present }) };
  for (;;) {
    try {
      return (await ui.prompt(setting.question, options)).trim();
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_USER_CANCEL') || (await isMeant(ui))) throw error;
    }
  }
}

/** Who cancels this question, too, means it. */
async function isMeant(ui: UserInterface): Promise<boolean> {
  try {
    return await ui.confirm('Leave it unconfigured?');
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_USER_CANCEL')) return true;
    throw error;
  }
}
