/** Properties of the profile section of the maildrop transport, in the range that belongs to providers. */
import type { DisplayField, Setting } from '@nodemapi/kit';
import { PT_BOOLEAN, PT_UNICODE, tag } from '@nodemapi/mapi';

/** The maildir or the mbox file; below the MAPI home if it is relative. Required. */
export const PR_MAILDROP_PATH = tag(0x6601, PT_UNICODE);
/** What becomes of a message at its source when it has been received: `keep` or `delete`; `keep` if it is absent. */
export const PR_MAILDROP_AFTER = tag(0x6602, PT_UNICODE);
/** The address that the mail is for; nothing is said of the receiver if it is absent. */
export const PR_MAILDROP_ADDRESS = tag(0x6603, PT_UNICODE);
/** Display name of the receiver; the address if it is absent. */
export const PR_MAILDROP_NAME = tag(0x6604, PT_UNICODE);
/** `maildir` or `mbox`; the catalogue sets it. `maildir` if it is absent. */
export const PR_MAILDROP_FORMAT = tag(0x6605, PT_UNICODE);
/** Headers first: nothing is taken but what a user has marked for it. FALSE if it is absent. */
export const PR_MAILDROP_REMOTE = tag(0x6606, PT_BOOLEAN);

/** Everything that the transport reads from its section. */
export const MAILDROP_SECTION_TAGS = [
  PR_MAILDROP_PATH,
  PR_MAILDROP_AFTER,
  PR_MAILDROP_ADDRESS,
  PR_MAILDROP_NAME,
  PR_MAILDROP_FORMAT,
  PR_MAILDROP_REMOTE,
] as const;

/** The settings as the dialog shows them. */
export const MAILDROP_SETTINGS: readonly DisplayField[] = [
  { label: 'Folder or file', tag: PR_MAILDROP_PATH, readOnly: true },
  { label: 'After receiving (keep or delete)', tag: PR_MAILDROP_AFTER },
  { label: 'Address', tag: PR_MAILDROP_ADDRESS },
  { label: 'Name', tag: PR_MAILDROP_NAME },
  { label: 'Show headers first', tag: PR_MAILDROP_REMOTE },
];

/** What a user is asked for. */
export const MAILDROP_QUESTIONS: readonly Setting[] = [
  { tag: PR_MAILDROP_PATH, question: 'Folder (maildir) or file (mbox) that mail is put into' },
];
