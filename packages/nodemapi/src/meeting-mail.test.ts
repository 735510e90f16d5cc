import assert from 'node:assert/strict';
import {
  fileTimeFromIso,
  nodeFileSystem,
  nullLog,
  seededRandom,
  systemClock,
  utf8Decode,
  utf8Encode,
} from '@nodemapi/base';
import { StandaloneSupport } from '@nodemapi/kit';
import * as mapi from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { exportMime, importMime } from './mime.ts';
import { openSpecialFolder } from './stores.ts';

const { prop } = mapi;
const ZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:Central Europe',
  'BEGIN:STANDARD',
  'DTSTART:16010101T030000',
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
];

let store: mapi.IMsgStore;
let inbox: mapi.IMAPIFolder;
let support: StandaloneSupport;

beforeEach(async () => {
  const host = { clock: systemClock, random: seededRandom(1), log: nullLog, files: nodeFileSystem, home: '' };
  support = new StandaloneSupport({ kind: 'store', host: { ...host, mapiVersion: mapi.CURRENT_SPI_VERSION } });
  store = createMemoryStore(support).open();
  inbox = await openSpecialFolder(store, 'inbox');
});
afterEach(async () => {
  for (const object of [inbox, store, support]) await object.release();
});

function calendar(method: string, event: readonly string[], zone: readonly string[] = ZONE): string {
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', `METHOD:${method}`, ...zone, 'BEGIN:VEVENT', ...event, 'END:VEVENT'];
  return [...lines, 'END:VCALENDAR', ''].join('\r\n');
}

