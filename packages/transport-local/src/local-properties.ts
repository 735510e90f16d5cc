/** Properties of the profile section of the local transport, in the range that belongs to providers. */
import type { DisplayField, Setting } from '@nodemapi/kit';
import { PT_MV_UNICODE, PT_UNICODE, tag } from '@nodemapi/mapi';

/** The addresses of this profile; the first one is its identity. Required, unless the list below is there. */
export const PR_LOCAL_ADDRESSES = tag(0x6601, PT_MV_UNICODE);
/** The same as one text, separated by semicolons. */
export const PR_LOCAL_ADDRESS_LIST = tag(0x6601, PT_UNICODE);
/** Display name of the identity; its address if it is absent. */
export const PR_LOCAL_NAME = tag(0x6602, PT_UNICODE);

/** Everything that the transport reads from its section. */
export const LOCAL_SECTION_TAGS = [PR_LOCAL_ADDRESSES, PR_LOCAL_ADDRESS_LIST, PR_LOCAL_NAME] as const;

/** The settings as the dialog shows them. */
export const LOCAL_SETTINGS: readonly DisplayField[] = [
  { label: 'Name', tag: PR_LOCAL_NAME },
  { label: 'Addresses', tag: PR_LOCAL_ADDRESS_LIST, readOnly: true },
];

/** What a user is asked for. */
export const LOCAL_QUESTIONS: readonly Setting[] = [
  { tag: PR_LOCAL_ADDRESS_LIST, question: 'Addresses that are delivered to this profile, separated by ";"' },
  { tag: PR_LOCAL_NAME, question: 'Your name' },
];
