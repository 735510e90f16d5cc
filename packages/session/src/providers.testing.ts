/** Small real providers whose every step a test can watch, and break. */
import { AdviseHub } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  encodeOneOff,
  type IABLogon,
  type IMAPIProp,
  type IMAPISupport,
  type IMAPITable,
  type IMsgStore,
  type IXPLogon,
  type MapiErrorInfo,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_ENTRYID,
  type PropValue,
  type ProviderHost,
  type ProviderModule,
  prop,
  type Row,
  type ServiceEntryCall,
  STORE_CREATE_OK,
  STORE_MODIFY_OK,
  STORE_NOTIFY_OK,
  STORE_SUBMIT_OK,
  type UserInterface,
} from '@nodemapi/mapi';
import { TestABProvider } from './test-book.testing.ts';
import { TestMSProvider } from './test-store.testing.ts';
import { TestXPProvider } from './test-transport.testing.ts';

const ANN = encodeOneOff({ displayName: 'Ann', addrType: 'SMTP', emailAddress: 'ann@b.c', sendRichInfo: false });
const SUPPORT_MASK = STORE_SUBMIT_OK | STORE_CREATE_OK | STORE_MODIFY_OK | STORE_NOTIFY_OK;

/** What tests may put in the way: each runs before the provider does its own work. */
export interface Behaviour {
  storeInit?: () => unknown;
  storeLogon?: () => unknown;
  storeLogoff?: () => unknown;
  storeShutdown?: () => unknown;
  bookLogon?: () => unknown;
  bookLogoff?: () => unknown;
  transportLogon?: () => unknown;
  transportLogoff?: () => unknown;
  openEntry?: () => unknown;
  openTemplateID?: (...args: Parameters<IABLogon['openTemplateID']>) => IMAPIProp;
  oneOffTable?: () => Promise<IMAPITable>;
  /** The containers of the address book, in place of the one that there is. */
  containers?: readonly Row[];
  /** Names are looked up in a container, told by its name. */
  resolving?: (container: string, names: readonly unknown[]) => void;
  entry?: (call: ServiceEntryCall) => unknown;
  fastShutdown?: () => unknown;
  /** Of the status objects; told whose, and with what options. */
  validate?: (who: string, options: object) => unknown;
  doFastShutdown?: () => unknown;
}

/** A library with all three kinds of provider; `calls` says what was called, in order. */
export class TestLibrary {
  readonly calls: string[] = [];
  readonly hub = new AdviseHub();
  behaviour: Behaviour = {};
  spiVersion = CURRENT_SPI_VERSION;
  lastSupport: IMAPISupport | undefined;
  lastStore: IMsgStore | undefined;
  lastBookSupport: IMAPISupport | undefined;
  lastTransportSupport: IMAPISupport | undefined;
  lastTransport: IXPLogon | undefined;
  lastHost: ProviderHost | undefined;
  /** What the transport was logged on with, and the identifiers of the stores. */
  readonly logonArguments: unknown[] = [];
  /** Whom the transport might have asked. */
  readonly transportUis: unknown[] = [];
  /** PR_STORE_SUPPORT_MASK of the stores. */
  supportMask = SUPPORT_MASK;
  /** Objects that were handed out and not released. */
  open = 0;
  /** Whether the providers keep their support objects, as they must. */
  keepsSupport = true;
  /** What a store logon answers for the logon of the spooler, and what that was given. */
  spoolerSecurity: Uint8Array | undefined;
  givenSecurity: Uint8Array | undefined;
  storeWarning: MapiErrorInfo | undefined;
  /** What the transports say of their user. */
  identity: readonly PropValue[] = [prop(PR_IDENTITY_DISPLAY, 'Ann'), prop(PR_IDENTITY_ENTRYID, ANN)];
  /** Options of the last logon of a store or an address book, and the user interface that came with them. */
  lastLogon: { readonly options: object; readonly ui: UserInterface | undefined } | undefined;

  keep(support: IMAPISupport): IMAPISupport {
    return this.keepsSupport ? support.addRef() : support;
  }

  readonly module: ProviderModule = {
    MSProviderInit: async (host) => {
      this.lastHost = host;
      await this.did('MSProviderInit', this.behaviour.storeInit);
      return { provider: new TestMSProvider(this), spiVersion: this.spiVersion };
    },
    ABProviderInit: async (host) => {
      this.lastHost = host;
      await this.did('ABProviderInit');
      return { provider: new TestABProvider(this), spiVersion: this.spiVersion };
    },
    XPProviderInit: async (host) => {
      this.lastHost = host;
      await this.did('XPProviderInit');
      return { provider: new TestXPProvider(this), spiVersion: this.spiVersion };
    },
    ServiceEntry: async (call) => {
      this.calls.push(`entry ${call.context}`);
      await this.behaviour.entry?.(call);
    },
  };

  /** Notes a call; a behaviour that answers something other than undefined answers for the provider. */
  async did(what: string, behaviour?: () => unknown): Promise<unknown> {
    this.calls.push(what);
    return behaviour?.();
  }
}
