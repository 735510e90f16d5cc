/**
 * The methods of every client interface: what the membrane is made from.
 *
 * Each method says which argument holds its options and which names these may have; an option of another name is
 * MAPI_E_UNKNOWN_FLAGS. Objects in results and arguments need no entry: the membrane knows them by `iid`.
 */
import type { InterfaceName } from './interface-map.ts';

/** One method of an interface, as the membrane has to know it. */
export interface MethodSpec {
  readonly name: string;
  /** Position of the options argument. */
  readonly optionsAt?: number;
  readonly options?: ReadonlySet<string>;
}

const plain = (...names: readonly string[]): readonly MethodSpec[] => names.map((name) => ({ name }));
const withOptions = (name: string, optionsAt: number, ...options: readonly string[]): MethodSpec => ({
  name,
  optionsAt,
  options: new Set(options),
});

const KEEP_OPEN = ['keepOpenReadOnly', 'keepOpenReadWrite'];
const SAVE_CHANGES = [...KEEP_OPEN, 'force', 'deferredErrors', 'spamFilter', 'fromTransport'];
const OPEN_ENTRY = withOptions('openEntry', 1, 'modify', 'bestAccess', 'deferredErrors', 'iid');
const PROGRESS = ['progress', 'dialog'];
const COPY_OPTIONS = ['move', 'noReplace', 'declineOk', 'excludeInterfaces', ...PROGRESS];
const READ_FLAGS = ['suppressReceipt', 'clearRead', 'generateReceiptOnly', 'clearReadPending', 'clearNonReadPending'];
const PROFILE_SECTION = withOptions('openProfileSection', 1, 'modify', 'deferredErrors', 'forceAccess');
const CONFIGURE = ['uiAllowed', 'uiAlways', 'uiReadOnly', 'currentProviderFirst', 'noRestartWarning'];

const VALIDATE_FLAGS = [
  'suppressUi',
  'configChanged',
  'forceConnect',
  'forceDisconnect',
  'refreshHeaderCache',
  'processHeaderCache',
  'abortHeaderOperation',
  'showSessionUi',
];

const PROP: readonly MethodSpec[] = [
  withOptions('saveChanges', 0, ...SAVE_CHANGES),
  ...plain('getLastError', 'getProps', 'getPropList', 'setProps', 'deleteProps'),
  withOptions('openProperty', 2, 'modify', 'create', 'deferredErrors'),
  withOptions('copyTo', 2, ...COPY_OPTIONS),
  withOptions('copyProps', 2, ...COPY_OPTIONS),
  withOptions('getNamesFromIDs', 1, 'noStrings', 'noIds'),
  withOptions('getIDsFromNames', 1, 'create'),
];

const CONTAINER: readonly MethodSpec[] = [
  ...PROP,
  OPEN_ENTRY,
  withOptions('getContentsTable', 0, 'associated', 'deferredErrors', 'softDeletes'),
  withOptions('getHierarchyTable', 0, 'convenientDepth', 'deferredErrors'),
  withOptions('setSearchCriteria', 2, 'stop', 'restart', 'recursive', 'shallow', 'foreground', 'background'),
  ...plain('getSearchCriteria'),
];

const HOLDS_RECIPIENTS: readonly MethodSpec[] = [
  ...CONTAINER,
  withOptions('createEntry', 1, 'strict', 'loose', 'replace'),
  withOptions('copyEntries', 1, 'strict', 'loose', 'replace', 'noDialog', ...PROGRESS),
  ...plain('deleteEntries', 'resolveNames'),
];

