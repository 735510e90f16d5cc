import type { IMAPISupport } from '@nodemapi/mapi';

/** The four kinds of support object, and that of messaging hooks. spec: support-object-overview */
export type SupportKind = 'store' | 'addressBook' | 'transport' | 'hook' | 'configuration';

const ALL =
  'doConfigPropsheet getLastError getMemAllocRoutines getSvcConfigSupportObj makeInvalid newUID openProfileSection';
const PROVIDER =
  'compareEntryIDs createOneOff iStorageFromStream modifyStatusRow notify openAddressBook openEntry subscribe unsubscribe wrapStoreEntryID';

const NAMES: Readonly<Record<SupportKind, string>> = {
  addressBook: `${ALL} ${PROVIDER} address details doProgressDialog getOneOffTable newEntry openTemplateID setProviderUID`,
  store:
    `${ALL} ${PROVIDER} completeMsg copyFolder copyMessages doCopyProps doCopyTo doProgressDialog doSentMail ` +
    'expandRecips modifyProfile prepareSubmit readReceipt setProviderUID spoolerNotify storeLogoffTransports',
  transport: `${ALL} ${PROVIDER} registerPreprocessor statusRecips spoolerNotify spoolerYield`,
  hook: `${ALL} compareEntryIDs copyMessages createOneOff doCopyProps doCopyTo openAddressBook openEntry`,
  configuration: ALL,
};

/** The methods that work on a support object of each kind; all others are MAPI_E_NO_SUPPORT. spec: imapisupportiunknown */
export const SUPPORT_METHODS: Readonly<Record<SupportKind, ReadonlySet<string>>> = {
  addressBook: new Set(NAMES.addressBook.split(' ')),
  store: new Set(NAMES.store.split(' ')),
  transport: new Set(NAMES.transport.split(' ')),
  hook: new Set(NAMES.hook.split(' ')),
  configuration: new Set(NAMES.configuration.split(' ')),
};

/** Name of a method of IMAPISupport. */
export type SupportMethod = Exclude<keyof IMAPISupport, 'iid' | 'addRef' | 'release' | symbol>;
