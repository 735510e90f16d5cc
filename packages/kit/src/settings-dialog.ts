/** IMAPIStatus::SettingsDialog of providers: the settings in their profile section. spec: imapistatus-settingsdialog */
import { type IMAPISupport, isPropError, type PropValue, propId, type UserInterface } from '@nodemapi/mapi';
import { buildDisplayTable, type DisplayField } from './display-table.ts';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';
import { storeSectionValues } from './service-section.ts';

export interface SettingsOptions {
  /** UI_READONLY: nothing can be changed. */
  readonly readOnly?: boolean;
  readonly title?: string;
  /** Throws for settings that cannot be used together. */
  readonly check?: (values: readonly PropValue[]) => unknown;
}

/** What the user changes before it is checked. */
class SettingsDraft extends PropObject {
  readonly iid = 'IProfSect';
}

/**
 * Shows the fields by the standard property sheet, and stores them when they have been checked as a whole.
 *
 * @returns whether anything was stored
 * @throws MAPI_E_NO_SUPPORT without a user interface; MAPI_E_USER_CANCEL; what `check` throws, and then nothing is stored
 */
export async function showSettings(
  support: IMAPISupport,
  fields: readonly DisplayField[],
  ui: UserInterface | undefined,
  options: SettingsOptions = {},
): Promise<boolean> {
  const readOnly = options.readOnly === true;
  const shown = readOnly ? fields.map((field) => ({ ...field, readOnly })) : fields;
  await using section = await support.openProfileSection(null, readOnly ? {} : { modify: true });
  const tags = fields.map(({ tag }) => tag);
  const before = (await section.getProps(tags)).props.filter((value) => !isPropError(value));
  await using draft = new SettingsDraft(new PropBag(before));
  await using display = await buildDisplayTable([{ label: '', fields: shown }]);
  await support.doConfigPropsheet(display, draft, ui, { title: options.title ?? 'Settings' });
  const after = (await draft.getProps(tags)).props.filter((value) => !isPropError(value));
  const kept = new Set(after.map(({ tag }) => propId(tag)));
  const gone = before.filter(({ tag }) => !kept.has(propId(tag))).map(({ tag }) => tag);
  const changed = after.filter(({ tag, value }) => before.find((one) => one.tag === tag)?.value !== value);
  if (changed.length + gone.length === 0) return false;
  options.check?.(after);
  if (gone.length > 0) await section.deleteProps(gone);
  if (changed.length > 0) await storeSectionValues(section, changed);
  await section.saveChanges();
  return true;
}