const FOLDER: readonly MethodSpec[] = [
  ...CONTAINER,
  withOptions('createMessage', 0, 'associated', 'deferredErrors', 'processRules'),
  withOptions('copyMessages', 2, 'move', 'declineOk', ...PROGRESS),
  withOptions('deleteMessages', 1, 'hardDelete', ...PROGRESS),
  withOptions('createFolder', 2, 'comment', 'openIfExists'),
  withOptions('copyFolder', 2, 'move', 'subfolders', 'newName', 'declineOk', ...PROGRESS),
  withOptions('deleteFolder', 1, 'messages', 'folders', ...PROGRESS),
  withOptions('setReadFlags', 1, ...READ_FLAGS, ...PROGRESS),
  ...plain('getMessageStatus', 'setMessageStatus'),
  withOptions('saveContentsSort', 1, 'recursive'),
  withOptions('emptyFolder', 0, 'associated', ...PROGRESS),
];

const MESSAGE: readonly MethodSpec[] = [
  ...PROP,
  ...plain('getAttachmentTable', 'createAttach', 'getRecipientTable', 'modifyRecipients'),
  withOptions('openAttach', 1, 'modify', 'bestAccess'),
  withOptions('deleteAttach', 1, ...PROGRESS),
  withOptions('submitMessage', 0, 'force'),
  withOptions('setReadFlag', 0, ...READ_FLAGS),
];

const STORE: readonly MethodSpec[] = [
  ...PROP,
  OPEN_ENTRY,
  ...plain('advise', 'unadvise', 'compareEntryIDs', 'setReceiveFolder', 'getReceiveFolder', 'getReceiveFolderTable'),
  ...plain('storeLogoff', 'abortSubmit', 'getOutgoingQueue', 'finishedMsg', 'notifyNewMail'),
  withOptions('setLockState', 2, 'leaseMs'),
];

const TABLE: readonly MethodSpec[] = [
  ...plain(
    'getLastError',
    'advise',
    'unadvise',
    'getStatus',
    'getRowCount',
    'seekRow',
    'seekRowApprox',
    'queryPosition',
  ),
  ...plain('createBookmark', 'freeBookmark', 'querySortOrder', 'abort', 'expandRow', 'collapseRow'),
  ...plain('waitForCompletion', 'getCollapseState', 'setCollapseState'),
  withOptions('setColumns', 1, 'async', 'batch'),
  withOptions('queryColumns', 0, 'all'),
  withOptions('findRow', 2, 'backward'),
  withOptions('restrict', 1, 'async', 'batch'),
  withOptions('sortTable', 1, 'async', 'batch'),
  withOptions('queryRows', 1, 'noAdvance'),
];

const ADDR_BOOK: readonly MethodSpec[] = [
  ...PROP,
  OPEN_ENTRY,
  ...plain('compareEntryIDs', 'advise', 'unadvise', 'newEntry', 'address', 'recipOptions', 'queryDefaultRecipOpt'),
  ...plain('getPAB', 'setPAB', 'getDefaultDir', 'setDefaultDir', 'getSearchPath', 'setSearchPath', 'prepareRecips'),
  withOptions('createOneOff', 3, 'noRichInfo'),
  withOptions('resolveName', 1, 'dialog'),
  withOptions('details', 2, 'modal', 'sdi', 'tellChange', 'onDismiss'),
];

const STATUS: readonly MethodSpec[] = [
  ...PROP,
  withOptions('validateState', 1, ...VALIDATE_FLAGS),
  withOptions('settingsDialog', 1, 'readOnly'),
  ...plain('changePassword'),
  withOptions('flushQueues', 1, 'upload', 'download', 'force', 'noUi', 'asyncOk', 'targetTransport'),
];

const SHOW_FORM = [
  ...['token', 'store', 'folder', 'messageSent', 'post', 'newMessage', 'iid'],
  ...['messageClass', 'messageStatus', 'messageFlags', 'access'],
];

