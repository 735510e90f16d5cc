import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { biasAt, dateOf, localOfUtc, minutesOf } from './local-time.ts';
import { ZONE_HEX } from './ocal-sample.testing.ts';
import { occurrenceDays } from './occurrences.ts';
import { ENDLESS_DATE, type RecurrencePattern } from './recurrence-pattern.ts';
import { patternOfRule, ruleOfPattern } from './recurrence-rule.ts';
import { decodeTimeZone } from './time-zone.ts';

const at = (text: string): number => minutesOf(...(text.split('-').map(Number) as [number, number, number]));
const dayText = (day: number): string => dateOf(day).toISOString().slice(0, 10);

function patternOf(rule: string, start: string): RecurrencePattern {
  const found = patternOfRule(rule, { start: at(start) + 600, toLocal: (utc) => utc });
  if ('reason' in found) throw new Error(found.reason);
  return found;
}

function reasonOf(rule: string, start = '2024-01-31'): string {
  const found = patternOfRule(rule, { start: at(start) + 600, toLocal: (utc) => utc });
  return 'reason' in found ? found.reason : 'none';
}

function daysOf(pattern: RecurrencePattern, count: number): readonly string[] {
  const days: string[] = [];
  for (const day of occurrenceDays(pattern)) {
    days.push(dayText(day));
    if (days.length === count) break;
  }
  return days;
}

