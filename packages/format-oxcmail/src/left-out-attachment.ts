/** What the part of an attachment does not say of its properties. */
import * as mapi from '@nodemapi/mapi';
import { type IMessage, isPropError, type PropTag, type PropValue, propById, propId } from '@nodemapi/mapi';
import type { AttachmentFacts } from './attachment-facts.ts';
import { isMadeUpName } from './attachment-name.ts';
import { asciiOf } from './attachment-tree.ts';
import { PR_ATTACH_DISPOSITION } from './attachment-writer.ts';
import type { TellOfMessage } from './diagnostic.ts';
import { tellProperties } from './told-properties.ts';

/** What stores compute, what the kind of the part says, and what follows from the name. */
const STAYS: ReadonlySet<number> = new Set(
  [
    mapi.PR_ATTACH_DATA_BIN,
    mapi.PR_ATTACH_DATA_OBJ,
    mapi.PR_ATTACH_EXTENSION,
    mapi.PR_ATTACH_FILENAME,
    mapi.PR_ATTACH_METHOD,
    mapi.PR_ATTACH_NUM,
    mapi.PR_ATTACH_SIZE,
    mapi.PR_CREATION_TIME,
    mapi.PR_LAST_MODIFICATION_TIME,
    mapi.PR_STORE_SUPPORT_MASK,
  ].map((tag) => propId(tag)),
);
const NO_POSITION = [-1, 0xffff_ffff];

/** Tells of what a reader of the mail does not get of an attachment. */
export async function tellAttachment(message: IMessage, facts: AttachmentFacts, tell: TellOfMessage): Promise<void> {
  await using attach = await message.openAttach(facts.attachNum);
  const tags = (await attach.getPropList()).filter((tag) => isOfAttachment(propId(tag)));
  if (tags.length === 0) return;
  const expected = expectedOf(facts);
  const small = tags.filter((tag) => propById(expected, propId(tag)) !== undefined || propId(tag) === POSITION);
  const { props } = small.length === 0 ? { props: [] } : await attach.getProps(small);
  const left = tags.filter((tag) => !isSame(tag, props, expected));
  await tellProperties(attach, left, tell);
}

const NAMES: ReadonlySet<number> = new Set(
  [mapi.PR_ATTACH_LONG_FILENAME, mapi.PR_DISPLAY_NAME].map((tag) => propId(tag)),
);
const POSITION = propId(mapi.PR_RENDERING_POSITION);

function isOfAttachment(id: number): boolean {
  if (STAYS.has(id)) return false;
  const tag = mapi.tagFromNumber(id * 0x1_0000);
  if (mapi.objectRange(tag) === 'store') return false;
  const range = mapi.propertyRange(tag);
  return range !== 'messageNontransmittable' && range !== 'providerNontransmittable';
}

/** What a reader makes of the part. */
function expectedOf(facts: AttachmentFacts): readonly PropValue[] {
  const { name, contentType, charset = '', contentId = '', contentLocation = '', inline, inlineText } = facts;
  return [
    mapi.prop(mapi.PR_ATTACH_LONG_FILENAME, name),
    mapi.prop(mapi.PR_DISPLAY_NAME, name),
    mapi.prop(mapi.PR_ATTACH_MIME_TAG, facts.kind === 'message' ? 'message/rfc822' : contentType),
    mapi.prop(mapi.PR_TEXT_ATTACHMENT_CHARSET, contentType.startsWith('text/') ? charset : ''),
    mapi.prop(mapi.PR_ATTACH_CONTENT_ID, asciiOf(contentId)),
    mapi.prop(mapi.PR_ATTACH_CONTENT_LOCATION, asciiOf(contentLocation)),
    mapi.prop(mapi.PR_ATTACHMENT_HIDDEN, inline),
    mapi.prop(mapi.PR_ATTACH_FLAGS, inline ? 4 : 0),
    mapi.prop(PR_ATTACH_DISPOSITION, inlineText ? 'inline' : ''),
  ];
}

function isSame(tag: PropTag, props: readonly PropValue[], expected: readonly PropValue[]): boolean {
  const id = propId(tag);
  const own = propById(props, id);
  if (own === undefined || isPropError(own)) return false;
  if (id === POSITION) return NO_POSITION.includes(Number(own.value));
  if (NAMES.has(id) && isMadeUpName(String(own.value))) return true; // a reader makes it up again
  return own.value === '' || own.value === propById(expected, id)?.value || isOfMessageName(id, expected);
}

/** A reader names an attached message by its subject. */
function isOfMessageName(id: number, expected: readonly PropValue[]): boolean {
  const isMessage = mapi.propOf(expected, mapi.PR_ATTACH_MIME_TAG) === 'message/rfc822';
  return isMessage && id === propId(mapi.PR_DISPLAY_NAME) && mapi.propOf(expected, mapi.PR_ATTACH_LONG_FILENAME) === '';
}
