/**
 * Runs every `eml/*.eml` of a corpus through both directions and compares with mailparser.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so. The table of disagreements goes to the
 * test's output; each kind that is known carries its reason, any other fails.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  MAPI_BCC,
  MAPI_TO,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_MIME_TAG,
  PR_ATTACHMENT_HIDDEN,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_HTML,
  PR_IMPORTANCE,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_MESSAGE_ID,
  PR_INTERNET_REFERENCES,
  PR_MESSAGE_CLASS,
  PR_READ_RECEIPT_REQUESTED,
  PR_RECIPIENT_TYPE,
  PR_REPLY_RECIPIENT_NAMES,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENSITIVITY,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  PR_TRANSPORT_MESSAGE_HEADERS,
  type PropTag,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser';
import { describe, test } from 'vitest';
import { mapiToMime } from './mapi-to-mime.ts';
import { type AttachState, type MessageState, memoryMessage } from './memory-message.testing.ts';
import { mimeToMapi } from './mime-to-mapi.ts';

const folder = process.env.NODEMAPI_CORPUS ?? '';
const samples = folder === '' ? '' : join(folder, 'eml');

const KEPT_COLUMNS = [PR_RECIPIENT_TYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS];
const KEPT_PROPS = [
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENDER_EMAIL_ADDRESS,
  PR_REPLY_RECIPIENT_NAMES,
  PR_CLIENT_SUBMIT_TIME,
  PR_INTERNET_MESSAGE_ID,
  PR_INTERNET_REFERENCES,
  PR_IN_REPLY_TO_ID,
  PR_READ_RECEIPT_REQUESTED,
  PR_MESSAGE_CLASS,
];
const KEPT_ATTACH_PROPS = [PR_ATTACH_LONG_FILENAME, PR_ATTACH_MIME_TAG, PR_ATTACH_CONTENT_ID, PR_ATTACHMENT_HIDDEN];

interface Facts {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly text: boolean;
  /** Short hashes of by-value attachments, sorted. */
  readonly files: readonly string[];
}

