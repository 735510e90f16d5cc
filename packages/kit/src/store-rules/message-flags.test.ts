import assert from 'node:assert/strict';
import {
  MSGFLAG_ASSOCIATED,
  MSGFLAG_FROMME,
  MSGFLAG_HASATTACH,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_ORIGIN_INTERNET,
  MSGFLAG_READ,
  MSGFLAG_RN_PENDING,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNMODIFIED,
  MSGFLAG_UNSENT,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import {
  countsAsUnread,
  flagsAfterSave,
  flagsOfAborted,
  flagsOfCopy,
  flagsOfSent,
  flagsOfSubmitted,
  newMessageFlags,
  type SaveState,
  withWrittenFlags,
} from './message-flags.ts';

const FIRST: SaveState = {
  firstSave: true,
  hasAttachments: false,
  readReceiptRequested: false,
  nonReadRequested: false,
  delivered: false,
};

describe('message flags', () => {
  test('SUBMIT-064: a new message is unsent and unmodified', () => {
    assert.equal(newMessageFlags(false), MSGFLAG_UNSENT | MSGFLAG_UNMODIFIED);
    assert.equal(newMessageFlags(true) & MSGFLAG_ASSOCIATED, MSGFLAG_ASSOCIATED);
  });

  test('SUBMIT-060, SUBMIT-061: a writer changes the flags that are his, and no others', () => {
    const all = 0xffff;
    assert.equal(withWrittenFlags(MSGFLAG_SUBMIT, all, false) & MSGFLAG_ORIGIN_INTERNET, 0);
    assert.notEqual(withWrittenFlags(0, all, true) & MSGFLAG_ORIGIN_INTERNET, 0);
    assert.equal(withWrittenFlags(0, all, true) & (MSGFLAG_SUBMIT | MSGFLAG_HASATTACH | MSGFLAG_RN_PENDING), 0);
    assert.equal(withWrittenFlags(MSGFLAG_SUBMIT | MSGFLAG_READ, 0, false), MSGFLAG_SUBMIT);
  });

  test('SUBMIT-062: only the first save keeps UNMODIFIED', () => {
    const flags = flagsAfterSave(newMessageFlags(false), FIRST);
    assert.notEqual(flags & MSGFLAG_UNMODIFIED, 0);
    assert.equal(flagsAfterSave(flags, { ...FIRST, firstSave: false }) & MSGFLAG_UNMODIFIED, 0);
  });

  test('SUBMIT-065: delivery clears READ and UNSENT', () => {
    const flags = flagsAfterSave(MSGFLAG_READ | MSGFLAG_UNSENT | MSGFLAG_FROMME, { ...FIRST, delivered: true });
    assert.equal(flags, MSGFLAG_UNMODIFIED | MSGFLAG_FROMME);
  });

  test('REPORT-032: reports become pending with the first save of a received message alone', () => {
    const asked = { ...FIRST, delivered: true, readReceiptRequested: true };
    const both = MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING;
    assert.equal(flagsAfterSave(0, asked) & both, both);
    assert.equal(flagsAfterSave(0, { ...asked, firstSave: false }) & both, 0);
    assert.equal(flagsAfterSave(newMessageFlags(false), { ...asked, delivered: false }) & both, 0);
    assert.equal(
      flagsAfterSave(0, { ...asked, readReceiptRequested: false, nonReadRequested: true }) & both,
      MSGFLAG_NRN_PENDING,
    );
  });

  test('SUBMIT-063: an associated message is never read, and never counts as unread', () => {
    assert.equal(flagsAfterSave(MSGFLAG_ASSOCIATED | MSGFLAG_READ, FIRST) & MSGFLAG_READ, 0);
    assert.equal(countsAsUnread(MSGFLAG_ASSOCIATED), false);
    assert.equal(countsAsUnread(0), true);
    assert.equal(countsAsUnread(MSGFLAG_READ), false);
  });

  test('SUBMIT-014, SUBMIT-043, SUBMIT-052: submitted, aborted and sent', () => {
    const submitted = flagsOfSubmitted(0);
    assert.equal(submitted, MSGFLAG_SUBMIT | MSGFLAG_UNSENT);
    assert.equal(flagsOfAborted(submitted), MSGFLAG_UNSENT);
    assert.equal(flagsOfSent(submitted), MSGFLAG_READ);
  });

  test('REPORT-033: a copy has no reports pending', () => {
    assert.equal(flagsOfCopy(MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING | MSGFLAG_SUBMIT | MSGFLAG_READ), MSGFLAG_READ);
  });
});
