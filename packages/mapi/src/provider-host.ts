/**
 * What the subsystem hands to a provider library, and what such a library exports.
 *
 * spec: implementing-a-service-provider-entry-point-function, msgserviceentry
 */
import type { Clock, FileSystem, Log, Random } from '@nodemapi/base';
import type { IABProvider } from './ab-provider.ts';
import type { CrashRegistry } from './crash-recovery.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { IMSProvider } from './ms-provider.ts';
import type { IProviderAdmin } from './msg-service-admin.ts';
import type { PropValue } from './prop-value.ts';
import type { HookInitCall, ISpoolerHook } from './spooler-hook.ts';
import type { IStorage, IStream } from './stream.ts';
import type { IMAPISupport } from './support.ts';
import type { UserInterface } from './user-interface.ts';
import type { IXPProvider } from './xp-provider.ts';

/** CURRENT_SPI_VERSION: major (8 bits), minor (8), update (16). */
export const CURRENT_SPI_VERSION = 0x0001_0010;

/** Wake-ups between all who have the same thing open, in this process and in others. */
export interface WakeUps {
  /**
   * Wakes the others who listen to `topic`: something has changed. It says not what, may come late, and may get lost.
   *
   * @param except the listener of who has changed it
   */
  signal(topic: string, except?: () => void): void;
  /** Calls `listener` after signals of others, until the answer is disposed. */
  listen(topic: string, listener: () => void): Disposable;
}

/**
 * Opens the compound file in a stream, which belongs to the storage from here on, whether it can be opened or not.
 *
 * @throws MAPI_E_CORRUPT_DATA if the stream has none; MAPI_E_NO_ACCESS to change a stream that is for reading
 */
export type StorageOnStream = (stream: IStream, options?: StorageOnStreamOptions) => Promise<IStorage>;

/** For reading, from the beginning of the stream, if nothing else is said. spec: imapisupport-istoragefromstream */
export interface StorageOnStreamOptions {
  /** STGSTRM_MODIFY */
  readonly modify?: boolean;
  /** STGSTRM_CREATE: a new storage in place of what is there. */
  readonly create?: boolean;
  /** STGSTRM_CURRENT: the storage begins where the stream stands, not at its beginning (STGSTRM_RESET). */
  readonly current?: boolean;
}

/** For whom a provider wants an OAuth2 access token. */
export interface AccessTokenRequest {
  /** The user of the account. */
  readonly user: string;
  /** The server that the token is for. */
  readonly host: string;
  /** The token that was given before and was refused: another one is wanted, not this one again. */
  readonly refused?: string;
  /** The command that the profile names for tokens of this account, program first; for programs that run such commands. */
  readonly command?: readonly string[];
  /** Set when nobody waits for the token any more. */
  readonly signal: AbortSignal;
}

/**
 * Gets an access token of an account, from wherever the program keeps its grants. It is asked for each connection, so it
 * should keep a token while it is good.
 *
 * What it throws defers the message; MAPI_E_LOGON_FAILED and MAPI_E_USER_CANCEL say that somebody must do something first.
 */
export type AccessTokenSource = (request: AccessTokenRequest) => Promise<string>;

/** Everything from outside that a provider may use: time, randomness, files, a log (decision D13). */
export interface ProviderHost {
  /** Absolute path of the MAPI home; a provider keeps its files below it unless its configuration says otherwise. */
  readonly home: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where a provider registers local files that it has open, for MAPICrashRecovery. */
  readonly crash?: CrashRegistry;
  /** Structured storage, for IMAPISupport.iStorageFromStream; without it that is MAPI_E_NO_SUPPORT. */
  readonly storageOnStream?: StorageOnStream | undefined;
  /** The SPI version of the subsystem. */
  readonly mapiVersion: number;
  /** MAPI_NT_SERVICE: the program is a service, and nobody can be asked. */
  readonly ntService?: boolean;
  /** Where access tokens come from; without it no account logs on by one. */
  readonly accessToken?: AccessTokenSource | undefined;
  /** Without it a provider looks for the changes of others from time to time. */
  readonly wakeUps?: WakeUps;
}

/** A provider object with the SPI version that it was written for. */
export interface Initialised<P> {
  readonly provider: P;
  readonly spiVersion: number;
}

/** MSG_SERVICE_INSTALL … MSG_SERVICE_PROVIDER_DELETE */
export type ServiceContext =
  | 'install'
  | 'create'
  | 'configure'
  | 'delete'
  | 'uninstall'
  | 'providerCreate'
  | 'providerDelete';

