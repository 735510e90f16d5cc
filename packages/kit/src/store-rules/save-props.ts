/** What every save of a message computes from its properties and recipients. spec: saving-a-message */
import {
  type AdrList,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_MESSAGE_CLASS,
  PR_NORMALIZED_SUBJECT,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropTag,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { displayNames } from './display-names.ts';
import { DEFAULT_MESSAGE_CLASS } from './message-class.ts';
import { splitSubject } from './subject.ts';

export interface SaveProps {
  readonly set: readonly PropValue[];
  readonly remove: readonly PropTag[];
}

/**
 * PR_DISPLAY_TO, _CC and _BCC, the parts of the subject, and the class of a message that has none.
 *
 * A subject without a prefix leaves no PR_SUBJECT_PREFIX behind, so that the next save computes it again.
 *
 * @param get reads a property as it is about to be saved
 */
export function propsOfSave(get: <T>(tag: PropTag<T>) => T | undefined, recipients: AdrList): SaveProps {
  const names = displayNames(recipients);
  const set: PropValue[] = [
    prop(PR_DISPLAY_TO, names.to),
    prop(PR_DISPLAY_CC, names.cc),
    prop(PR_DISPLAY_BCC, names.bcc),
  ];
  const remove: PropTag[] = [];
  if ((get(PR_MESSAGE_CLASS) ?? '') === '') set.push(prop(PR_MESSAGE_CLASS, DEFAULT_MESSAGE_CLASS));
  const subject = get(PR_SUBJECT);
  if (subject === undefined) return { set, remove: [PR_NORMALIZED_SUBJECT] };
  const explicit = get(PR_SUBJECT_PREFIX);
  const parts = splitSubject(subject, explicit);
  set.push(prop(PR_NORMALIZED_SUBJECT, parts.normalized));
  if (parts.prefix !== '' || explicit === '') set.push(prop(PR_SUBJECT_PREFIX, parts.prefix));
  else remove.push(PR_SUBJECT_PREFIX);
  return { set, remove };
}