describe('rules of series', () => {
  test('become patterns with the days that they name', () => {
    const cases: readonly (readonly [string, string, readonly string[]])[] = [
      ['FREQ=DAILY;INTERVAL=3', '2024-02-28', ['2024-02-28', '2024-03-02', '2024-03-05']],
      ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', '2024-02-29', ['2024-02-29', '2024-03-01', '2024-03-04']],
      ['FREQ=WEEKLY', '2024-02-29', ['2024-02-29', '2024-03-07', '2024-03-14']],
      ['FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=SU', '2024-02-27', ['2024-02-27', '2024-03-10', '2024-03-12']],
      ['FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=MO', '2024-02-27', ['2024-02-27', '2024-03-03', '2024-03-12']],
      ['FREQ=MONTHLY', '2024-01-15', ['2024-01-15', '2024-02-15', '2024-03-15']],
      ['FREQ=MONTHLY;BYMONTHDAY=-1', '2024-01-31', ['2024-01-31', '2024-02-29', '2024-03-31']],
      ['FREQ=MONTHLY;BYDAY=2TU;INTERVAL=2', '2024-01-09', ['2024-01-09', '2024-03-12', '2024-05-14']],
      ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '2024-01-31', ['2024-01-31', '2024-02-29', '2024-03-29']],
      ['FREQ=YEARLY', '2024-02-29', ['2024-02-29', '2025-02-28', '2026-02-28']],
      ['FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYSETPOS=-1', '2024-03-31', ['2024-03-31', '2025-03-30', '2026-03-29']],
      ['FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYMONTHDAY=31', '2024-01-31', ['2024-01-31', '2026-01-31', '2028-01-31']],
    ];
    for (const [rule, start, days] of cases) assert.deepEqual(daysOf(patternOf(rule, start), 3), days, rule);
  });

  test('have the numbers that Outlook calculates with', () => {
    const weekly = patternOf('FREQ=WEEKLY;INTERVAL=2;UNTIL=20101101T140000Z;WKST=SU', '2010-08-23');
    assert.equal(weekly.firstDateTime, 18_720);
    assert.deepEqual([weekly.end, weekly.occurrenceCount, dayText(weekly.endDate)], ['date', 6, '2010-11-01']);
    const daily = patternOf('FREQ=DAILY;INTERVAL=3;COUNT=4', '2024-02-28');
    assert.equal(daily.firstDateTime, daily.startDate % (3 * 1440));
    assert.deepEqual([daily.end, daily.occurrenceCount, dayText(daily.endDate)], ['count', 4, '2024-03-08']);
    const monthly = patternOf('FREQ=MONTHLY;INTERVAL=5', '2024-02-29');
    assert.equal(monthly.firstDateTime, at('1601-03-01')); // 5077 months, and 5077 % 5 is 2
    assert.deepEqual([monthly.end, monthly.occurrenceCount, monthly.endDate], ['never', 10, ENDLESS_DATE]);
    assert.equal(patternOf('FREQ=YEARLY', '2024-02-29').firstDateTime, at('1601-02-01'));
  });

  test('that MAPI has no pattern for are told why', () => {
    assert.match(reasonOf('FREQ=HOURLY'), /HOURLY/);
    assert.match(reasonOf('FREQ=MONTHLY;BYHOUR=3'), /BYHOUR/);
    assert.match(reasonOf('FREQ=MONTHLY;BYMONTHDAY=1,15'), /days of the month/);
    assert.match(reasonOf('FREQ=MONTHLY;BYDAY=1MO,3MO'), /several numbered/);
    assert.match(reasonOf('FREQ=MONTHLY;BYDAY=5WE'), /no single place/);
    assert.match(reasonOf('FREQ=YEARLY;BYMONTH=2'), /months/);
    assert.match(reasonOf('FREQ=YEARLY;BYDAY=20MO'), /counted in the year/);
    assert.match(reasonOf('FREQ=WEEKLY;BYDAY=MO'), /first event/);
    assert.match(reasonOf('FREQ=DAILY;COUNT=3;UNTIL=20250101'), /two ends/);
    assert.match(reasonOf('FREQ=DAILY;COUNT=99999999'), /count/);
    assert.match(reasonOf('FREQ=DAILY;INTERVAL=0'), /interval/);
    assert.match(reasonOf('FREQ=DAILY;UNTIL=20200101'), /ends before/);
    assert.match(reasonOf('nonsense'), /NONSENSE/);
  });

  test('a series that ends after all years has no end', () => {
    const { end, endDate } = patternOf('FREQ=MONTHLY;UNTIL=99991231', '2024-01-31');
    assert.deepEqual([end, endDate], ['never', ENDLESS_DATE]);
  });

  test('are written again', () => {
    for (const [rule, start, written] of [
      ['FREQ=DAILY;INTERVAL=3;COUNT=4', '2024-02-28', 'FREQ=DAILY;COUNT=4;INTERVAL=3'],
      ['FREQ=DAILY;BYDAY=MO,FR', '2024-03-01', 'FREQ=WEEKLY;BYDAY=MO,FR;WKST=MO'],
      ['FREQ=WEEKLY;UNTIL=20240315', '2024-02-29', 'FREQ=WEEKLY;UNTIL=2024-03-14;BYDAY=TH;WKST=MO'],
      ['FREQ=MONTHLY;BYMONTHDAY=-1', '2024-01-31', 'FREQ=MONTHLY;BYMONTHDAY=-1'],
      ['FREQ=MONTHLY;BYDAY=-1FR', '2024-01-26', 'FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1'],
      ['FREQ=YEARLY;BYMONTHDAY=5', '2024-02-05', 'FREQ=YEARLY;BYMONTHDAY=5;BYMONTH=2'],
      ['FREQ=YEARLY;INTERVAL=2', '2024-02-05', 'FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=5'],
    ] as const)
      assert.equal(ruleOfPattern(patternOf(rule, start), dayText), written, rule);
    const pattern = patternOf('FREQ=MONTHLY', '2024-01-31');
    assert.equal(ruleOfPattern({ ...pattern, patternType: 'hjMonth' }, dayText), undefined);
    assert.equal(ruleOfPattern({ ...pattern, period: 0 }, dayText), undefined);
  });

  test('patterns that no day belongs to have none, and end', () => {
    const pattern = patternOf('FREQ=MONTHLY;BYDAY=1WE', '2024-01-03');
    for (const odd of [{ days: 0 }, { period: 0 }, { period: 0xffff_ffff }, { patternType: 'week' as const, days: 0 }])
      assert.ok([...occurrenceDays({ ...pattern, ...odd })].length <= 1, JSON.stringify(odd));
  });
});

describe('local time', () => {
  test('is told by the season, on both sides of its changes', () => {
    const rule = decodeTimeZone(new Uint8Array(Buffer.from(ZONE_HEX.struct, 'hex')));
    const cases = [
      [minutesOf(2024, 1, 15, 12), 300],
      [minutesOf(2024, 3, 10, 1, 59), 300],
      [minutesOf(2024, 3, 10, 3), 240],
      [minutesOf(2024, 7, 1), 240],
      [minutesOf(2024, 11, 3, 2), 300],
    ] as const;
    for (const [local, bias] of cases) {
      assert.equal(biasAt(rule, local), bias, dateOf(local).toISOString());
      assert.equal(localOfUtc(rule, local + bias), local);
    }
  });

  test('of the south has its summer over the end of the year', () => {
    const change = { dayOfWeek: 0, nth: 1, hour: 2, minute: 0 };
    const rule = {
      bias: -600,
      standardBias: 0,
      daylightBias: -60,
      toStandard: { ...change, month: 4 },
      toDaylight: { ...change, month: 10 },
    };
    assert.deepEqual([biasAt(rule, minutesOf(2024, 1, 1)), biasAt(rule, minutesOf(2024, 7, 1))], [-660, -600]);
  });
});
