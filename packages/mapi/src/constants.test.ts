import assert from 'node:assert/strict';
import { HRESULTS, WARNINGS } from '@nodemapi/base';
import { describe, test } from 'vitest';
import * as mapi from './index.ts';

const powersOfTwo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => 1 << index);

describe('values of the contract', () => {
  test('ERR-2: errors are 0x80040000 and warnings 0x00040000 with the code', () => {
    assert.equal(HRESULTS.MAPI_E_NO_SUPPORT, 0x80040102);
    assert.equal(HRESULTS.MAPI_E_NOT_FOUND, 0x8004010f);
    assert.equal(WARNINGS.MAPI_W_ERRORS_RETURNED, 0x00040380);
    const own = Object.entries(HRESULTS).filter(([, value]) => value >>> 16 === 0x8004);
    assert.ok(own.length > 60);
  });

  test('ERR-3: five errors are those of the system', () => {
    assert.equal(HRESULTS.MAPI_E_CALL_FAILED, 0x80004005);
    assert.equal(HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY, 0x8007000e);
    assert.equal(HRESULTS.MAPI_E_INVALID_PARAMETER, 0x80070057);
    assert.equal(HRESULTS.MAPI_E_INTERFACE_NOT_SUPPORTED, 0x80004002);
    assert.equal(HRESULTS.MAPI_E_NO_ACCESS, 0x80070005);
  });

  test('AMB-61, C-09: names that are misspelt or nowhere defined are not there; what they mean is, spelt as in the headers', () => {
    const codes = Object.keys({ ...HRESULTS, ...WARNINGS });
    const names = [...codes, ...Object.keys(mapi)];
    for (const wrong of ['STATUS_ONLINE', 'LOGON_SETUP', 'MAPI_E_USER_CANCELED', 'MAPI_E_INVALID_FLAGS']) {
      assert.ok(!names.includes(wrong), wrong);
    }
    assert.deepEqual([HRESULTS.MAPI_E_USER_CANCEL, HRESULTS.MAPI_E_UNKNOWN_FLAGS], [0x80040113, 0x80040106]);
    const { readyToSend, sentDeferred, configChange } = mapi.SPOOLER_NOTICES;
    assert.deepEqual([readyToSend, sentDeferred, configChange], [0x2, 0x4, 0x4000]);
    assert.deepEqual([mapi.TRANSPORT_LOGON_FLAGS.idle, mapi.TRANSPORT_LOGON_FLAGS.poll], [0x1_0000, 0x2_0000]);
    assert.equal(mapi.STATUS_OFFLINE, 0x2); // who is online has it not
  });

  test('AMB-62: what has no number in headers and pages is given none', () => {
    const numberless = /^(?:MAPI_APP_PROFILE|MAPI_CACHE_OK|MAPICRASH_|FIRONOADJUSTMENT|IID_IMAPIInitMonitor)/;
    assert.deepEqual(
      Object.keys(mapi).filter((name) => numberless.test(name)),
      [],
    );
  });

  test('AMB-73, ERR-1: the severity is bit 31, the facility bits 16 to 26, and what is between them is reserved', () => {
    const [none, itf, win32] = [0, 4, 7];
    for (const [name, value] of Object.entries({ ...HRESULTS, ...WARNINGS })) {
      assert.ok([none, itf, win32].includes((value >>> 16) & 0x7ff), name);
      assert.equal((value >>> 27) & 0xf, 0, name);
    }
    for (const [name, value] of Object.entries(HRESULTS)) assert.equal(value >>> 31, 1, name);
    for (const [name, value] of Object.entries(WARNINGS)) assert.equal(value >>> 31, 0, name);
  });

  test('OBJ-14: object types', () => {
    const { MAPI_STORE, MAPI_ADDRBOOK, MAPI_FOLDER, MAPI_ABCONT, MAPI_MESSAGE, MAPI_MAILUSER } = mapi;
    const { MAPI_ATTACH, MAPI_DISTLIST, MAPI_PROFSECT, MAPI_STATUS, MAPI_SESSION, MAPI_FORMINFO } = mapi;
    assert.deepEqual(
      [MAPI_STORE, MAPI_ADDRBOOK, MAPI_FOLDER, MAPI_ABCONT, MAPI_MESSAGE, MAPI_MAILUSER],
      [1, 2, 3, 4, 5, 6],
    );
    assert.deepEqual(
      [MAPI_ATTACH, MAPI_DISTLIST, MAPI_PROFSECT, MAPI_STATUS, MAPI_SESSION, MAPI_FORMINFO],
      [7, 8, 9, 0xa, 0xb, 0xc],
    );
  });

  test('NOTIF-2, STORE-078: event bits', () => {
    const { fnevCriticalError, fnevNewMail, fnevObjectCreated, fnevObjectDeleted, fnevObjectModified } = mapi;
    const { fnevObjectMoved, fnevObjectCopied, fnevSearchComplete, fnevTableModified } = mapi;
    const bits = [
      fnevCriticalError,
      fnevNewMail,
      fnevObjectCreated,
      fnevObjectDeleted,
      fnevObjectModified,
      fnevObjectMoved,
      fnevObjectCopied,
      fnevSearchComplete,
      fnevTableModified,
    ];
    assert.deepEqual(bits, powersOfTwo(bits.length));
    assert.equal(mapi.fnevStatusObjectModified, 0x200);
    assert.equal(mapi.fnevReservedForMapi, 0x40000000);
    assert.equal(mapi.fnevExtended, 0x80000000);
  });

  test('OBJ-18, STORE-034: flags of the first byte of an entry identifier', () => {
    const { MAPI_SHORTTERM, MAPI_NOTRECIP, MAPI_THISSESSION, MAPI_NOW, MAPI_NOTRESERVED } = mapi;
    assert.deepEqual(
      [MAPI_SHORTTERM, MAPI_NOTRECIP, MAPI_THISSESSION, MAPI_NOW, MAPI_NOTRESERVED],
      [0x80, 0x40, 0x20, 0x10, 0x08],
    );
  });

  test('STORE-058: bits of PR_VALID_FOLDER_MASK', () => {
    const masks = [
      mapi.FOLDER_IPM_SUBTREE_VALID,
      mapi.FOLDER_IPM_INBOX_VALID,
      mapi.FOLDER_IPM_OUTBOX_VALID,
      mapi.FOLDER_IPM_WASTEBASKET_VALID,
      mapi.FOLDER_IPM_SENTMAIL_VALID,
      mapi.FOLDER_VIEWS_VALID,
      mapi.FOLDER_COMMON_VIEWS_VALID,
      mapi.FOLDER_FINDER_VALID,
    ];
    assert.deepEqual(masks, powersOfTwo(masks.length));
  });

  test('STORE-059: tags of the special folders', () => {
    const ids = [
      mapi.PR_IPM_SUBTREE_ENTRYID,
      mapi.PR_IPM_OUTBOX_ENTRYID,
      mapi.PR_IPM_WASTEBASKET_ENTRYID,
      mapi.PR_IPM_SENTMAIL_ENTRYID,
      mapi.PR_VIEWS_ENTRYID,
      mapi.PR_COMMON_VIEWS_ENTRYID,
      mapi.PR_FINDER_ENTRYID,
    ];
    assert.deepEqual(ids.map(mapi.propId), [0x35e0, 0x35e2, 0x35e3, 0x35e4, 0x35e5, 0x35e6, 0x35e7]);
    assert.ok(ids.every((tag) => mapi.propType(tag) === mapi.PT_BINARY));
  });

  test('STORE-074: bits of PR_STORE_SUPPORT_MASK', () => {
    const bits = [
      mapi.STORE_ENTRYID_UNIQUE,
      mapi.STORE_READONLY,
      mapi.STORE_SEARCH_OK,
      mapi.STORE_MODIFY_OK,
      mapi.STORE_CREATE_OK,
      mapi.STORE_ATTACH_OK,
      mapi.STORE_OLE_OK,
      mapi.STORE_SUBMIT_OK,
      mapi.STORE_NOTIFY_OK,
      mapi.STORE_MV_PROPS_OK,
      mapi.STORE_CATEGORIZE_OK,
      mapi.STORE_RTF_OK,
      mapi.STORE_RESTRICTION_OK,
      mapi.STORE_SORT_OK,
    ];
    assert.deepEqual(bits, powersOfTwo(bits.length));
    assert.deepEqual([mapi.STORE_HTML_OK, mapi.STORE_UNICODE_OK], [0x10000, 0x40000]);
  });

  test('SUBMIT-059: bits of PR_MESSAGE_FLAGS', () => {
    const bits = [
      mapi.MSGFLAG_READ,
      mapi.MSGFLAG_UNMODIFIED,
      mapi.MSGFLAG_SUBMIT,
      mapi.MSGFLAG_UNSENT,
      mapi.MSGFLAG_HASATTACH,
      mapi.MSGFLAG_FROMME,
      mapi.MSGFLAG_ASSOCIATED,
      mapi.MSGFLAG_RESEND,
      mapi.MSGFLAG_RN_PENDING,
      mapi.MSGFLAG_NRN_PENDING,
    ];
    assert.deepEqual(bits, powersOfTwo(bits.length));
    assert.deepEqual(
      [mapi.MSGFLAG_ORIGIN_X400, mapi.MSGFLAG_ORIGIN_INTERNET, mapi.MSGFLAG_ORIGIN_MISC_EXT],
      [0x1000, 0x2000, 0x8000],
    );
  });

  test('SPOOL-020: bits of PR_SUBMIT_FLAGS', () => {
    assert.deepEqual([mapi.SUBMITFLAG_LOCKED, mapi.SUBMITFLAG_PREPROCESS], [1, 2]);
    assert.equal(mapi.PR_SUBMIT_FLAGS, 0x0e140003);
  });

  test('STAT-9, STAT-10, SPOOL-089: bits of PR_STATUS_CODE', () => {
    assert.deepEqual([mapi.STATUS_AVAILABLE, mapi.STATUS_OFFLINE, mapi.STATUS_FAILURE], [1, 2, 4]);
    assert.deepEqual(
      [mapi.STATUS_INBOUND_ENABLED, mapi.STATUS_INBOUND_ACTIVE, mapi.STATUS_INBOUND_FLUSH],
      [0x10000, 0x20000, 0x40000],
    );
    assert.deepEqual(
      [mapi.STATUS_OUTBOUND_ENABLED, mapi.STATUS_OUTBOUND_ACTIVE, mapi.STATUS_OUTBOUND_FLUSH],
      [0x100000, 0x200000, 0x400000],
    );
    assert.equal(mapi.PR_STATUS_CODE, 0x3e040003);
  });

  test('SPOOL-091: values of PR_RESOURCE_TYPE', () => {
    const { MAPI_STORE_PROVIDER, MAPI_AB, MAPI_AB_PROVIDER, MAPI_TRANSPORT_PROVIDER } = mapi;
    const { MAPI_SPOOLER, MAPI_PROFILE_PROVIDER, MAPI_SUBSYSTEM, MAPI_HOOK_PROVIDER } = mapi;
    assert.deepEqual([MAPI_STORE_PROVIDER, MAPI_AB, MAPI_AB_PROVIDER, MAPI_TRANSPORT_PROVIDER], [33, 34, 35, 36]);
    assert.deepEqual([MAPI_SPOOLER, MAPI_PROFILE_PROVIDER, MAPI_SUBSYSTEM, MAPI_HOOK_PROVIDER], [37, 38, 39, 40]);
  });

  test('SVC-48: flags of message services', () => {
    const { SERVICE_DEFAULT_STORE, SERVICE_SINGLE_COPY, SERVICE_PRIMARY_IDENTITY, SERVICE_NO_PRIMARY_IDENTITY } = mapi;
    assert.deepEqual(
      [SERVICE_DEFAULT_STORE, SERVICE_SINGLE_COPY, SERVICE_PRIMARY_IDENTITY, SERVICE_NO_PRIMARY_IDENTITY],
      [1, 2, 8, 0x20],
    );
  });

  test('SVC-49, STORE-070: flags of providers', () => {
    const { STATUS_DEFAULT_OUTBOUND, STATUS_DEFAULT_STORE, STATUS_PRIMARY_IDENTITY, STATUS_SIMPLE_STORE } = mapi;
    const { STATUS_XP_PREFER_LAST, STATUS_NO_PRIMARY_IDENTITY, STATUS_NO_DEFAULT_STORE, STATUS_TEMP_SECTION } = mapi;
    const { STATUS_OWN_STORE, HOOK_INBOUND, HOOK_OUTBOUND, STATUS_NEED_IPM_TREE } = mapi;
    const bits = [
      ...[STATUS_DEFAULT_OUTBOUND, STATUS_DEFAULT_STORE, STATUS_PRIMARY_IDENTITY, STATUS_SIMPLE_STORE],
      ...[STATUS_XP_PREFER_LAST, STATUS_NO_PRIMARY_IDENTITY, STATUS_NO_DEFAULT_STORE, STATUS_TEMP_SECTION],
      ...[STATUS_OWN_STORE, HOOK_INBOUND, HOOK_OUTBOUND, STATUS_NEED_IPM_TREE],
      ...[mapi.STATUS_PRIMARY_STORE, mapi.STATUS_SECONDARY_STORE],
    ];
    assert.deepEqual(bits, powersOfTwo(bits.length));
  });

  test('ATT-011: the two forms of attachment data share their identifier', () => {
    assert.equal(mapi.PR_ATTACH_DATA_BIN, 0x37010102);
    assert.equal(mapi.PR_ATTACH_DATA_OBJ, 0x3701000d);
  });

  test('ATT-007: methods of attachments', () => {
    const { NO_ATTACHMENT, ATTACH_BY_VALUE, ATTACH_BY_REFERENCE, ATTACH_BY_REF_RESOLVE, ATTACH_BY_REF_ONLY } = mapi;
    const values = [NO_ATTACHMENT, ATTACH_BY_VALUE, ATTACH_BY_REFERENCE, ATTACH_BY_REF_RESOLVE, ATTACH_BY_REF_ONLY];
    const others = [mapi.ATTACH_EMBEDDED_MSG, mapi.ATTACH_OLE, mapi.ATTACH_BY_WEBREFERENCE];
    assert.deepEqual([...values, ...others], [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('FOLDER-027: bits of PR_MSG_STATUS', () => {
    const { MSGSTATUS_HIGHLIGHTED, MSGSTATUS_TAGGED, MSGSTATUS_HIDDEN, MSGSTATUS_DELMARKED } = mapi;
    assert.deepEqual([MSGSTATUS_HIGHLIGHTED, MSGSTATUS_TAGGED, MSGSTATUS_HIDDEN, MSGSTATUS_DELMARKED], powersOfTwo(4));
    const { MSGSTATUS_DRAFT, MSGSTATUS_ANSWERED, MSGSTATUS_REMOTE_DOWNLOAD, MSGSTATUS_REMOTE_DELETE } = mapi;
    assert.deepEqual(
      [MSGSTATUS_DRAFT, MSGSTATUS_ANSWERED, MSGSTATUS_REMOTE_DOWNLOAD, MSGSTATUS_REMOTE_DELETE],
      [0x100, 0x200, 0x1000, 0x2000],
    );
    assert.equal(mapi.MSGSTATUS_CLIENT_MASK, 0xffff0000);
  });

  test('STORE-077: STORE_HAS_SEARCHES is none of the bits of PR_STORE_SUPPORT_MASK', () => {
    assert.equal(mapi.STORE_HAS_SEARCHES, 0x01000000);
    assert.equal(mapi.PR_STORE_STATE, 0x340e0003);
  });

  test('STORE-068: modes of SetDefaultStore', () => {
    const { default: isDefault, simpleTemporary, simplePermanent, primary, secondary } = mapi.DEFAULT_STORE_FLAGS;
    assert.deepEqual([isDefault, simpleTemporary, simplePermanent, primary, secondary], [1, 2, 3, 4, 5]);
  });

  test('TABLE-055: what tables are doing, and of which kind they are', () => {
    const numbers = Object.entries({ ...mapi.TABLE_STATUSES, ...mapi.TABLE_TYPES }).map((entry) => entry.join(' '));
    assert.equal(
      numbers.join(', '),
      'complete 0, changed 7, sorting 9, sortError 10, settingCols 11, setColError 13, restricting 14, restrictError 15, ' +
        'snapshot 0, keyset 1, dynamic 2',
    );
  });

  test('RECIP-013: recipient types', () => {
    assert.deepEqual([mapi.MAPI_ORIG, mapi.MAPI_TO, mapi.MAPI_CC, mapi.MAPI_BCC], [0, 1, 2, 3]);
    assert.deepEqual([mapi.MAPI_P1, mapi.MAPI_SUBMITTED], [0x10000000, 0x80000000]);
    assert.equal(mapi.recipientKind((mapi.MAPI_SUBMITTED | mapi.MAPI_CC) >>> 0), mapi.MAPI_CC);
  });

  test('FOLDER-043: bits of PR_ACCESS', () => {
    const bits = [
      mapi.MAPI_ACCESS_MODIFY,
      mapi.MAPI_ACCESS_READ,
      mapi.MAPI_ACCESS_DELETE,
      mapi.MAPI_ACCESS_CREATE_HIERARCHY,
      mapi.MAPI_ACCESS_CREATE_CONTENTS,
      mapi.MAPI_ACCESS_CREATE_ASSOCIATED,
    ];
    assert.deepEqual(bits, powersOfTwo(bits.length));
  });

  test('AB-015: bits of PR_CONTAINER_FLAGS', () => {
    const bits = [
      mapi.AB_RECIPIENTS,
      mapi.AB_SUBCONTAINERS,
      mapi.AB_MODIFIABLE,
      mapi.AB_UNMODIFIABLE,
      mapi.AB_FIND_ON_OPEN,
      mapi.AB_NOT_DEFAULT,
    ];
    assert.deepEqual(bits, powersOfTwo(bits.length));
  });

  test('PROP-002: property types and their multivalue forms', () => {
    const { PT_I2, PT_LONG, PT_R4, PT_DOUBLE, PT_CURRENCY, PT_APPTIME, PT_ERROR, PT_BOOLEAN, PT_OBJECT } = mapi;
    assert.deepEqual([PT_I2, PT_LONG, PT_R4, PT_DOUBLE, PT_CURRENCY, PT_APPTIME], [2, 3, 4, 5, 6, 7]);
    assert.deepEqual([PT_ERROR, PT_BOOLEAN, PT_OBJECT], [0xa, 0xb, 0xd]);
    assert.deepEqual([mapi.PT_UNSPECIFIED, mapi.PT_NULL], [0, 1]);
    const { PT_I8, PT_STRING8, PT_UNICODE, PT_SYSTIME, PT_CLSID, PT_SVREID, PT_SRESTRICTION, PT_ACTIONS, PT_BINARY } =
      mapi;
    assert.deepEqual([PT_I8, PT_STRING8, PT_UNICODE, PT_SYSTIME, PT_CLSID], [0x14, 0x1e, 0x1f, 0x40, 0x48]);
    assert.deepEqual([PT_SVREID, PT_SRESTRICTION, PT_ACTIONS, PT_BINARY], [0xfb, 0xfd, 0xfe, 0x102]);
    assert.deepEqual([mapi.PT_MV_LONG, mapi.PT_MV_UNICODE, mapi.PT_MV_BINARY], [0x1003, 0x101f, 0x1102]);
    assert.equal(mapi.MVI_FLAG, 0x3000);
  });

  test('PROP-003: a multivalue type is its base type and MV_FLAG, and four types have none', () => {
    const { MV_FLAG, MV_INSTANCE, isStorableType } = mapi;
    assert.deepEqual([MV_FLAG, MV_INSTANCE], [0x1000, 0x2000]);
    for (const type of [mapi.PT_I2, mapi.PT_LONG, mapi.PT_UNICODE, mapi.PT_CLSID, mapi.PT_BINARY]) {
      assert.deepEqual([type, type | MV_FLAG, type | MV_INSTANCE | MV_FLAG].map(isStorableType), [true, true, false]);
    }
    for (const type of [mapi.PT_OBJECT, mapi.PT_NULL, mapi.PT_ERROR, mapi.PT_BOOLEAN]) {
      assert.equal(isStorableType(type | MV_FLAG), false, `0x${type.toString(16)}`);
    }
  });

  test('every method table names each method once', () => {
    for (const [name, methods] of Object.entries(mapi.METHOD_TABLES)) {
      const names = methods.map((method) => method.name);
      assert.deepEqual(names, [...new Set(names)], name);
    }
  });

  test('SESS-1: the session has the documented methods', () => {
    const names = mapi.METHOD_TABLES.IMAPISession?.map((method) => method.name) ?? [];
    const documented = [
      'getLastError',
      'getMsgStoresTable',
      'openMsgStore',
      'openAddressBook',
      'openProfileSection',
      'getStatusTable',
      'openEntry',
      'compareEntryIDs',
      'advise',
      'unadvise',
      'messageOptions',
      'queryDefaultMessageOpt',
      'enumAdrTypes',
      'queryIdentity',
      'logoff',
      'setDefaultStore',
      'adminServices',
      'showForm',
      'prepareForm',
    ];
    assert.deepEqual(
      documented.filter((name) => !names.includes(name)),
      [],
    );
  });

  test('XP-005, XP-064, XP-078, SPOOL-096: flags of calls on providers have the numbers of MAPI', () => {
    const numbers = (flags: Readonly<Record<string, number>>): string =>
      Object.entries(flags)
        .map(([name, number]) => `${name} ${number.toString(16)}`)
        .sort()
        .join(', ');
    assert.equal(
      numbers(mapi.TRANSPORT_LOGON_FLAGS),
      'idle 10000, noConnect 4, noDialog 1, noInbound 8, noOutbound 10, poll 20000, resolve 40000',
    );
    assert.equal(
      numbers(mapi.TRANSPORT_NOTIFY_FLAGS),
      'abortDeferred 40000000, beginInbound 1, beginInboundFlush 4, beginOutbound 2, beginOutboundFlush 8, ' +
        'cancelMessage 80000000, endInbound 10000, endInboundFlush 40000, endOutbound 20000, endOutboundFlush 80000',
    );
    assert.equal(
      numbers(mapi.VALIDATE_STATE_FLAGS),
      'abortHeaderOperation 200000, configChanged 100000, forceConnect 40000, forceDisconnect 80000, ' +
        'processHeaderCache 20000, refreshHeaderCache 10000, showSessionUi 400000, suppressUi 1',
    );
    assert.equal(
      numbers(mapi.STORE_LOGOFF_FLAGS),
      'abort 8, complete 10000, inbound 20000, noWait 1, orderly 2, outbound 40000, outboundQueue 80000, purge 4, quiet 10',
    );
  });
});
