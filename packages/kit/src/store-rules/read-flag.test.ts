import assert from 'node:assert/strict';
import {
  MapiError,
  MSGFLAG_ASSOCIATED,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_READ,
  MSGFLAG_RN_PENDING,
  MSGFLAG_SUBMIT,
  type ReadFlagOptions,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { checkReadFlagOptions, decideReadFlag, nonReadReportDue } from './read-flag.ts';

const PENDING = MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING;

describe('read flags', () => {
  /** flags before, options, flags after, whether a report is sent, whether the request is withdrawn */
  const table: readonly [string, number, ReadFlagOptions, number, boolean, boolean][] = [
    ['REPORT-037: unread becomes read', 0, {}, MSGFLAG_READ, false, false],
    ['REPORT-037: and sends what is pending', PENDING, {}, MSGFLAG_READ, true, false],
    [
      'REPORT-037: read stays as it is',
      MSGFLAG_READ | MSGFLAG_RN_PENDING,
      {},
      MSGFLAG_READ | MSGFLAG_RN_PENDING,
      false,
      false,
    ],
    ['REPORT-038: suppressing sends nothing', PENDING, { suppressReceipt: true }, MSGFLAG_READ, false, false],
    ['REPORT-039: clearing sends nothing', MSGFLAG_READ | PENDING, { clearRead: true }, PENDING, false, false],
    ['REPORT-040: the report alone', PENDING, { generateReceiptOnly: true }, 0, true, false],
    ['REPORT-040: none is pending', 0, { generateReceiptOnly: true }, 0, false, false],
    [
      'REPORT-041: the request is withdrawn',
      PENDING,
      { generateReceiptOnly: true, suppressReceipt: true },
      0,
      false,
      true,
    ],
    ['REPORT-045: submitted', MSGFLAG_SUBMIT | PENDING, {}, MSGFLAG_SUBMIT | PENDING, false, false],
    ['SUBMIT-063: associated', MSGFLAG_ASSOCIATED, {}, MSGFLAG_ASSOCIATED, false, false],
    [
      'REPORT-033: only what is pending is cleared',
      PENDING,
      { clearReadPending: true, clearNonReadPending: true },
      0,
      false,
      false,
    ],
    ['REPORT-033: one of the two', PENDING, { clearReadPending: true }, MSGFLAG_NRN_PENDING, false, false],
  ];
  for (const [title, before, options, flags, sendReadReport, clearRequest] of table) {
    test(title, () => assert.deepEqual(decideReadFlag(before, options), { flags, sendReadReport, clearRequest }));
  }

  test('REPORT-042: what excludes each other is refused', () => {
    for (const options of [
      { suppressReceipt: true, clearRead: true },
      { clearRead: true, generateReceiptOnly: true },
      { suppressReceipt: true, clearRead: true, generateReceiptOnly: true },
    ]) {
      assert.throws(
        () => checkReadFlagOptions(options),
        (error) => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'),
      );
    }
    checkReadFlagOptions({ suppressReceipt: true, generateReceiptOnly: true });
  });

  test('REPORT-031, C-21: a nonread report is due for what was never read', () => {
    assert.equal(nonReadReportDue(MSGFLAG_NRN_PENDING), true);
    assert.equal(nonReadReportDue(MSGFLAG_NRN_PENDING | MSGFLAG_READ), false);
    assert.equal(nonReadReportDue(MSGFLAG_NRN_PENDING | MSGFLAG_SUBMIT), false);
    assert.equal(nonReadReportDue(0), false);
  });
});