function invitation(ics: string, method = 'REQUEST'): string {
  return [
    'From: Ann <ann@example.com>',
    'To: Bob <bob@example.com>',
    'Subject: Tea',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Come.',
    '--b',
    `Content-Type: text/calendar; method=${method}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(ics).toString('base64'),
    '--b--',
    '',
  ].join('\r\n');
}

async function read(mime: string): Promise<{ readonly message: mapi.IMessage; readonly problems: readonly string[] }> {
  const message = await inbox.createMessage();
  const { diagnostics } = await importMime(
    (async function* () {
      yield utf8Encode(mime);
    })(),
    message,
  );
  return { message, problems: diagnostics.map(({ code, detail }) => `${code}: ${detail}`) };
}

async function named(message: mapi.IMessage, ...names: readonly mapi.NamedProperty[]): Promise<readonly unknown[]> {
  const ids = await message.getIDsFromNames(names.map(({ guid, id }) => ({ guid, id: id as number })));
  const tags = ids.map((id, at) =>
    mapi.tag(mapi.propId(id ?? assert.fail('no such name')), (names[at] as mapi.NamedProperty).type),
  );
  return (await message.getProps(tags)).values;
}

async function written(message: mapi.IMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of exportMime(message)) parts.push(part.slice());
  return utf8Decode(Buffer.concat(parts));
}

const EVENT = [
  'UID:tea@example.com',
  'DTSTART;TZID=Central Europe:20260701T100000',
  'DTEND;TZID=Central Europe:20260701T113000',
  'SUMMARY:Tea',
  'LOCATION:Garden\\, at the back',
  'SEQUENCE:2',
  'BEGIN:VALARM',
  'ACTION:DISPLAY',
  'TRIGGER:-PT15M',
  'END:VALARM',
];

describe('calendars in mail', () => {
  test('an invitation is a meeting request with its time, place and identifier; the calendar is kept byte for byte', async () => {
    const ics = calendar('REQUEST', EVENT);
    const { message, problems } = await read(invitation(ics));
    assert.deepEqual(problems, []);
    const [messageClass, subject, start] = (
      await message.getProps([mapi.PR_MESSAGE_CLASS, mapi.PR_SUBJECT, mapi.PR_START_DATE])
    ).values;
    const at = fileTimeFromIso('2026-07-01T08:00:00Z');
    assert.deepEqual([messageClass, subject, start], ['IPM.Schedule.Meeting.Request', 'Tea', at]);
    const values = await named(
      message,
      mapi.PidLidAppointmentStartWhole,
      mapi.PidLidAppointmentEndWhole,
      mapi.PidLidLocation,
      mapi.PidLidAppointmentSequence,
      mapi.PidLidAppointmentDuration,
      mapi.PidLidBusyStatus,
      mapi.PidLidIntendedBusyStatus,
      mapi.PidLidReminderDelta,
      mapi.PidLidAppointmentSubType,
    );
    const end = fileTimeFromIso('2026-07-01T09:30:00Z');
    assert.deepEqual(values, [at, end, 'Garden, at the back', 2, 90, 1, 2, 15, false]);
    const [id] = (await named(message, mapi.PidLidGlobalObjectId)) as [Uint8Array];
    assert.equal(Buffer.from(id.subarray(0, 16)).toString('hex'), '040000008200e00074c5b7101a82e008');
    assert.match(Buffer.from(id).toString('latin1'), /vCal-Uid.{4}tea@example\.com\0$/s);
    await using attach = await message.openAttach(0);
    assert.equal(utf8Decode((await attach.getProps([mapi.PR_ATTACH_DATA_BIN])).values[0] ?? new Uint8Array(0)), ics);
    const again = await written(message);
    assert.match(again, /text\/calendar; charset=utf-8; method=REQUEST|text\/calendar;[\s\S]*method=REQUEST/);
    assert.ok(again.replaceAll('\r\n', '').includes(Buffer.from(ics).toString('base64')));
    await message.release();
  });

  test('answers and cancellations have their classes; what is published is an appointment', async () => {
    const answer = (status: string): string =>
      calendar('REPLY', [...EVENT, `ATTENDEE;PARTSTAT=${status};CN="Bob B":mailto:bob@example.com`]);
    for (const [ics, method, expected] of [
      [answer('ACCEPTED'), 'REPLY', 'IPM.Schedule.Meeting.Resp.Pos'],
      [answer('DECLINED'), 'REPLY', 'IPM.Schedule.Meeting.Resp.Neg'],
      [answer('TENTATIVE'), 'REPLY', 'IPM.Schedule.Meeting.Resp.Tent'],
      [calendar('CANCEL', EVENT), 'CANCEL', 'IPM.Schedule.Meeting.Canceled'],
      [calendar('PUBLISH', EVENT), 'PUBLISH', 'IPM.Appointment'],
    ] as const) {
      const { message } = await read(invitation(ics, method));
      assert.equal((await message.getProps([mapi.PR_MESSAGE_CLASS])).values[0], expected);
      await message.release();
    }
  });

  test('whole days, durations, and zones that nobody describes; what stays in the calendar alone is told', async () => {
    const day = await read(
      invitation(calendar('REQUEST', ['UID:1', 'DTSTART;VALUE=DATE:20260701', 'RRULE:FREQ=WEEKLY;COUNT=3'])),
    );
    const values = await named(
      day.message,
      mapi.PidLidAppointmentSubType,
      mapi.PidLidAppointmentDuration,
      mapi.PidLidRecurring,
      mapi.PidLidRecurrencePattern,
    );
    assert.deepEqual(values, [true, 1440, true, 'RRULE:FREQ=WEEKLY;COUNT=3']);
    assert.deepEqual(day.problems, []);
    const odd = ['UID:2', 'DTSTART;TZID=Nowhere:20260701T100000', 'DURATION:PT45M'];
    const unknown = await read(invitation(calendar('REQUEST', odd, [])));
    assert.match(unknown.problems.join(), /time zone Nowhere of DTSTART is not described/);
    assert.deepEqual(await named(unknown.message, mapi.PidLidAppointmentStartWhole, mapi.PidLidAppointmentDuration), [
      fileTimeFromIso('2026-07-01T10:00:00Z'),
      45,
    ]);
    await day.message.release();
    await unknown.message.release();
  });

  test('hostile calendars end in a mail that keeps them, in time', async () => {
    const endless = ZONE.map((line) => line.replace('FREQ=YEARLY', 'FREQ=SECONDLY'));
    for (const ics of [
      'BEGIN:VCALENDAR',
      '',
      calendar('REQUEST', ['DTSTART:zzz']),
      calendar('REQUEST', EVENT, endless),
      calendar('REQUEST', EVENT, [...ZONE.slice(0, 2), ...Array(3000).fill(ZONE.slice(2, 7)).flat(), 'END:VTIMEZONE']),
      calendar(
        'REQUEST',
        EVENT,
        ZONE.map((line) => line.replace('-1SU;BYMONTH=3', 'MO;BYMONTH=2;BYMONTHDAY=31')),
      ),
      calendar(
        'REQUEST',
        EVENT,
        ZONE.map((line) => line.replace('16010101', '00010101')),
      ),
      calendar('REQUEST', []).replace('VEVENT', 'VTODO'),
      `BEGIN:VCALENDAR\r\n${'BEGIN:VEVENT\r\n'.repeat(5000)}`,
    ]) {
      const { message, problems } = await read(invitation(ics));
      assert.ok(problems.length > 0 || ics.includes('BEGIN:VEVENT\r\nEND:VEVENT'), ics.slice(0, 80));
      await using table = await message.getAttachmentTable();
      assert.equal(await table.getRowCount(), 1);
      await message.release();
    }
  });

  test('a calendar that somebody attached to a mail leaves the mail what it is', async () => {
    const mime = invitation(calendar('REQUEST', EVENT))
      .replace('multipart/alternative', 'multipart/mixed')
      .replace('; method=REQUEST', '; name=tea.ics');
    const { message } = await read(mime);
    assert.equal((await message.getProps([mapi.PR_MESSAGE_CLASS])).values[0], 'IPM.Note');
    await message.release();
  });
});

test('a meeting without a calendar is written with one, and is the same when it is read', async () => {
  await using message = await inbox.createMessage();
  const start = fileTimeFromIso('2026-07-01T08:00:00Z');
  const names = [mapi.PidLidAppointmentStartWhole, mapi.PidLidAppointmentEndWhole, mapi.PidLidLocation] as const;
  const ids = await message.getIDsFromNames(
    names.map(({ guid, id }) => ({ guid, id })),
    { create: true },
  );
  const values: readonly unknown[] = [start, start + 36_000_000_000n, 'Grüne Wiese; hinten'];
  await message.setProps([
    prop(mapi.PR_MESSAGE_CLASS, 'IPM.Schedule.Meeting.Request'),
    prop(mapi.PR_SUBJECT, 'Tea'),
    prop(mapi.PR_BODY, 'Come.'),
    prop(mapi.PR_SENDER_NAME, 'Ann'),
    prop(mapi.PR_SENDER_ADDRTYPE, 'SMTP'),
    prop(mapi.PR_SENDER_EMAIL_ADDRESS, 'ann@example.com'),
  ]);
  for (const [at, name] of names.entries())
    await message.setProps([
      { tag: mapi.tag(mapi.propId(ids[at] ?? assert.fail()), name.type), value: values[at] } as never,
    ]);
  await message.modifyRecipients('add', [
    [
      prop(mapi.PR_RECIPIENT_TYPE, mapi.MAPI_TO),
      prop(mapi.PR_DISPLAY_NAME, 'Bob'),
      prop(mapi.PR_ADDRTYPE, 'SMTP'),
      prop(mapi.PR_EMAIL_ADDRESS, 'bob@example.com'),
    ],
  ]);
  const mime = await written(message);
  assert.match(mime, /multipart\/alternative[\s\S]*text\/plain[\s\S]*text\/calendar; method=REQUEST/);
  const encoded = /text\/calendar[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(mime)?.[1] ?? '';
  const ics = Buffer.from(encoded, 'base64').toString('utf8').replaceAll('\r\n ', '');
  assert.match(ics, /^ORGANIZER;CN=Ann:mailto:ann@example\.com\r$/m);
  assert.match(ics, /^ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:bob@example\.com\r$/m);
  const { message: again } = await read(mime);
  assert.equal((await again.getProps([mapi.PR_MESSAGE_CLASS])).values[0], 'IPM.Schedule.Meeting.Request');
  assert.deepEqual(await named(again, ...names), values);
  await again.release();
});
