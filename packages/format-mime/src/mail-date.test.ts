import assert from 'node:assert/strict';
import { fileTimeFromIso, fileTimeToIso } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { formatMailDate, parseMailDate } from './mail-date.ts';

describe('parseMailDate', () => {
  const samples: readonly (readonly [string, string | undefined])[] = [
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06.000Z'],
    ['21 Nov 97 09:55 GMT', '1997-11-21T09:55:00.000Z'],
    ['Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)', '1969-02-14T03:02:00.000Z'],
    ['Mon, 3 Jan 2005 10:20:30 EST', '2005-01-03T15:20:30.000Z'],
    ['Tue Jul  1 10:52:37 2003', '2003-07-01T10:52:37.000Z'],
    ['2020-02-29 01:02:03 +0100', '2020-02-29T00:02:03.000Z'],
    ['1 Jan 70 00:00:00 +0000', '1970-01-01T00:00:00.000Z'],
    ['1 Jan 49 00:00:00 +0000', '2049-01-01T00:00:00.000Z'],
    ['Wed, 31 Dec 2008 23:59:60 +0000', '2008-12-31T23:59:59.000Z'],
    ['5 Jul 2013 10:47:34 PM -0700', '2013-07-06T05:47:34.000Z'],
    ['Whenever', undefined],
    ['', undefined],
    ['32 Jan 2020 00:00:00 +0000', undefined],
    ['1 Foo 2020 00:00:00 +0000', undefined],
    ['1 Jan 2020 99:99:99 +0000', undefined],
  ];
  for (const [header, iso] of samples) {
    test(header === '' ? '(empty)' : header, () => {
      const time = parseMailDate(header);
      assert.equal(time === undefined ? undefined : fileTimeToIso(time), iso);
    });
  }

  test('hostile headers end', () => {
    for (const header of ['1'.repeat(100_000), '('.repeat(100_000), 'jan '.repeat(50_000), '+1 '.repeat(50_000)]) {
      parseMailDate(header);
    }
  });
});

test('a written date reads as the same second', () => {
  const first = fileTimeFromIso('1700-01-01T00:00:00Z') / 10_000_000n;
  const last = fileTimeFromIso('9999-01-01T00:00:00Z') / 10_000_000n;
  fc.assert(
    fc.property(fc.bigInt({ min: first, max: last }), (seconds) => {
      const time = seconds * 10_000_000n;
      assert.equal(parseMailDate(formatMailDate(time)), time);
    }),
    { seed: 4, numRuns: 500 },
  );
});
