/** PR_DISPLAY_TO, PR_DISPLAY_CC and PR_DISPLAY_BCC of a recipient list. spec: pidtagdisplayto-canonical-property */
import {
  type AdrList,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_RECIPIENT_TYPE,
  propOf,
  recipientKind,
} from '@nodemapi/mapi';

export interface DisplayNames {
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
}

/** Names by recipient type, joined by `; `; empty where there is no recipient of the type. */
export function displayNames(recipients: AdrList): DisplayNames {
  return {
    to: namesOf(recipients, MAPI_TO),
    cc: namesOf(recipients, MAPI_CC),
    bcc: namesOf(recipients, MAPI_BCC),
  };
}

function namesOf(recipients: AdrList, kind: number): string {
  return recipients
    .filter((row) => recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO) === kind)
    .map((row) => propOf(row, PR_DISPLAY_NAME) ?? propOf(row, PR_EMAIL_ADDRESS) ?? '')
    .join('; ');
}
