import {
  MAPI_AB_PROVIDER,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_PATH,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  type PropValue,
  prop,
  STATUS_AVAILABLE,
  STATUS_SETTINGS_DIALOG,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';

/** PR_PROVIDER_DISPLAY */
export const PROVIDER_DISPLAY = 'nodemapi address book (SQLite)';

/** What the provider says about itself in the status table. spec: status-tables */
export function statusRow(displayName: string, path: string): readonly PropValue[] {
  return [
    prop(PR_DISPLAY_NAME, displayName),
    prop(PR_PROVIDER_DISPLAY, PROVIDER_DISPLAY),
    prop(PR_PROVIDER_DLL_NAME, '@nodemapi/ab-sql'),
    prop(PR_RESOURCE_TYPE, MAPI_AB_PROVIDER),
    prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE | STATUS_SETTINGS_DIALOG),
    prop(PR_RESOURCE_PATH, path),
    prop(PR_STATUS_CODE, STATUS_AVAILABLE),
    prop(PR_STATUS_STRING, 'Available'),
  ];
}
