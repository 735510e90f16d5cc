import type { Clock, FileSystem, Log, Random } from '@nodemapi/base';
import type { HubEndpoint } from '@nodemapi/hub';
import type { SpoolerFactory } from '@nodemapi/kit';
import type { AccessTokenSource, Catalogue, ProviderModule, StorageOnStream } from '@nodemapi/mapi';
import type { FastShutdownPolicy } from './fast-shutdown.ts';
import type { InitSignal } from './init-monitor.ts';
import type { Platform } from './init-steps.ts';
import type { TraceHook } from './membrane.ts';
import type { Processes } from './processes.ts';
import type { SecretStore } from './secret-store.ts';

/** What a subsystem is made of. */
export interface SubsystemConfig {
  /** The MAPI home: profiles, secrets, and what providers keep. */
  readonly home: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly catalogue: Catalogue;
  /** Loads a provider library; only those of the catalogue are asked for. */
  readonly loadModule: (name: string) => Promise<ProviderModule>;
  readonly createSpooler: SpoolerFactory;
  /** Structured storage for providers; without it they have none. */
  readonly storageOnStream?: StorageOnStream;
  /** Gets OAuth2 access tokens for the accounts that log on by one. */
  readonly accessToken?: AccessTokenSource;
  /** Where secrets are kept; by default an encrypted file of the home. */
  readonly secrets?: SecretStore;
  /** Remembers the line that opens each object; default true. */
  readonly captureOpeners?: boolean;
  /** Directories whose code does not count as an opener, such as a front door's. */
  readonly internalDirectories?: readonly string[];
  /** Keeps what sessions had open at their end, for `leaks`; default false. It turns `captureOpeners` on. */
  readonly traceLeaks?: boolean;
  readonly trace?: TraceHook;
  /** How long a logon with MAPI_TIMEOUT_SHORT waits for another one; default 3000. */
  readonly logonTimeoutShortMs?: number;
  /** How long one provider may take to log on; default 60000. */
  readonly providerLogonTimeoutMs?: number;
  /** Sessions at a time; default 1000. */
  readonly sessionsMax?: number;
  readonly fastShutdownPolicy?: FastShutdownPolicy;
  readonly processes?: Processes;
  /** What MAPI stands on; by default the Node.js that runs this. */
  readonly platform?: Platform;
  /** Sets up what a service (MAPI_NT_SERVICE) needs in place of a user, such as the opening of its key ring. */
  readonly prepareService?: () => Promise<void>;
  /** Calls of MAPIInitialize without their MAPIUninitialize; default 65536. */
  readonly initializationsMax?: number;
  /** Hears of the initialisation; by default one of its own. */
  readonly initSignal?: InitSignal;
  /** Where the processes of the home meet; without it sessions are shared within this subsystem only. */
  readonly hub?: HubEndpoint;
}
