/**
 * Headers that no property holds and that a message keeps when it is written again.
 *
 * Of PR_TRANSPORT_MESSAGE_HEADERS only what the author or a list said of the message is written: `List-*`, `X-*`, and the
 * names below. What travel adds (Received, Return-Path, DKIM-Signature, Authentication-Results, ARC-*, Resent-*,
 * Delivered-To) was true of one journey only, and what tells of blind recipients or of a filter's judgement must not go
 * on; both stay in the property and are not written, unless the message is written to be filed (`journeyHeaders`).
 */
import { foldedHeader, type HeaderField, type MimeHeaders, textHeader } from '@nodemapi/format-mime';

/** Kept headers beyond this size, in characters, are not written. */
export const KEPT_HEADER_CHARS_MAX = 65_536;

const KEPT: ReadonlySet<string> = new Set([
  'accept-language',
  'archived-at',
  'auto-submitted',
  'comments',
  'content-language',
  'feedback-id',
  'followup-to',
  'in-reply-to',
  'keywords',
  'mail-followup-to',
  'newsgroups',
  'organization',
  'precedence',
  'references',
  'supersedes',
  'user-agent',
]);
/** Written from properties, or none of the next reader's business. */
const LEFT_OUT =
  /^x-(?:unsent|priority|msmail-priority|bcc|envelope|original-to|delivered|rcpt|receiver|recipient|forwarded|apparently-to|spam|virus|ms-exchange|ms-has-attach|ms-tnef|forefront|microsoft-antispam|google-smtp|gm-message-state|received|originating|account|uidl|mozilla|evolution|authentication)/;

/** Header lines to write again, in their order, except those named in `written` (lower case). */
export function keptHeaders(headers: MimeHeaders, written: ReadonlySet<string>): readonly string[] {
  return headers.fields
    .filter(({ name, value }) => isKept(name.toLowerCase(), written) && value.length <= KEPT_HEADER_CHARS_MAX)
    .map(line);
}

/** What a journey added; each was true of what travelled then, so only a message that is filed as a file has them. */
const JOURNEY =
  /^(?:received|return-path|delivered-to|envelope-to|authentication-results|received-spf|dkim-signature|domainkey-signature|arc-[a-z-]+|resent-[a-z-]+|x-(?!unsent$|priority$|msmail-priority$|bcc|ms-has-attach$|ms-tnef-).+)$/;

/** Header lines of the journey to write again, in their order and without the blind recipients of who sent it on. */
export function journeyHeaders(headers: MimeHeaders): readonly string[] {
  return headers.fields
    .filter(({ name, value }) => isJourney(name.toLowerCase()) && value.length <= KEPT_HEADER_CHARS_MAX)
    .map(line);
}

function isJourney(name: string): boolean {
  return JOURNEY.test(name) && name !== 'resent-bcc' && !isKept(name, NONE);
}

const NONE: ReadonlySet<string> = new Set();

function line({ name, value }: HeaderField): string {
  return /^[\x20-\x7e\t]*$/.test(value) ? foldedHeader(name, value) : textHeader(name, value);
}

function isKept(name: string, written: ReadonlySet<string>): boolean {
  if (written.has(name)) return false;
  return KEPT.has(name) || name.startsWith('list-') || (name.startsWith('x-') && !LEFT_OUT.test(name));
}
