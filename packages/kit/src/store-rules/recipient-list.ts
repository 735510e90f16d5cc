/** How `modifyRecipients` changes a recipient list. spec: imessage-modifyrecipients */
import {
  type AdrEntry,
  type AdrList,
  isPropError,
  isValueOfType,
  MAPI_SUBMITTED,
  MAPI_TO,
  MapiError,
  type ModifyRecipientsMode,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  type PropValue,
  PT_NULL,
  prop,
  propOf,
  propType,
  recipientKind,
} from '@nodemapi/mapi';

/** Recipients of one message; more are refused with MAPI_E_TOO_BIG. */
export const recipientsMax = 100_000;

export interface RecipientList {
  /** Every row has PR_ROWID, PR_RECIPIENT_TYPE and PR_DISPLAY_NAME. */
  readonly rows: AdrList;
  /** PR_ROWID of the next recipient; numbers are not used again while the message is open. */
  readonly nextRowId: number;
}

/**
 * Answers the changed list; the given one stays as it is, so that a failure changes nothing.
 *
 * @throws MAPI_E_INVALID_PARAMETER for PR_ROWID where it is forbidden or missing, and for PT_NULL;
 *   MAPI_E_INVALID_TYPE for a value that is not of the type of its tag;
 *   MAPI_E_NOT_FOUND for an unknown PR_ROWID; MAPI_E_TOO_BIG beyond `recipientsMax`
 */
export function modifiedRecipients(list: RecipientList, mode: ModifyRecipientsMode, rows: AdrList): RecipientList {
  const given = rows.filter((row) => row.length > 0).map(cleaned);
  if (mode === 'add' || mode === 'replace') return added(mode === 'add' ? list.rows : [], list.nextRowId, given);
  const byId = new Map(list.rows.map((row) => [rowIdOf(row), row]));
  for (const row of given) {
    const rowId = propOf(row, PR_ROWID);
    if (rowId === undefined) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${mode} needs PR_ROWID in every row`);
    if (!byId.has(rowId)) throw new MapiError('MAPI_E_NOT_FOUND', `no recipient has PR_ROWID ${rowId}`);
    if (mode === 'remove') byId.delete(rowId);
    else byId.set(rowId, complete(row, rowId));
  }
  return { rows: [...byId.values()], nextRowId: list.nextRowId };
}

function added(before: AdrList, firstRowId: number, given: AdrList): RecipientList {
  if (before.length + given.length > recipientsMax) {
    throw new MapiError('MAPI_E_TOO_BIG', `more than ${recipientsMax} recipients`);
  }
  const rows = given.map((row, index) => {
    if (propOf(row, PR_ROWID) !== undefined) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a new recipient has no PR_ROWID');
    }
    return complete(row, firstRowId + index);
  });
  return { rows: [...before, ...rows], nextRowId: firstRowId + rows.length };
}

function cleaned(row: AdrEntry): AdrEntry {
  if (row.some((value) => propType(value.tag) === PT_NULL)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'PT_NULL in a recipient');
  }
  const values = row.filter((value) => !isPropError(value));
  const wrong = values.find(({ tag, value }) => !isValueOfType(propType(tag), value));
  if (wrong === undefined) return values;
  throw new MapiError('MAPI_E_INVALID_TYPE', `0x${wrong.tag.toString(16)} of a recipient is a ${typeof wrong.value}`);
}

/** PR_ROWID first, then what was given, then what every recipient has. */
function complete(row: AdrEntry, rowId: number): AdrEntry {
  const values: PropValue[] = [prop(PR_ROWID, rowId), ...row.filter((value) => value.tag !== PR_ROWID)];
  if (propOf(row, PR_RECIPIENT_TYPE) === undefined) values.push(prop(PR_RECIPIENT_TYPE, MAPI_TO));
  if (propOf(row, PR_DISPLAY_NAME) === undefined) {
    values.push(prop(PR_DISPLAY_NAME, propOf(row, PR_EMAIL_ADDRESS) ?? ''));
  }
  return values;
}

/** PR_ROWID of a row of a list. */
export function rowIdOf(row: AdrEntry): number {
  const rowId = propOf(row, PR_ROWID);
  if (rowId === undefined) throw new MapiError('MAPI_E_CORRUPT_DATA', 'recipient without PR_ROWID');
  return rowId;
}

/** A row with some values replaced or added. */
export function withValues(row: AdrEntry, values: readonly PropValue[]): AdrEntry {
  const replaced = new Set<number>(values.map((value) => value.tag));
  return [...row.filter((value) => !replaced.has(value.tag)), ...values];
}

/**
 * The list as a submission leaves it: PR_RESPONSIBILITY is FALSE for everybody who has to be served. Recipients of a
 * resent message that had it already (MAPI_SUBMITTED) are TRUE.
 */
export function recipientsOfSubmitted(rows: AdrList): AdrList {
  return rows.map((row) => withValues(row, [prop(PR_RESPONSIBILITY, isServedAlready(row))]));
}

/** Rows without PR_RESPONSIBILITY get FALSE: whoever expanded the list may have added some. */
export function withResponsibility(rows: AdrList): AdrList {
  return rows.map((row) =>
    propOf(row, PR_RESPONSIBILITY) === undefined ? withValues(row, [prop(PR_RESPONSIBILITY, false)]) : row,
  );
}

function isServedAlready(row: AdrEntry): boolean {
  const type = propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO;
  return (type & MAPI_SUBMITTED) !== 0 && recipientKind(type) !== 0;
}
