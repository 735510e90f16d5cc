import { deepStrictEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import {
  DIAG_CONTENT_TOO_LONG,
  DIAG_NO_DIAGNOSTIC,
  DIAG_OR_NAME_UNRECOGNIZED,
  DIAG_PROHIBITED,
  ndrCodes,
} from './ndr-code.ts';

test('known answers of mail systems have a diagnosis', () => {
  deepStrictEqual(ndrCodes({ enhancedStatus: '5.1.1', smtpCode: 550 }), {
    reason: 0,
    diagnostic: DIAG_OR_NAME_UNRECOGNIZED,
    status: 511,
  });
  deepStrictEqual(ndrCodes({ enhancedStatus: '5.3.4' }).diagnostic, DIAG_CONTENT_TOO_LONG);
  deepStrictEqual(ndrCodes({ enhancedStatus: '5.7.26' }), { reason: 0, diagnostic: DIAG_PROHIBITED, status: 5726 });
  deepStrictEqual(ndrCodes({ smtpCode: 554 }), { reason: 0, diagnostic: DIAG_NO_DIAGNOSTIC, status: 554 });
  deepStrictEqual(ndrCodes({}), { reason: 0, diagnostic: DIAG_NO_DIAGNOSTIC, status: undefined });
});

test('REPORT-015: the diagnosis lies between -1 and 47 whatever was answered', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.tuple(fc.nat(5), fc.nat(9), fc.nat(99)).map((parts) => parts.join('.')),
      ),
      (enhancedStatus) => {
        const { diagnostic } = ndrCodes({ enhancedStatus });
        ok(diagnostic >= -1 && diagnostic <= 47);
      },
    ),
    { seed: 1 },
  );
});