describe.skipIf(existsSync(samples))('corpus', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(existsSync(samples))('corpus', () => {
  test('every message agrees with mailparser, and with itself after a round trip', { timeout: 600_000 }, async () => {
    const table: string[] = [];
    let files = 0;
    for (const name of readdirSync(samples).filter((entry) => entry.endsWith('.eml'))) {
      files += 1;
      table.push(...(await disagreements(name, new Uint8Array(readFileSync(join(samples, name))))));
    }
    process.stdout.write(`${files} messages, ${table.length} disagreements\n${table.join('\n')}\n`);
    const unknown = table.filter((line) => line.endsWith('?'));
    assert.deepEqual(unknown, []);
  });
});

async function disagreements(name: string, bytes: Uint8Array): Promise<readonly string[]> {
  const mail = await simpleParser(Buffer.from(bytes));
  const { message, state } = memoryMessage();
  await mimeToMapi(pieces(bytes), message);
  const ours = ownFacts(state);
  const parts: Uint8Array[] = [];
  for await (const piece of mapiToMime(message)) parts.push(piece);
  const written = Buffer.concat(parts);
  const again = memoryMessage();
  await mimeToMapi(pieces(written), again.message);
  const back = differences(ours, ownFacts(again.state));
  const [before, after] = [contentOf(state), contentOf(again.state)];
  if (before !== after) back.push({ kind: 'content', ...firstDifference(before, after) });
  const sent = await simpleParser(written);
  return [
    ...differences(oracleFacts(mail), ours).map((found) => line(name, 'read', found, reasonOf(found, state, mail))),
    ...differences(oracleFacts(sent), ours).map((found) => line(name, 'written', found, reasonOf(found, state, sent))),
    ...back.map((found) => line(name, 'round trip', found, roundTripReason(found, state, mail))),
  ];
}

function line(name: string, step: string, { kind, expected, actual }: Difference, reason: string): string {
  return [name, step, kind, cut(expected), cut(actual), reason].join('\t');
}

interface Difference {
  readonly kind: 'subject' | 'from' | 'to' | 'text' | 'missing' | 'extra' | 'content';
  readonly expected: string;
  readonly actual: string;
}

function differences(expected: Facts, actual: Facts): Difference[] {
  const found: Difference[] = [];
  for (const kind of ['subject', 'from', 'to', 'text'] as const) {
    if (expected[kind] === actual[kind]) continue;
    found.push({ kind, expected: String(expected[kind]), actual: String(actual[kind]) });
  }
  const missing = without(expected.files, actual.files).join(' ');
  const extra = without(actual.files, expected.files).join(' ');
  if (missing !== '') found.push({ kind: 'missing', expected: missing, actual: '' });
  if (extra !== '') found.push({ kind: 'extra', expected: '', actual: extra });
  return found;
}

function hasUuencode(mail: ParsedMail): boolean {
  const begins = /^begin [0-7]{3,4} /m;
  return (
    begins.test(mail.text ?? '') ||
    mail.attachments.some(({ content }) => begins.test(content.toString('latin1', 0, 200)))
  );
}

/** Why we are right and mailparser is not, or only differs; '?' if there is no reason yet. */
function reasonOf({ kind, expected, actual }: Difference, state: MessageState, mail: ParsedMail): string {
  if (hasTnef(mail) && (kind === 'missing' || kind === 'extra' || kind === 'text')) {
    return 'it keeps a winmail.dat as a file';
  }
  if ((kind === 'missing' || kind === 'extra') && hasUuencode(mail)) return 'it leaves what uuencode wrote as it is';
  const messageClass = String(state.props.get(PR_MESSAGE_CLASS));
  if (kind === 'missing' && /^IPM\.(?:Schedule|Appointment)/.test(messageClass)) {
    return 'a meeting without a calendar is written with one';
  }
  if (kind === 'to' && isReport(state)) return 'recipients of a report are those it is about';
  if ((kind === 'subject' || kind === 'from') && actual === '' && isReport(state)) return BARE_REPORT;
  const types = new Map(state.attachments.map((attach) => [hashOf(attach), typeOf(attach)]));
  const whole = [...types.values()].some((type) => type.startsWith('multipart/'));
  const embedded = state.attachments.some((attach) => attach.message !== undefined);
  const report = /^(?:text|multipart)\/|^message\/(?!rfc822)/;
  if (kind === 'subject' && expected.includes('\ufffd'))
    return 'it takes 8-bit header bytes for UTF-8, whatever they are';
  if (kind === 'subject' && /[\u0080-\uffff]/.test(actual) && mail.subject !== undefined)
    return 'raw bytes are guessed otherwise';
  if (kind === 'extra' && actual.split(' ').every((hash) => report.test(types.get(hash) ?? ''))) {
    return 'text after the body is an attachment (MIME-013), so are reports and what is kept whole';
  }
  if (kind === 'subject' && expected.includes('\0')) return 'zero characters are dropped';
  if ((kind === 'from' || kind === 'to') && expected.includes('@xn--')) return 'a domain was written in its ASCII form';
  if (kind === 'missing' && embedded) return 'it belongs to an attached message';
  if (kind === 'missing' && [...types.values()].includes('message/external-body'))
    return 'a part whose content is elsewhere says where that is';
  if (kind === 'missing' && whole) return 'its part is inside what is kept whole';
  if (kind === 'text' && (embedded || [...types.values()].some((type) => report.test(type)))) {
    return 'it takes the text of attachments for the body';
  }
  if (
    (kind === 'text' || kind === 'missing') &&
    /^content-type:[^\r\n]*>/im.test(String(state.props.get(PR_TRANSPORT_MESSAGE_HEADERS)))
  ) {
    return 'a Content-Type that cannot be read is text/plain (RFC 2045 5.2)';
  }
  return '?';
}

function hasTnef(mail: ParsedMail): boolean {
  return mail.attachments.some(({ contentType }) => /\/(?:vnd\.)?ms-tnef$/.test(contentType));
}

const BARE_REPORT =
  'a report without subject, address of the sender or text is written with those that its properties make';

function isReport(state: MessageState): boolean {
  return /^REPORT\./.test(String(state.props.get(PR_MESSAGE_CLASS)));
}

function roundTripReason({ actual }: Difference, state: MessageState, mail: ParsedMail): string {
  if (hasTnef(mail)) return 'what came as TNEF is more than MIME says';
  const isBare = mail.subject === undefined || !mail.from?.value.some(({ address }) => address !== '');
  if (isReport(state) && isBare) return BARE_REPORT;
  return actual.includes('@xn--') ? 'a domain is written in its ASCII form' : '?';
}

/** Everything of a message that a round trip keeps, attached messages included; line ends compare alike. */
function contentOf(state: MessageState): string {
  const lines = (value: unknown): string =>
    (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value ?? '')).replaceAll(
      '\r\n',
      '\n',
    );
  return JSON.stringify([
    state.props.get(PR_SUBJECT),
    lines(state.props.get(PR_BODY)),
    lines(state.props.get(PR_HTML)),
    state.recipients
      .filter(isSeen)
      .map((row) => JSON.stringify(KEPT_COLUMNS.map((tag) => propOf<unknown>(row, tag))))
      .sort(),
    KEPT_PROPS.map((tag) => String(state.props.get(tag))),
    state.props.get(PR_IMPORTANCE) ?? 1,
    state.props.get(PR_SENSITIVITY) ?? 0,
    state.attachments
      .map((attach) => [
        ...KEPT_ATTACH_PROPS.map((tag) => attach.props.get(tag)),
        attach.message === undefined ? hashOf(attach) : contentOf(attach.message),
      ])
      .map((entry) => JSON.stringify(entry))
      .sort(),
  ]);
}

