import assert from 'node:assert/strict';
import { fileTimeFromMs } from '@nodemapi/base';
import {
  dateOf,
  decodeAppointmentRecurrence,
  decodeTimeZone,
  decodeTimeZoneDefinition,
  encodeAppointmentRecurrence,
  minutesOf,
  occurrenceDays,
  patternOfRule,
} from '@nodemapi/format-ocal';
import {
  type NamedProperty,
  PidLidAppointmentRecur,
  PidLidAppointmentTimeZoneDefinitionRecur,
  PidLidClipEnd,
  PidLidRecurrenceType,
  PidLidTimeZoneDescription,
  PidLidTimeZoneStruct,
  PR_BODY,
  PR_MESSAGE_CLASS,
  propId,
  tag,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import ICAL from 'ical.js';
import { describe, test } from 'vitest';
import { nameOf } from './calendar-props.ts';
import { exported, type Imported, imported } from './convert.testing.ts';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { MemoryMessage } from './memory-message.testing.ts';

const ZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:Eastern Standard Time',
  'BEGIN:STANDARD',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:-0400',
  'TZOFFSETTO:-0500',
  'RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:-0500',
  'TZOFFSETTO:-0400',
  'RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
];
const TZID = 'TZID=Eastern Standard Time';

const event = (...lines: string[]): string[] => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'];
const SERIES = event(
  'SUMMARY:Weekly',
  'LOCATION:Room 1',
  `DTSTART;${TZID}:20240304T100000`,
  `DTEND;${TZID}:20240304T103000`,
  'RRULE:FREQ=WEEKLY;UNTIL=20240325T140000Z;BYDAY=MO',
  `EXDATE;${TZID}:20240318T100000`,
  'BEGIN:VALARM',
  'TRIGGER:-PT15M',
  'END:VALARM',
);
const EXCEPTION = event(
  'SUMMARY:Moved',
  'LOCATION:Room 1',
  'RECURRENCE-ID:20240311T140000Z',
  `DTSTART;${TZID}:20240312T110000`,
  `DTEND;${TZID}:20240312T120000`,
  'BEGIN:VALARM',
  'TRIGGER:-PT5M',
  'END:VALARM',
);

function mailOf(...lines: string[]): string {
  const calendar = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'METHOD:REQUEST', ...lines, 'END:VCALENDAR'];
  return ['From: a@x', 'MIME-Version: 1.0', 'Content-Type: text/calendar; method=REQUEST', '', ...calendar, ''].join(
    '\r\n',
  );
}

async function named({ state }: Imported, property: NamedProperty): Promise<unknown> {
  const [found] = await new MemoryMessage(state).getIDsFromNames([nameOf(property)]);
  const entry = [...state.props].find(([tag]) => found !== undefined && propId(tag) === propId(found));
  return entry?.[1];
}

async function recurrenceOf(mail: Imported) {
  const bytes = await named(mail, PidLidAppointmentRecur);
  assert.ok(bytes instanceof Uint8Array, mail.diagnostics.join());
  const { recurrence, problems } = decodeAppointmentRecurrence(bytes);
  assert.deepEqual(problems, []);
  return recurrence;
}

