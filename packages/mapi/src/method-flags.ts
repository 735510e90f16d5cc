/**
 * The numbers of MAPI's flags behind the options of methods, for programs that come from MAPI's C interface.
 *
 * Options are words here (docs/decisions/0002); a number means different things in different methods.
 * spec: MAPIDefS.h, MAPIX.h, MAPIAux.h, EdkMdb.h
 */
import { MapiError } from '@nodemapi/base';
import type { InterfaceName } from './interface-map.ts';

/** The numbers of the options of one method. */
export type FlagNumbers = Readonly<Record<string, number>>;

/** MAPI_UNICODE: strings are Unicode whether it is set or not. */
export const MAPI_UNICODE = 0x8000_0000;
/** MAPI_DEFERRED_ERRORS, the same number in every method that has it. */
const deferredErrors = 0x8;
const dialog = 0x2;

const OPEN_ENTRY: FlagNumbers = { modify: 0x1, bestAccess: 0x10, deferredErrors };
const COPY: FlagNumbers = { move: 0x1, noReplace: 0x2, declineOk: 0x4, dialog: 0x8 };
const READ_FLAGS: FlagNumbers = {
  ...{ suppressReceipt: 0x1, clearRead: 0x4, generateReceiptOnly: 0x10 },
  ...{ clearReadPending: 0x20, clearNonReadPending: 0x40 },
};
const LOGON: FlagNumbers = {
  ...{ noDialog: 0x1, write: 0x4, deferredErrors, bestAccess: 0x10 },
  ...{ temporary: 0x20, noMail: 0x80, online: 0x100 },
};

const PROP: Readonly<Record<string, FlagNumbers>> = {
  saveChanges: {
    ...{ keepOpenReadOnly: 0x1, keepOpenReadWrite: 0x2, force: 0x4, deferredErrors },
    ...{ spamFilter: 0x80, fromTransport: 0x1000 },
  },
  openProperty: { modify: 0x1, create: 0x2, deferredErrors },
  copyTo: COPY,
  copyProps: COPY,
  getNamesFromIDs: { noStrings: 0x1, noIds: 0x2 },
  getIDsFromNames: { create: 0x2 },
};

const CONTAINER: Readonly<Record<string, FlagNumbers>> = {
  ...PROP,
  openEntry: OPEN_ENTRY,
  getContentsTable: { softDeletes: 0x2, deferredErrors, associated: 0x40 },
  getHierarchyTable: { convenientDepth: 0x1, deferredErrors },
  setSearchCriteria: { stop: 0x1, restart: 0x2, recursive: 0x4, shallow: 0x8, foreground: 0x10, background: 0x20 },
};

/** Flags by interface and method, where every option of the method is a flag or an object. */
export const METHOD_FLAGS: Readonly<Partial<Record<InterfaceName, Readonly<Record<string, FlagNumbers>>>>> = {
  IABLogon: { openEntry: OPEN_ENTRY, openTemplateID: { fillEntry: 0x1 } },
  IABProvider: { logon: { noDialog: 0x1 } },
  IAddrBook: {
    ...PROP,
    openEntry: OPEN_ENTRY,
    createOneOff: { noRichInfo: 0x1_0000 },
    resolveName: { dialog: 0x8 },
  },
  IAttach: PROP,
  IMAPIContainer: CONTAINER,
  IMAPIFolder: {
    ...CONTAINER,
    createMessage: { deferredErrors, associated: 0x40, processRules: 0x800 },
    copyMessages: { move: 0x1, dialog, declineOk: 0x4 },
    deleteMessages: { dialog, hardDelete: 0x10 },
    createFolder: { openIfExists: 0x1 },
    copyFolder: { move: 0x1, dialog, declineOk: 0x4, subfolders: 0x10 },
    deleteFolder: { messages: 0x1, dialog, folders: 0x4 },
    setReadFlags: { ...READ_FLAGS, dialog },
    saveContentsSort: { recursive: 0x2 },
    emptyFolder: { dialog, associated: 0x8 },
  },
  IMAPISession: {
    openEntry: OPEN_ENTRY,
    openMsgStore: LOGON,
    openAddressBook: { noDialog: 0x1 },
    logoff: { shared: 0x1, ui: 0x2 },
  },
  IMAPIStatus: {
    ...PROP,
    settingsDialog: { readOnly: 0x1 },
    flushQueues: { upload: 0x2, download: 0x4, force: 0x8, noUi: 0x10, asyncOk: 0x20 },
  },
  IMAPITable: {
    setColumns: { async: 0x1, batch: 0x2 },
    queryColumns: { all: 0x1 },
    findRow: { backward: 0x1 },
    restrict: { async: 0x1, batch: 0x2 },
    sortTable: { async: 0x1, batch: 0x2 },
    queryRows: { noAdvance: 0x1 },
  },
  IMSProvider: { logon: LOGON },
  IMailUser: PROP,
  IMessage: {
    ...PROP,
    openAttach: { modify: 0x1, bestAccess: 0x10 },
    deleteAttach: { dialog: 0x1 },
    submitMessage: { force: 0x1 },
    setReadFlag: READ_FLAGS,
  },
  IMsgStore: { ...PROP, openEntry: OPEN_ENTRY },
};

function numbersOf(iid: InterfaceName, method: string): FlagNumbers {
  const numbers = METHOD_FLAGS[iid]?.[method];
  if (numbers === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', `the flags of ${iid}.${method} are not listed`);
  return numbers;
}

/**
 * The options that stand for the flags of a call in C: `optionNames('IMAPIFolder', 'copyMessages', 0x5)` answers
 * `['move', 'declineOk']`. MAPI_UNICODE stands for none.
 *
 * @throws MAPI_E_UNKNOWN_FLAGS for a bit that the method does not have; MAPI_E_NO_SUPPORT for a method whose flags are
 *   not listed
 */
export function optionNames(iid: InterfaceName, method: string, flags: number): readonly string[] {
  const numbers = Object.entries(numbersOf(iid, method));
  const unknown = numbers.reduce((left, [, number]) => left & ~number, flags & ~MAPI_UNICODE) >>> 0;
  if (unknown !== 0) {
    throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `${iid}.${method} has no flag 0x${unknown.toString(16)}`);
  }
  return numbers.filter(([, number]) => (flags & number) !== 0).map(([name]) => name);
}

/**
 * The flags of a call in C with the same meaning as these options; what is no flag (a name, a progress object) counts
 * for nothing.
 *
 * @throws MAPI_E_NO_SUPPORT for a method whose flags are not listed
 */
export function flagsOf(iid: InterfaceName, method: string, options: object): number {
  const numbers = numbersOf(iid, method);
  const set = Object.entries(options).filter(([, value]) => value !== undefined && value !== false);
  return set.reduce((flags, [name]) => flags | (numbers[name] ?? 0), 0) >>> 0;
}