const SESSION: readonly MethodSpec[] = [
  OPEN_ENTRY,
  PROFILE_SECTION,
  withOptions('openMsgStore', 1, 'noDialog', 'write', 'deferredErrors', 'bestAccess', 'temporary', 'noMail', 'online'),
  withOptions('openAddressBook', 0, 'noDialog'),
  withOptions('logoff', 1, 'shared', 'ui'),
  ...plain('getLastError', 'getMsgStoresTable', 'getStatusTable', 'advise', 'unadvise'),
  ...plain('messageOptions', 'queryDefaultMessageOpt', 'enumAdrTypes', 'queryIdentity', 'setDefaultStore'),
  // reserved: without a flag
  withOptions('compareEntryIDs', 2),
  withOptions('adminServices', 0),
  ...plain('prepareForm'),
  withOptions('showForm', 0, ...SHOW_FORM),
  ...plain('queryFastShutdown', 'notifyProcessShutdown', 'doFastShutdown'),
];

const PROF_ADMIN: readonly MethodSpec[] = [
  ...plain('getLastError'),
  withOptions('getProfileTable', 0, 'appProfile'),
  withOptions('createProfile', 1, 'defaultServices', 'dialog', 'appProfile'),
  withOptions('deleteProfile', 1, 'appProfile'),
  ...plain('changeProfilePassword'),
  withOptions('copyProfile', 2, 'appProfile'),
  withOptions('renameProfile', 2, 'appProfile', 'password'),
  ...plain('setDefaultProfile', 'adminServices'),
];

const SERVICE_ADMIN: readonly MethodSpec[] = [
  ...plain('getLastError', 'getMsgServiceTable'),
  withOptions('createMsgService', 2, ...CONFIGURE),
  ...plain('deleteMsgService', 'copyMsgService', 'renameMsgService'),
  withOptions('configureMsgService', 2, ...CONFIGURE),
  PROFILE_SECTION,
  ...plain('msgServiceTransportOrder', 'adminProviders', 'setPrimaryIdentity', 'getProviderTable'),
  withOptions('createMsgServiceEx', 2, ...CONFIGURE),
];

const PROVIDER_ADMIN: readonly MethodSpec[] = [
  PROFILE_SECTION,
  ...plain('getLastError', 'getProviderTable', 'createProvider', 'deleteProvider'),
];

const STREAM = plain('read', 'write', 'seek', 'setSize', 'commit', 'revert', 'stat', 'copyTo');

const STORAGE: readonly MethodSpec[] = [
  ...plain('enumElements', 'renameElement', 'destroyElement', 'copyTo', 'setClass', 'stat', 'commit', 'revert'),
  withOptions('openStream', 1, 'modify'),
  withOptions('openStorage', 1, 'modify'),
  withOptions('createStream', 1, 'replace'),
  withOptions('createStorage', 1, 'replace'),
];

const TABLE_DATA = plain(
  'hrGetView',
  'hrModifyRow',
  'hrDeleteRow',
  'hrQueryRow',
  'hrEnumRow',
  'hrNotify',
  'hrInsertRow',
  'hrModifyRows',
  'hrDeleteRows',
);

/** Methods by interface, for everything that a client can hold. */
export const METHOD_TABLES: Readonly<Partial<Record<InterfaceName, readonly MethodSpec[]>>> = {
  IABContainer: HOLDS_RECIPIENTS,
  IAddrBook: ADDR_BOOK,
  IAttach: PROP,
  IDistList: HOLDS_RECIPIENTS,
  IMAPIContainer: CONTAINER,
  IMAPIFolder: FOLDER,
  IMAPISession: SESSION,
  IMAPIStatus: STATUS,
  IMAPITable: TABLE,
  IMailUser: PROP,
  IMessage: MESSAGE,
  IMsgServiceAdmin: SERVICE_ADMIN,
  IMsgStore: STORE,
  IProfAdmin: PROF_ADMIN,
  IProfSect: PROP,
  IPropData: [...PROP, ...plain('hrSetObjAccess', 'hrSetPropAccess', 'hrGetPropAccess', 'hrAddObjProps')],
  IProviderAdmin: PROVIDER_ADMIN,
  IStorage: STORAGE,
  IStream: STREAM,
  ITableData: TABLE_DATA,
};