/** The calendar that is made of the properties alone. */
async function writtenOf({ state }: Imported): Promise<string> {
  const mail = await exported({ ...state, attachments: [] } as typeof state);
  const [, base64 = ''] = /Content-Type: text\/calendar[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(mail) ?? [];
  return Buffer.from(base64, 'base64').toString().replaceAll('\r\n ', '');
}

/** What the mail that is made of the properties alone lacks. */
async function toldOf({ state }: Imported): Promise<readonly OxcmailDiagnostic[]> {
  const found: OxcmailDiagnostic[] = [];
  const onDiagnostic = (one: OxcmailDiagnostic): void => void found.push(one);
  await exported({ ...state, attachments: [] } as typeof state, { onDiagnostic });
  return found;
}

async function setNamed({ state }: Imported, property: NamedProperty, value: unknown): Promise<void> {
  const [found] = await new MemoryMessage(state).getIDsFromNames([nameOf(property)]);
  state.props.set(tag(propId(found ?? 0), property.type), value);
}

const minute = (minutes: number): string => dateOf(minutes).toISOString().slice(0, 16);

describe('a series of meetings in a mail', () => {
  test('becomes PidLidAppointmentRecur, with its zone, exceptions and days that were taken out', async () => {
    const mail = await imported(mailOf(...ZONE, ...SERIES, ...EXCEPTION));
    assert.deepEqual(mail.diagnostics, []);
    const { pattern, exceptions, startTimeOffset, endTimeOffset } = await recurrenceOf(mail);
    assert.deepEqual([startTimeOffset, endTimeOffset], [600, 630]);
    assert.deepEqual([...pattern.deletedDates].map(minute), ['2024-03-11T00:00', '2024-03-18T00:00']);
    assert.deepEqual([...pattern.modifiedDates].map(minute), ['2024-03-12T00:00']);
    assert.deepEqual([pattern.end, pattern.occurrenceCount, minute(pattern.endDate)], ['date', 4, '2024-03-25T00:00']);
    const [exception] = exceptions;
    assert.ok(exception !== undefined && exceptions.length === 1);
    const { start, end, originalStart, ...own } = exception;
    assert.deepEqual([start, end, originalStart].map(minute), [
      '2024-03-12T11:00',
      '2024-03-12T12:00',
      '2024-03-11T10:00',
    ]);
    assert.deepEqual(own, { subject: 'Moved', reminderDelta: 5, changeHighlight: 0 });
    const zone = decodeTimeZone((await named(mail, PidLidTimeZoneStruct)) as Uint8Array);
    assert.deepEqual([zone.bias, zone.daylightBias, zone.toStandard?.month, zone.toDaylight?.nth], [300, -60, 11, 2]);
    const definition = (await named(mail, PidLidAppointmentTimeZoneDefinitionRecur)) as Uint8Array;
    const { keyName, rules } = decodeTimeZoneDefinition(definition);
    assert.deepEqual([keyName, rules[0]?.flags], ['Eastern Standard Time', 3]);
    assert.deepEqual(await named(mail, PidLidTimeZoneDescription), 'Eastern Standard Time');
    assert.deepEqual(await named(mail, PidLidRecurrenceType), 2);
    assert.deepEqual(await named(mail, PidLidClipEnd), fileTimeFromMs(Date.UTC(2024, 2, 25, 14, 30)));
  });

  test('that says what no field has room for stays in the calendar, and the mail is read', async () => {
    const exception = (...lines: string[]): string[] => event('RECURRENCE-ID:20240311T140000Z', ...lines);
    const endless = event(`DTSTART;${TZID}:20240304T100000`, 'DURATION:P999999999W', 'RRULE:FREQ=DAILY');
    const cases = [
      [...ZONE, ...endless],
      [...ZONE, ...SERIES, ...exception(`DTSTART;${TZID}:15000101T100000`)],
      [...ZONE, ...SERIES, ...exception(`DTSTART;${TZID}:20240312T110000`, `SUMMARY:${'s'.repeat(70_000)}`)],
      [
        ...ZONE,
        ...SERIES,
        ...exception(`DTSTART;${TZID}:20240312T110000`, ...['BEGIN:VALARM', 'TRIGGER:-P99999999W', 'END:VALARM']),
      ],
    ];
    for (const lines of cases) {
      const mail = await imported(mailOf(...lines));
      assert.ok(mail.diagnostics.includes('calendarInPart'), lines.at(-2));
      assert.equal(await named(mail, PidLidAppointmentRecur), undefined);
      assert.equal(mail.get(PR_MESSAGE_CLASS), 'IPM.Schedule.Meeting.Request');
    }
  });

  test('of many days that were taken out is read in a time that grows with them', async () => {
    const days = Array.from({ length: 9000 }, (_, index) =>
      dateOf(index * 10_080)
        .toISOString()
        .slice(0, 10),
    );
    const times = days.map((day) => `${day.replaceAll('-', '')}T100000Z`);
    const began = process.cpuUsage();
    const series = event('DTSTART:20240304T100000Z', 'RRULE:FREQ=WEEKLY', `EXDATE:${times.join(',')}`);
    const { pattern } = await recurrenceOf(await imported(mailOf(...series)));
    assert.equal(pattern.deletedDates.length, days.length);
    const { user } = process.cpuUsage(began);
    assert.ok(user < 8_000_000, `${user} µs`); // for each day the whole line: more than 30 s
  });

  test('of damaged numbers never keeps a message from being written', async () => {
    const mail = await imported(mailOf(...ZONE, ...SERIES, ...EXCEPTION));
    const bytes = (await named(mail, PidLidAppointmentRecur)) as Uint8Array;
    const [id] = await new MemoryMessage(mail.state).getIDsFromNames([nameOf(PidLidAppointmentRecur)]);
    const key = [...mail.state.props.keys()].find((each) => id !== undefined && propId(each) === propId(id));
    assert.ok(key !== undefined);
    mail.state.attachments.length = 0; // without the calendar that came, it is written from the properties
    for (let at = 8; at + 1 < bytes.length; at += 2) {
      for (const word of [
        [0, 0],
        [0xff, 0xff],
      ] as const) {
        const damaged = bytes.slice();
        damaged.set(word, at);
        mail.state.props.set(key, damaged);
        const mime = await exported(mail.state);
        assert.match(mime, /text\/calendar/, `offset ${at}`);
      }
    }
  });

  test('is written again from its properties', async () => {
    const calendar = await writtenOf(await imported(mailOf(...ZONE, ...SERIES, ...EXCEPTION)));
    for (const line of [
      'TZID:Eastern Standard Time',
      'RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3',
      'TZOFFSETTO:-0400',
      'RRULE:FREQ=WEEKLY;UNTIL=20240325T140000Z;BYDAY=MO;WKST=MO',
      `DTSTART;${TZID}:20240304T100000`,
      `EXDATE;${TZID}:20240318T100000`,
      `RECURRENCE-ID;${TZID}:20240311T100000`,
      `DTSTART;${TZID}:20240312T110000`,
      'SUMMARY:Moved',
      'TRIGGER:-PT5M',
    ])
      assert.ok(calendar.split('\r\n').includes(line), `${line} in\n${calendar}`);
    const again = await imported(mailOf(...calendar.split('\r\n').slice(1, -2)));
    assert.deepEqual(
      await recurrenceOf(again),
      await recurrenceOf(await imported(mailOf(...ZONE, ...SERIES, ...EXCEPTION))),
    );
  });

  test('of whole days has no zone; in UTC it needs no description', async () => {
    const days = await imported(
      mailOf(...event('DTSTART;VALUE=DATE:20240301', 'RRULE:FREQ=MONTHLY;COUNT=3', 'EXDATE;VALUE=DATE:20240401')),
    );
    const { endTimeOffset, pattern } = await recurrenceOf(days);
    assert.deepEqual([endTimeOffset, pattern.deletedDates.map(minute)], [1440, ['2024-04-01T00:00']]);
    assert.equal(await named(days, PidLidTimeZoneStruct), undefined);
    const calendar = await writtenOf(days);
    assert.match(calendar, /^DTSTART;VALUE=DATE:20240301\r\n[\s\S]*^EXDATE;VALUE=DATE:20240401\r$/m);
    const utc = await writtenOf(
      await imported(mailOf(...event('DTSTART:20240301T090000Z', 'RRULE:FREQ=DAILY;COUNT=3'))),
    );
    assert.match(utc, /^DTSTART:20240301T090000Z\r$/m);
    assert.ok(!utc.includes('VTIMEZONE'), utc);
  });

  test('that MAPI has no words for stays in the calendar, and is told', async () => {
    for (const [lines, problem] of [
      [event('DTSTART:20240301T090000Z', 'RRULE:FREQ=HOURLY'), 'calendarInPart'],
      [event('DTSTART:20240301T090000Z', 'RRULE:FREQ=DAILY', 'RDATE:20240501T090000Z'), 'calendarInPart'],
      [event('DTSTART;TZID=Nowhere:20240301T090000', 'RRULE:FREQ=DAILY'), 'calendarInPart'],
    ] as const) {
      const mail = await imported(mailOf(...lines));
      assert.ok(mail.diagnostics.includes(problem), mail.diagnostics.join());
      assert.equal(await named(mail, PidLidAppointmentRecur), undefined);
    }
  });

  test('events of other meetings are told, and events for all that follow', async () => {
    const other = EXCEPTION.map((line) => line.replace('UID:1', 'UID:2'));
    const range = EXCEPTION.map((line) => line.replace('RECURRENCE-ID:', 'RECURRENCE-ID;RANGE=THISANDFUTURE:'));
    for (const lines of [other, range]) {
      const mail = await imported(mailOf(...ZONE, ...SERIES, ...lines));
      assert.deepEqual(mail.diagnostics, ['calendarInPart']);
      assert.equal((await recurrenceOf(mail)).exceptions.length, 0);
    }
  });

  test('of thousands of exceptions is kept in a stream, and written from it', async () => {
    const days = Array.from({ length: 1000 }, (_, index) => new Date(Date.UTC(2024, 0, 1 + index)).toISOString());
    const text = (iso: string): string => iso.slice(0, 10).replaceAll('-', '');
    const lines = event(
      'DTSTART:20240101T090000Z',
      'RRULE:FREQ=DAILY',
      ...days.map((each) => `EXDATE:${text(each)}T090000Z`),
    );
    const others = days
      .slice(0, 600)
      .map((each) => event(`RECURRENCE-ID:${text(each)}T090000Z`, `DTSTART:${text(each)}T100000Z`, 'SUMMARY:x'));
    const mail = await imported(mailOf(...lines, ...others.flat()));
    const { pattern, exceptions } = await recurrenceOf(mail);
    assert.deepEqual([pattern.deletedDates.length, exceptions.length], [1000, 600]);
    const calendar = await writtenOf(mail);
    assert.equal(calendar.match(/^EXDATE/gm)?.length, 400);
    assert.equal(calendar.match(/^RECURRENCE-ID/gm)?.length, 600);
    assert.equal(calendar.match(/^DESCRIPTION/gm)?.length ?? 0, 0);
    mail.state.props.set(PR_BODY, 'd'.repeat(30_000)); // 18 MB, if each exception had it too
    const long = await writtenOf(mail);
    assert.equal(long.match(/^DESCRIPTION/gm)?.length, 1);
    assert.equal(long.match(/^RECURRENCE-ID/gm)?.length, 600);
    assert.equal(long.match(/^SUMMARY:x/gm)?.length, 600);
    assert.equal(long.match(/^UID:/gm)?.length, 601);
  });

  test('a damaged PidLidAppointmentRecur costs the series, not the meeting', async () => {
    const mail = await imported(mailOf(...ZONE, ...SERIES));
    const bytes = (await named(mail, PidLidAppointmentRecur)) as Uint8Array;
    bytes.fill(0xff, 0, 8);
    assert.match(await writtenOf(mail), /^RRULE:FREQ=WEEKLY;UNTIL=20240325T140000Z;BYDAY=MO\r$/m);
    const [told, ...others] = await toldOf(mail);
    assert.deepEqual([told?.code, told?.loss, others.length], ['calendarInPart', true, 0]);
    assert.match(told?.detail ?? '', /^the recurrence is damaged: /);
  });

  test('that is cut off within its exceptions, or has no words in a calendar, is told', async () => {
    const mail = await imported(mailOf(...ZONE, ...SERIES, ...EXCEPTION));
    assert.deepEqual(await toldOf(mail), []);
    const recurrence = await recurrenceOf(mail);
    const details = async (bytes: Uint8Array): Promise<readonly string[]> => {
      await setNamed(mail, PidLidAppointmentRecur, bytes);
      return (await toldOf(mail)).map(({ detail }) => detail);
    };
    const whole = encodeAppointmentRecurrence(recurrence);
    assert.match((await details(whole.subarray(0, whole.length - 12))).join(), /^the recurrence is damaged: /);
    const lunar = { ...recurrence.pattern, calendarType: 15 };
    assert.match(
      (await details(encodeAppointmentRecurrence({ ...recurrence, pattern: lunar }))).join(),
      /no words for/,
    );
    const [exception] = recurrence.exceptions;
    assert.ok(exception);
    const odd = { ...recurrence, exceptions: [{ ...exception, busyStatus: 4 }] };
    assert.deepEqual(await details(encodeAppointmentRecurrence(odd)), ['an exception has the busy status 4']);
  });

  test('a zone that is damaged is told, unless the other property has it', async () => {
    const mail = await imported(mailOf(...ZONE, ...SERIES));
    await setNamed(mail, PidLidAppointmentTimeZoneDefinitionRecur, Uint8Array.of(1));
    assert.deepEqual(await toldOf(mail), []);
    await setNamed(mail, PidLidTimeZoneStruct, Uint8Array.of(1));
    assert.ok((await toldOf(mail)).some(({ detail }) => detail.startsWith('the time zone is damaged: ')));
  });

  test('of whole days with an event at an hour describes the zone of that hour', async () => {
    const mail = await imported(mailOf(...ZONE, ...SERIES));
    const zone = (await named(mail, PidLidAppointmentTimeZoneDefinitionRecur)) as Uint8Array;
    const days = await imported(mailOf(...event('DTSTART;VALUE=DATE:20240301', 'RRULE:FREQ=MONTHLY;COUNT=3')));
    const recurrence = await recurrenceOf(days);
    const originalStart = minutesOf(2024, 4, 1);
    const exception = { start: originalStart + 600, end: originalStart + 660, originalStart, subType: false };
    const pattern = { ...recurrence.pattern, deletedDates: [originalStart], modifiedDates: [originalStart] };
    const timed = { ...recurrence, pattern, exceptions: [exception] };
    await setNamed(days, PidLidAppointmentRecur, encodeAppointmentRecurrence(timed));
    await setNamed(days, PidLidAppointmentTimeZoneDefinitionRecur, zone);
    const calendar = await writtenOf(days);
    assert.match(calendar, /^DTSTART;TZID=Eastern Standard Time:20240401T100000\r$/m);
    assert.match(calendar, /^BEGIN:VTIMEZONE\r\nTZID:Eastern Standard Time\r$/m);
  });
});

describe('the days of a rule', () => {
  test('are those that ical.js finds', () => {
    const day = fc.constantFrom('SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA');
    const interval = fc.integer({ min: 1, max: 4 });
    const rules = fc.oneof(
      fc.tuple(interval).map(([n]) => `FREQ=DAILY;INTERVAL=${n}`),
      fc
        .tuple(interval, fc.uniqueArray(day, { minLength: 1 }), day)
        .map(([n, days, first]) => `FREQ=WEEKLY;INTERVAL=${n};BYDAY=${days.join(',')};WKST=${first}`),
      fc
        .tuple(interval, fc.integer({ min: 1, max: 28 }))
        .map(([n, date]) => `FREQ=MONTHLY;INTERVAL=${n};BYMONTHDAY=${date}`),
      fc
        .tuple(interval, day, fc.constantFrom(1, 2, 3, 4, -1))
        .map(([n, one, nth]) => `FREQ=MONTHLY;INTERVAL=${n};BYDAY=${nth}${one}`),
      fc
        .tuple(fc.uniqueArray(day, { minLength: 2 }), fc.constantFrom(1, 2, 3, 4, -1))
        .map(([days, nth]) => `FREQ=MONTHLY;BYDAY=${days.join(',')};BYSETPOS=${nth}`),
      fc.constant('FREQ=MONTHLY;BYMONTHDAY=-1'),
    );
    fc.assert(
      fc.property(rules, fc.integer({ min: 0, max: 3000 }), (rule, offset) => {
        const from = ICAL.Time.fromJSDate(new Date(Date.UTC(2020, 0, 1 + offset, 9)), true);
        const iterator = ICAL.Recur.fromString(rule).iterator(from);
        // ical.js begins with the start, whether the rule names it or not
        const days = Array.from({ length: 12 }, () => iterator.next()).map((each) => dateText(each));
        const start = fileMinutes(days[1] ?? '');
        const pattern = patternOfRule(rule, { start: start + 540, toLocal: (utc) => utc });
        assert.ok(!('reason' in pattern), `${rule} from ${days[1]}: ${'reason' in pattern ? pattern.reason : ''}`);
        const again = ICAL.Recur.fromString(rule).iterator(
          ICAL.Time.fromJSDate(new Date(`${days[1]}T09:00:00Z`), true),
        );
        const expected = Array.from({ length: 12 }, () => dateText(again.next()));
        const found: string[] = [];
        for (const each of occurrenceDays(pattern)) {
          found.push(minute(each).slice(0, 10));
          if (found.length === 12) break;
        }
        assert.deepEqual(found, expected, `${rule} from ${days[1]}`);
      }),
      { seed: 7, numRuns: 80 },
    );
  });
});

function dateText(time: { readonly year: number; readonly month: number; readonly day: number }): string {
  return new Date(Date.UTC(time.year, time.month - 1, time.day)).toISOString().slice(0, 10);
}

function fileMinutes(day: string): number {
  return (Date.parse(`${day}T00:00:00Z`) - Date.UTC(1601, 0, 1)) / 60_000;
}