/** What a message service is told when its entry point is called. spec: msgserviceentry */
export interface ServiceEntryCall {
  readonly host: ProviderHost;
  /** A configuration support object, valid during the call only. */
  readonly support: IMAPISupport;
  readonly context: ServiceContext;
  /** SERVICE_UI_ALLOWED */
  readonly uiAllowed: boolean;
  /** SERVICE_UI_ALWAYS */
  readonly uiAlways: boolean;
  /** MSG_SERVICE_UI_READ_ONLY: what is shown is not to be changed */
  readonly uiReadOnly?: boolean;
  /** UI_CURRENT_PROVIDER_FIRST: the provider that is in use is shown first */
  readonly currentProviderFirst?: boolean;
  /** SERVICE_LOGON_FAILED: called because a logon failed */
  readonly logonFailed: boolean;
  /** Configuration data; for 'configure' only. */
  readonly props: readonly PropValue[];
  readonly providerAdmin: IProviderAdmin;
  readonly ui?: UserInterface;
}

/** MAPI: MSGSERVICEENTRY. @throws MAPI_E_UNCONFIGURED, MAPI_E_USER_CANCEL, MAPI_E_NO_SUPPORT */
export type MsgServiceEntry = (call: ServiceEntryCall) => Promise<void>;

/** What a page of a provider in the Profile Wizard works with. MAPI: WIZARDENTRY */
export interface WizardEntryCall {
  readonly host: ProviderHost;
  /** A configuration support object, valid during the call only. */
  readonly support: IMAPISupport;
  /** Takes the settings; the wizard writes them when all providers have shown their pages. */
  readonly properties: IMAPIProp;
  /** Absent where no page may be shown. */
  readonly ui?: UserInterface;
}

/** MAPI: WIZARDENTRY; a library that has one can be configured by properties, too. */
export type WizardEntry = (call: WizardEntryCall) => Promise<void>;

/** Flags of LaunchWizard by name. spec: launchwizardentry */
export interface WizardOptions {
  /** MAPI_PW_FIRST_PROFILE */
  readonly firstProfile?: boolean;
  /** MAPI_PW_LAUNCHED_BY_CONFIG: no welcome */
  readonly launchedByConfig?: boolean;
  /** MAPI_PW_ADD_SERVICE_ONLY: the services that are named, without the page to choose them */
  readonly addServiceOnly?: boolean;
  /** MAPI_PW_PROVIDER_UI_ONLY: the pages of the providers alone; only with `addServiceOnly` */
  readonly providerUiOnly?: boolean;
  /** MAPI_PW_HIDE_SERVICES_LIST */
  readonly hideServicesList?: boolean;
}

/** One thing that is wrong with what a provider keeps. */
export interface CheckProblem {
  /** The kind of damage, such as `integrity`. */
  readonly code: string;
  readonly message: string;
}

/** What a provider is told when it shall check what it keeps. */
export interface CheckCall {
  readonly host: ProviderHost;
  readonly profileName: string;
  /** The provider's profile section. */
  readonly section: readonly PropValue[];
  /** Mend what can be mended without loss. */
  readonly repair: boolean;
}

/**
 * Checks what a provider keeps for a profile, without a session; undefined if there is nothing yet.
 *
 * @throws what opening it throws: MAPI_E_CORRUPT_STORE, MAPI_E_VERSION, MAPI_E_NO_ACCESS
 */
export type ProviderCheck = (
  call: CheckCall,
) => Promise<{ readonly name: string; readonly problems: readonly CheckProblem[] } | undefined>;

/** The entry points that a provider library exports, each at most once. */
export interface ProviderModule {
  readonly MSProviderInit?: (host: ProviderHost) => Promise<Initialised<IMSProvider>>;
  readonly ABProviderInit?: (host: ProviderHost) => Promise<Initialised<IABProvider>>;
  readonly XPProviderInit?: (host: ProviderHost) => Promise<Initialised<IXPProvider>>;
  readonly HPProviderInit?: (call: HookInitCall) => Promise<ISpoolerHook>;
  readonly ServiceEntry?: MsgServiceEntry;
  readonly WizardEntry?: WizardEntry;
  readonly ProviderCheck?: ProviderCheck;
}

/** MAPI: IMAPIProviderShutdown, on provider objects that take part in fast shutdown. */
export interface IMAPIProviderShutdown {
  queryFastShutdown(): Promise<void>;
  notifyProcessShutdown(): Promise<void>;
  doFastShutdown(): Promise<void>;
}

/** Whether a provider object takes part in fast shutdown. */
export function supportsFastShutdown(provider: object): provider is IMAPIProviderShutdown {
  return 'queryFastShutdown' in provider && 'doFastShutdown' in provider;
}
