import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { flagsOf, type InterfaceName, MAPI_UNICODE, METHOD_FLAGS, METHOD_TABLES, optionNames } from './index.ts';

/** `name number` of every flag of a method, in the order of the numbers. */
function flags(iid: InterfaceName, method: string): string {
  const numbers = Object.entries(METHOD_FLAGS[iid]?.[method] ?? {}).sort(([, a], [, b]) => a - b);
  return numbers.map(([name, number]) => `${name} ${number.toString(16)}`).join(', ');
}

const unknownFlags = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_UNKNOWN_FLAGS');

describe('the numbers of flags', () => {
  test('STORE-003: of a logon to a store, which are those of OpenMsgStore', () => {
    const logon = 'noDialog 1, write 4, deferredErrors 8, bestAccess 10, temporary 20, noMail 80, online 100';
    assert.equal(flags('IMSProvider', 'logon'), logon);
    assert.equal(flags('IMAPISession', 'openMsgStore'), logon);
  });

  test('AB-002: of a logon to an address book', () => {
    assert.equal(flags('IABProvider', 'logon'), 'noDialog 1');
    assert.equal(flags('IABLogon', 'openEntry'), 'modify 1, deferredErrors 8, bestAccess 10');
    assert.deepEqual(optionNames('IABProvider', 'logon', MAPI_UNICODE | 1), ['noDialog']);
  });

  test('FOLDER-009: of copies and moves of messages and folders', () => {
    assert.equal(flags('IMAPIFolder', 'copyMessages'), 'move 1, dialog 2, declineOk 4');
    assert.equal(flags('IMAPIFolder', 'copyFolder'), 'move 1, dialog 2, declineOk 4, subfolders 10');
  });

  test('FOLDER-020: of deletions for good, and of what was deleted otherwise', () => {
    assert.equal(flags('IMAPIFolder', 'deleteMessages'), 'dialog 2, hardDelete 10');
    assert.equal(flags('IMAPIFolder', 'getContentsTable'), 'softDeletes 2, deferredErrors 8, associated 40');
  });

  test('PROP-031, FOLDER-008: of saves, and of what is saved by rules', () => {
    assert.equal(
      flags('IMessage', 'saveChanges'),
      'keepOpenReadOnly 1, keepOpenReadWrite 2, force 4, deferredErrors 8, spamFilter 80, fromTransport 1000',
    );
    assert.equal(flags('IMAPIFolder', 'createMessage'), 'deferredErrors 8, associated 40, processRules 800');
  });

  test('PROP-079: a bit that a method does not have is an unknown flag', () => {
    assert.throws(() => optionNames('IMAPIFolder', 'copyMessages', 0x8), unknownFlags);
    assert.throws(() => optionNames('IMSProvider', 'logon', 0x2), unknownFlags);
    assert.throws(() => optionNames('IMessage', 'getProps', 0), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('every option that a client may give to a method with flags is one of them, or no flag at all', () => {
    const noFlags = new Set(['iid', 'progress', 'comment', 'newName', 'excludeInterfaces', 'targetTransport']);
    for (const [iid, methods] of Object.entries(METHOD_FLAGS)) {
      const table = METHOD_TABLES[iid as InterfaceName];
      for (const [method, numbers] of Object.entries(methods)) {
        if (table === undefined) continue; // providers are not called by clients
        const known = [...(table.find(({ name }) => name === method)?.options ?? [])];
        const expected = known.filter((name) => !noFlags.has(name)).sort();
        assert.deepEqual(Object.keys(numbers).sort(), expected, `${iid}.${method}`);
      }
    }
  });

  test('options become flags and flags become options again', () => {
    for (const [iid, methods] of Object.entries(METHOD_FLAGS) as [InterfaceName, Record<string, object>][]) {
      for (const [method, numbers] of Object.entries(methods)) {
        const names = Object.keys(numbers);
        const all = flagsOf(iid, method, Object.fromEntries(names.map((name) => [name, true])));
        assert.deepEqual([...optionNames(iid, method, all)].sort(), names.sort(), `${iid}.${method}`);
      }
    }
    const options = { move: true, declineOk: false, progress: {}, dialog: undefined };
    assert.equal(flagsOf('IMAPIFolder', 'copyMessages', options), 0x1);
  });
});