/** Blind recipients are not written. */
function isSeen(row: Row): boolean {
  return propOf(row, PR_RECIPIENT_TYPE) !== MAPI_BCC;
}

function firstDifference(before: string, after: string): { readonly expected: string; readonly actual: string } {
  let at = 0;
  while (before[at] === after[at]) at++;
  const from = Math.max(0, at - 30);
  return { expected: before.slice(from, from + 100), actual: after.slice(from, from + 100) };
}

function typeOf(attach: AttachState): string {
  return String(attach.props.get(PR_ATTACH_MIME_TAG) ?? '');
}

function cut(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}

function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const rest = [...some];
  return all.filter((entry) => {
    const at = rest.indexOf(entry);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function ownFacts(state: MessageState): Facts {
  const get = <T>(tag: PropTag<T>): T | undefined => state.props.get(tag) as T | undefined;
  const to = state.recipients.filter((row) => propOf(row, PR_RECIPIENT_TYPE) === MAPI_TO);
  return {
    subject: plain(get(PR_SUBJECT) ?? ''),
    from: plain(get(PR_SENT_REPRESENTING_EMAIL_ADDRESS) ?? ''),
    to: to
      .map((row) => plain(propOf(row, PR_EMAIL_ADDRESS) || propOf(row, PR_DISPLAY_NAME) || ''))
      .sort()
      .join(),
    text: (get(PR_BODY) ?? '').trim() !== '' || (get(PR_HTML)?.length ?? 0) > 0,
    files: state.attachments
      .filter((attach) => attach.message === undefined)
      .map(hashOf)
      .sort(),
  };
}

function hashOf(attach: AttachState): string {
  return shortHash(attach.props.get(PR_ATTACH_DATA_BIN) as Uint8Array);
}

function oracleFacts(mail: ParsedMail): Facts {
  const lists = mail.to === undefined ? [] : Array.isArray(mail.to) ? mail.to : [mail.to];
  const first = mail.from === undefined ? undefined : flat(mail.from)[0];
  return {
    subject: plain(mail.subject ?? ''),
    from: plain(first?.address ?? ''),
    to: lists
      .flatMap(flat)
      .map((entry) => plain(entry.address || entry.name || ''))
      .sort()
      .join(),
    text: (mail.text ?? '').trim() !== '' || (mail.html || '') !== '',
    files: mail.attachments
      .filter((attachment) => attachment.contentType !== 'message/rfc822')
      .map((attachment) => shortHash(attachment.content))
      .sort(),
  };
}

function flat(list: AddressObject): { address?: string | undefined; name: string }[] {
  return list.value.flatMap((entry) => (entry.group === undefined ? [entry] : entry.group));
}

/** Texts may travel with CRLF, whatever line ends they came with; a text is what has no zero byte. */
function shortHash(bytes: Uint8Array | undefined): string {
  const content = Buffer.from(bytes ?? new Uint8Array(0)).toString('latin1');
  return createHash('sha256')
    .update(content.includes('\0') ? content : content.replaceAll('\r\n', '\n'), 'latin1')
    .digest('hex')
    .slice(0, 8);
}

/** Blanks compare alike, case of addresses too. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().toLowerCase();
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
