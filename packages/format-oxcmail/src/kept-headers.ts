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

/** What properties say or say no more, what is about the form of a mail, and who is to know nothing of each other. */
const NOT_FILED =
  /^(?:from|sender|to|cc|bcc|reply-to|subject|date|message-id|thread-topic|thread-index|importance|priority|sensitivity|disposition-notification-to|return-receipt-to|expires|expiry-date|reply-by|mime-version|content-.*|resent-bcc|x-unsent|x-priority|x-msmail-priority|x-bcc.*|x-ms-has-attach|x-ms-tnef-.*)$/;

/**
 * Header lines to write in front of a message that is filed, in their order: what its journey added, and whatever else no
 * property says; each was true of what travelled then. Blind recipients stay out, those of who sent it on too.
 */
export function journeyHeaders(headers: MimeHeaders): readonly string[] {
  return headers.fields
    .filter(({ name, value }) => isJourney(name.toLowerCase()) && value.length <= KEPT_HEADER_CHARS_MAX)
    .map(line);
}

/** The names of headers that a message keeps and its `lines` do not have, each once; what properties say is not among them. */
export function unwrittenHeaders(headers: MimeHeaders, lines: readonly string[]): readonly string[] {
  const written = new Set(lines.map((text) => text.slice(0, text.indexOf(':')).toLowerCase()));
  const own = headers.fields.filter(({ name, value }) => {
    const lower = name.toLowerCase();
    const isThere = written.has(lower) && value.length <= KEPT_HEADER_CHARS_MAX;
    return !isThere && lower !== 'bcc' && (lower.includes('bcc') || !NOT_FILED.test(lower));
  });
  return [...new Set(own.map(({ name }) => name))];
}

function isJourney(name: string): boolean {
  return !NOT_FILED.test(name) && !isKept(name, NONE);
}

const NONE: ReadonlySet<string> = new Set();

function line({ name, value }: HeaderField): string {
  return /^[\x20-\x7e\t]*$/.test(value) ? foldedHeader(name, value) : textHeader(name, value);
}

function isKept(name: string, written: ReadonlySet<string>): boolean {
  if (written.has(name)) return false;
  return KEPT.has(name) || name.startsWith('list-') || (name.startsWith('x-') && !LEFT_OUT.test(name));
}
