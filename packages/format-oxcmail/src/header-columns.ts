/** What a list of waiting mail shows of a message of which only the header block was read. */
import { MimeHeaders } from '@nodemapi/format-mime';
import {
  MAPI_TO,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TO,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_MESSAGE_CLASS,
  PR_PRIORITY,
  PR_RECIPIENT_TYPE,
  PR_SENSITIVITY,
  type PropValue,
  prop,
  propById,
  propId,
  propOf,
} from '@nodemapi/mapi';
import { headerProps, headerRecipients } from './header-props.ts';

const DEFAULTS: readonly PropValue[] = [
  prop(PR_MESSAGE_CLASS, 'IPM.Note'),
  prop(PR_IMPORTANCE, 1),
  prop(PR_PRIORITY, 0),
  prop(PR_SENSITIVITY, 0),
];

/**
 * The properties that a header block tells, those of a new message where it says nothing. Whether there are attachments is
 * guessed by the type of the whole: `multipart/mixed` has some.
 *
 * @param block with or without its empty line; a cut one tells what is in it
 */
export function headerColumns(block: Uint8Array): readonly PropValue[] {
  const headers = new MimeHeaders(block);
  const told = headerProps(headers, {});
  const to = headerRecipients(headers)
    .filter((row) => propOf(row, PR_RECIPIENT_TYPE) === MAPI_TO)
    .map((row) => propOf(row, PR_DISPLAY_NAME) ?? '');
  return [
    ...DEFAULTS.filter(({ tag }) => propById(told, propId(tag)) === undefined),
    ...told,
    prop(PR_DISPLAY_TO, to.join('; ')),
    prop(PR_HASATTACH, /^\s*multipart\/mixed\b/iu.test(headers.get('Content-Type') ?? '')),
  ];
}
