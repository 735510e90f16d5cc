import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { decodeAppointmentRecurrence, encodeAppointmentRecurrence } from './appointment-recurrence.ts';
import { biasAt, minutesOf } from './local-time.ts';
import { SAMPLE_HEX, ZONE_HEX } from './ocal-sample.testing.ts';
import {
  decodeTimeZone,
  decodeTimeZoneDefinition,
  effectiveRule,
  encodeTimeZone,
  encodeTimeZoneDefinition,
} from './time-zone.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (value: Uint8Array): string => Buffer.from(value).toString('hex');

describe('PidLidAppointmentRecur', () => {
  test('every field is read, the Unicode texts before the others', () => {
    const { recurrence, problems } = decodeAppointmentRecurrence(bytes(SAMPLE_HEX));
    assert.deepEqual(problems, []);
    assert.deepEqual(recurrence.pattern, {
      frequency: 'weekly',
      patternType: 'week',
      calendarType: 0,
      firstDateTime: 0x21c0,
      period: 1,
      slidingFlag: 0,
      days: 0x32,
      day: 0,
      nth: 0,
      end: 'count',
      occurrenceCount: 12,
      firstDayOfWeek: 0,
      deletedDates: [0x0cbc_9aa0],
      modifiedDates: [0x0cbc_9aa0],
      startDate: 0x0cbc_7480,
      endDate: 0x0cbd_ad20,
    });
    const { reserved, ...exception } = recurrence.exceptions[0] ?? {};
    assert.deepEqual(exception, {
      start: 0x0cbc_9d34,
      end: 0x0cbc_9d52,
      originalStart: 0x0cbc_9cf8,
      subject: 'Changed €',
      location: 'Room 5',
      meetingType: 1,
      reminderDelta: 15,
      reminderSet: true,
      busyStatus: 2,
      attachment: 1,
      subType: false,
      appointmentColor: 5,
      hasBody: true,
      changeHighlight: 7,
    });
    assert.deepEqual(
      [reserved?.afterHighlight, reserved?.block1, reserved?.block2, recurrence.reserved1, recurrence.reserved2],
      [bytes('eeff'), bytes('11'), bytes('22'), bytes('aabbccdd'), bytes('3344')],
    );
  });

  test('what was read is written as it was, but for texts that had lost characters', () => {
    const { recurrence } = decodeAppointmentRecurrence(bytes(SAMPLE_HEX));
    const again = encodeAppointmentRecurrence(recurrence);
    assert.deepEqual(decodeAppointmentRecurrence(again).recurrence, recurrence);
    const [exception] = recurrence.exceptions;
    assert.ok(exception !== undefined);
    const { subject: _, location: __, ...plain } = exception;
    const narrow = encodeAppointmentRecurrence({ ...recurrence, exceptions: [{ ...plain, location: 'Room' }] });
    assert.deepEqual(encodeAppointmentRecurrence(decodeAppointmentRecurrence(narrow).recurrence), narrow);
  });

  test('before version 0x3009 there is no highlight', () => {
    const { recurrence } = decodeAppointmentRecurrence(bytes(SAMPLE_HEX));
    const exceptions = recurrence.exceptions.map(({ changeHighlight: _, reserved: __, ...rest }) => rest);
    const old = { ...recurrence, exceptions, writerVersion: 0x3008 };
    assert.deepEqual(decodeAppointmentRecurrence(encodeAppointmentRecurrence(old)), { recurrence: old, problems: [] });
  });

  test('whatever is cut off after the times of the series is told, and what comes before it is read', () => {
    const whole = bytes(SAMPLE_HEX);
    const needed = 22 + 4 * 4 + 8 * 4 + 4 * 4;
    for (let length = 0; length < whole.length; length++) {
      try {
        const { recurrence, problems } = decodeAppointmentRecurrence(whole.subarray(0, length));
        assert.equal(problems.length, 1, String(length));
        assert.equal(recurrence.startTimeOffset, 600);
      } catch (error) {
        assert.ok(MapiError.is(error, 'MAPI_E_CORRUPT_DATA') && length < needed, `${length}: ${String(error)}`);
      }
    }
    const { problems } = decodeAppointmentRecurrence(bytes(`${SAMPLE_HEX}00`));
    assert.deepEqual(problems, ['1 bytes after the end are left out']);
  });

  test('counts that the bytes cannot hold are refused before anything is made of them', () => {
    const counted = bytes(SAMPLE_HEX);
    new DataView(counted.buffer).setUint32(38, 0xffff_ffff, true);
    assert.throws(() => decodeAppointmentRecurrence(counted), /4294967295 dates in \d+ bytes/);
  });
});

describe('time zones of calendars', () => {
  const eastern = { bias: 300, standardBias: 0, daylightBias: -60 };
  const change = { dayOfWeek: 0, hour: 2, minute: 0 };
  const now = { ...eastern, toStandard: { ...change, month: 11, nth: 1 }, toDaylight: { ...change, month: 3, nth: 2 } };

  test('PidLidTimeZoneStruct, both ways', () => {
    assert.deepEqual(decodeTimeZone(bytes(ZONE_HEX.struct)), now);
    assert.equal(hexOf(encodeTimeZone(now)), ZONE_HEX.struct);
  });

  test('a definition has the rules of its years, both ways; the effective one counts', () => {
    const definition = decodeTimeZoneDefinition(bytes(ZONE_HEX.definition));
    assert.equal(definition.keyName, 'EST');
    assert.deepEqual(
      definition.rules.map(({ year, flags, toStandard }) => [year, flags, toStandard?.month]),
      [
        [2006, 0, 10],
        [2007, 2, 11],
      ],
    );
    assert.deepEqual(effectiveRule(definition), { year: 2007, flags: 2, ...now });
    assert.equal(hexOf(encodeTimeZoneDefinition(definition)), ZONE_HEX.definition);
  });

  test('seconds of a change and bytes without a meaning are kept', () => {
    const odd = bytes(ZONE_HEX.definition);
    odd[24] = 1; // within the unused bytes of the first rule
    const late = encodeTimeZoneDefinition(decodeTimeZoneDefinition(odd));
    assert.deepEqual(late, odd);
    const rule = { ...now, toStandard: { ...now.toStandard, hour: 23, minute: 59, second: 59, milliseconds: 999 } };
    assert.deepEqual(decodeTimeZone(encodeTimeZone(rule)), rule);
    assert.equal(biasAt(rule, minutesOf(2024, 11, 3, 23, 59)), 240);
    assert.equal(biasAt(rule, minutesOf(2024, 11, 4, 0)), 300);
  });

  test('a zone that never changes its clocks, and one whose change cannot be', () => {
    const none = { ...eastern, toStandard: undefined, toDaylight: undefined };
    assert.deepEqual(decodeTimeZone(encodeTimeZone(none)), none);
    const odd = bytes(ZONE_HEX.struct);
    new DataView(odd.buffer).setUint16(16, 13, true);
    assert.equal(decodeTimeZone(odd).toStandard, undefined);
  });
});
