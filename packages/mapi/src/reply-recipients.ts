/**
 * Whom answers to a message go to: PR_REPLY_RECIPIENT_ENTRIES and PR_REPLY_RECIPIENT_NAMES, which name the same people in
 * the same order. spec: pidtagreplyrecipiententries-canonical-property, pidtagreplyrecipientnames-canonical-property
 */
import { MapiError } from '@nodemapi/base';
import type { EntryId } from './entry-id.ts';
import { decodeFlatEntryList, encodeFlatEntryList } from './flat-entry-list.ts';
import { decodeOneOff } from './one-off.ts';
import { type PropValue, prop, propOf } from './prop-value.ts';
import { PR_REPLY_RECIPIENT_ENTRIES, PR_REPLY_RECIPIENT_NAMES } from './property-tags.generated.ts';

/** Somebody whom answers go to. */
export interface ReplyRecipient {
  readonly name: string;
  readonly entryId: EntryId;
}

const SEPARATOR = '; ';

/** Both properties, or neither for nobody. A semicolon in a name, which would make two of it, becomes a comma. */
export function replyRecipientProps(recipients: readonly ReplyRecipient[]): readonly PropValue[] {
  if (recipients.length === 0) return [];
  const names = recipients.map(({ name }) => name.replaceAll(';', ','));
  return [
    prop(PR_REPLY_RECIPIENT_ENTRIES, encodeFlatEntryList(recipients.map(({ entryId }) => entryId))),
    prop(PR_REPLY_RECIPIENT_NAMES, names.join(SEPARATOR)),
  ];
}

/** Whom the two properties name. Where there are not as many names as identifiers these say what they know themselves. */
export function replyRecipientsOf(props: readonly PropValue[]): readonly ReplyRecipient[] {
  const entryIds = decodeFlatEntryList(propOf(props, PR_REPLY_RECIPIENT_ENTRIES) ?? new Uint8Array(8));
  const names = (propOf(props, PR_REPLY_RECIPIENT_NAMES) ?? '').split(';').map((name) => name.trim());
  return entryIds.map((entryId, index) => {
    const name = names.length === entryIds.length ? names[index] : undefined;
    return { entryId, name: name ?? oneOffName(entryId) };
  });
}

function oneOffName(entryId: EntryId): string {
  try {
    return decodeOneOff(entryId)?.displayName ?? '';
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_INVALID_ENTRYID')) return '';
    throw error;
  }
}
