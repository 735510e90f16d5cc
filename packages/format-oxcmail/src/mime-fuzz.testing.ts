import { utf8Encode } from '@nodemapi/base';
import type { FuzzTarget } from '@nodemapi/conformance';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { mapiToMime } from './mapi-to-mime.ts';
import { MemoryMessage, memoryMessage } from './memory-message.testing.ts';
import { mimeToMapi } from './mime-to-mapi.ts';

const CALENDAR = [
  'BEGIN:VCALENDAR',
  'METHOD:REQUEST',
  'BEGIN:VTIMEZONE',
  'TZID:Z',
  'BEGIN:STANDARD',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTART;TZID=Z:20240304T100000',
  'DURATION:PT30M',
  'RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=MO',
  'EXDATE;TZID=Z:20240318T100000',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:1',
  'RECURRENCE-ID;TZID=Z:20240311T100000',
  'DTSTART;TZID=Z:20240312T100000',
  'SUMMARY:x',
  'END:VEVENT',
  'END:VCALENDAR',
];
const mail = (...lines: string[]): Uint8Array =>
  utf8Encode(`From: a@x\r\nMIME-Version: 1.0\r\n${lines.join('\r\n')}\r\n`);

const SEEDS: readonly Uint8Array[] = [
  mail('Subject: =?utf-8?Q?=C3=A4?=', 'Content-Type: text/calendar; method=REQUEST', '', ...CALENDAR),
  mail(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: multipart/alternative; boundary=c',
    '',
    '--c',
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'a=E4',
    '--c',
    'Content-Type: text/html',
    '',
    '<img src="cid:1">',
    '--c--',
    '--b',
    'Content-Type: text/vcard',
    '',
    'BEGIN:VCARD',
    'VERSION:3.0',
    'FN:x',
    'TEL;TYPE=WORK:1',
    'END:VCARD',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    '',
    'text',
    '--b--',
  ),
  mail(
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    '',
    'failed',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; x',
    '',
    'Final-Recipient: rfc822; b@x',
    'Action: failed',
    'Status: 5.1.1',
    '--b--',
  ),
];

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'mime',
    corpus: ['eml'],
    seeds: () => SEEDS,
    words: ['BEGIN:VEVENT\r\n', 'RRULE:FREQ=', '--b\r\n', 'RECURRENCE-ID:', 'Content-Type: '].map(utf8Encode),
    msPerKilobyte: 150, // a message within a message is 60 bytes, and is read, written twice, and read again
    memoryPerByte: 400,
    run: async (input) => {
      const { message, state } = memoryMessage();
      await mimeToMapi(once(input), message, { contacts: true });
      const written: Uint8Array[] = [];
      const found: OxcmailDiagnostic[] = [];
      const filed = {
        journey: true,
        unsent: true,
        leaveOut: true,
        everyProperty: true,
        onDiagnostic: (one: OxcmailDiagnostic) => void found.push(one),
      };
      for await (const piece of mapiToMime(new MemoryMessage(state) as never, filed)) written.push(piece.slice());
      // what is made of the properties alone, too
      for await (const _ of mapiToMime(new MemoryMessage({ ...state, attachments: [] } as typeof state) as never));
      await mimeToMapi(once(Buffer.concat(written)), memoryMessage().message, {});
    },
  },
];

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
