import assert from 'node:assert/strict';
import {
  MAPI_P1,
  MAPI_SUBMITTED,
  MAPI_TO,
  MapiError,
  type MapiErrorCode,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { modifiedRecipients, type RecipientList, recipientsOfSubmitted, withResponsibility } from './recipient-list.ts';

const EMPTY: RecipientList = { rows: [], nextRowId: 0 };
const named = (name: string) => [prop(PR_DISPLAY_NAME, name), prop(PR_RECIPIENT_TYPE, MAPI_TO)];
const names = (list: RecipientList): unknown[] => list.rows.map((row) => propOf(row, PR_DISPLAY_NAME));
const throws = (code: MapiErrorCode, run: () => unknown): void =>
  assert.throws(run, (error) => MapiError.is(error, code));

describe('recipient lists', () => {
  test('RECIP-001, RECIP-019: rows get numbers, which are not used again', () => {
    const two = modifiedRecipients(EMPTY, 'add', [named('Ann'), named('Bob')]);
    const one = modifiedRecipients(two, 'remove', [[prop(PR_ROWID, 1)]]);
    const again = modifiedRecipients(one, 'add', [named('Cid')]);
    assert.deepEqual(names(again), ['Ann', 'Cid']);
    assert.deepEqual(
      again.rows.map((row) => propOf(row, PR_ROWID)),
      [0, 2],
    );
    assert.deepEqual(names(two), ['Ann', 'Bob']);
  });

  test('RECIP-002, RECIP-003: numbers are needed where rows are changed', () => {
    const list = modifiedRecipients(EMPTY, 'add', [named('Ann')]);
    throws('MAPI_E_INVALID_PARAMETER', () => modifiedRecipients(list, 'modify', [named('Ann')]));
    throws('MAPI_E_INVALID_PARAMETER', () => modifiedRecipients(list, 'replace', [[prop(PR_ROWID, 0)]]));
    throws('MAPI_E_NOT_FOUND', () => modifiedRecipients(list, 'remove', [[prop(PR_ROWID, 9)]]));
  });

  test('a value that is not of the type of its tag is refused', () => {
    const wrong = [{ ...prop(PR_DISPLAY_NAME, 'Ann'), value: 5 }];
    throws('MAPI_E_INVALID_TYPE', () => modifiedRecipients(EMPTY, 'add', [named('Bob'), wrong]));
  });

  test('a recipient without a name is called by its address, one without a kind is a primary one', () => {
    const list = modifiedRecipients(EMPTY, 'add', [[prop(PR_EMAIL_ADDRESS, 'a@b.example')]]);
    assert.deepEqual(names(list), ['a@b.example']);
    assert.equal(propOf(list.rows[0] ?? [], PR_RECIPIENT_TYPE), MAPI_TO);
  });

  test('SUBMIT-015, SUBMIT-030: everybody is to be served but those who have been', () => {
    const list = modifiedRecipients(EMPTY, 'add', [
      named('Ann'),
      [prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_RECIPIENT_TYPE, (MAPI_TO | MAPI_SUBMITTED) >>> 0)],
      [...named('Cid'), prop(PR_RESPONSIBILITY, true)],
      [prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_RECIPIENT_TYPE, MAPI_P1)],
    ]);
    const rows = recipientsOfSubmitted(list.rows);
    assert.deepEqual(
      rows.map((row) => propOf(row, PR_RESPONSIBILITY)),
      [false, true, false, false],
    );
    const filled = withResponsibility(list.rows);
    assert.deepEqual(
      filled.map((row) => propOf(row, PR_RESPONSIBILITY)),
      [false, false, true, false],
    );
  });
});
