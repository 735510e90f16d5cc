/** The methods that providers have, by interface: what a run with faulty providers has to cover. */
import type {
  IABLogon,
  IABProvider,
  IMAPIProviderShutdown,
  IMSLogon,
  IMSProvider,
  IUnknown,
  IXPLogon,
  IXPProvider,
} from '@nodemapi/mapi';

type Method<T> = { [K in keyof T]-?: T[K] extends (...args: never) => unknown ? K : never }[keyof T] & string;

/** All methods of an interface, those of IUnknown but `release` aside; the compiler finds what is missing or too much. */
function methodsOf<T extends IUnknown>(
  methods: Readonly<Record<Exclude<Method<T>, 'addRef'>, true>>,
): readonly string[] {
  return Object.keys(methods);
}

/** The three calls of fast shutdown, which a provider may have. */
type WithShutdown<T extends IUnknown> = T & Omit<IMAPIProviderShutdown, keyof IUnknown>;

const FAST = { queryFastShutdown: true, notifyProcessShutdown: true, doFastShutdown: true } as const;

/** Methods of the interfaces between MAPI and providers. */
export const PROVIDER_METHODS = {
  IABLogon: methodsOf<IABLogon>({
    advise: true,
    compareEntryIDs: true,
    getLastError: true,
    getOneOffTable: true,
    logoff: true,
    openEntry: true,
    openStatusEntry: true,
    openTemplateID: true,
    prepareRecips: true,
    release: true,
    unadvise: true,
  }),
  IABProvider: methodsOf<WithShutdown<IABProvider>>({ ...FAST, logon: true, release: true, shutdown: true }),
  IMSLogon: methodsOf<IMSLogon>({
    advise: true,
    compareEntryIDs: true,
    getLastError: true,
    logoff: true,
    openEntry: true,
    openStatusEntry: true,
    release: true,
    unadvise: true,
  }),
  IMSProvider: methodsOf<WithShutdown<IMSProvider>>({
    ...FAST,
    compareStoreIDs: true,
    logon: true,
    release: true,
    shutdown: true,
    spoolerLogon: true,
  }),
  IXPLogon: methodsOf<IXPLogon>({
    addressTypes: true,
    endMessage: true,
    flushQueues: true,
    idle: true,
    openStatusEntry: true,
    poll: true,
    release: true,
    startMessage: true,
    submitMessage: true,
    transportLogoff: true,
    transportNotify: true,
    validateState: true,
  }),
  IXPProvider: methodsOf<WithShutdown<IXPProvider>>({ ...FAST, release: true, shutdown: true, transportLogon: true }),
} as const;
