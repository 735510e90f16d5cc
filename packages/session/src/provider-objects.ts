import { MapiError, withDeadline } from '@nodemapi/base';
import {
  CURRENT_SPI_VERSION,
  type IABProvider,
  type IMSProvider,
  type Initialised,
  type IXPProvider,
  type ProviderHost,
  type ProviderModule,
} from '@nodemapi/mapi';
import type { EntryPoints } from './entry-points.ts';
import type { ModuleLoader } from './module-loader.ts';
import type { ProviderKind, ProviderRef } from './provider-slot.ts';

/** Hooks have no provider object besides themselves. */
type ObjectKind = Exclude<ProviderKind, 'hook'>;

interface ProviderTypes {
  readonly transport: IXPProvider;
  readonly addressBook: IABProvider;
  readonly store: IMSProvider;
}

/** A provider object of a session. */
export interface ProviderObject {
  readonly kind: ObjectKind;
  readonly component: string;
  readonly provider: IXPProvider | IABProvider | IMSProvider;
}

const ENTRY_POINTS: Readonly<Record<ObjectKind, keyof ProviderModule>> = {
  transport: 'XPProviderInit',
  addressBook: 'ABProviderInit',
  store: 'MSProviderInit',
};
/** In this order providers are asked, told and shut down. */
export const SHUTDOWN_ORDER: readonly ObjectKind[] = ['transport', 'addressBook', 'store'];

export interface ProviderObjectsOptions {
  readonly modules: ModuleLoader;
  readonly host: ProviderHost;
  readonly entryPoints: EntryPoints;
  /** How long a library may take until its provider object is there. */
  readonly startMsMax: number;
}

/**
 * The provider objects of one session.
 *
 * One store and one address book object per library, however many logons it serves; one transport object per transport
 * of the profile. spec: imsprovideriunknown, xpproviderinit
 */
export class ProviderObjects {
  readonly #options: ProviderObjectsOptions;
  readonly #objects = new Map<string, Promise<ProviderObject>>();
  /** Those that are there. */
  readonly #made = new Set<ProviderObject>();
  #forgotten = false;

  constructor(options: ProviderObjectsOptions) {
    this.#options = options;
  }

  /** The provider object for `ref`, made by the library's entry point the first time. */
  async acquire<K extends ObjectKind>(kind: K, ref: ProviderRef): Promise<ProviderTypes[K]> {
    const key = kind === 'transport' ? `${kind} ${ref.uid}` : `${kind} ${ref.module}`;
    const making = this.#objects.get(key) ?? this.#start(kind, ref);
    this.#objects.set(key, making);
    try {
      return (await making).provider as ProviderTypes[K];
    } catch (error) {
      this.#objects.delete(key);
      throw error;
    }
  }

  /** Those that are there, in the order of their shutdown. */
  async loaded(): Promise<readonly ProviderObject[]> {
    return SHUTDOWN_ORDER.flatMap((kind) => [...this.#made].filter((object) => object.kind === kind));
  }

  /** The end of the session: what a library still makes is ended at once. */
  forget(): void {
    this.#forgotten = true;
    this.#objects.clear();
    this.#made.clear();
  }

  /** Nobody waits longer than he may for a library that does not start; what it makes late is ended. */
  async #start(kind: ObjectKind, ref: ProviderRef): Promise<ProviderObject> {
    const { clock } = this.#options.host;
    let late = false;
    const making = this.#make(kind, ref).then(async (made) => {
      if (late || this.#forgotten) await this.#discard(made);
      else this.#made.add(made);
      return made;
    });
    try {
      return await withDeadline(making, this.#options.startMsMax, clock, `the start of ${ref.displayName}`);
    } catch (error) {
      late = true;
      throw MapiError.from(error, ref.displayName);
    }
  }

  async #discard({ provider, component }: ProviderObject): Promise<void> {
    try {
      await provider.shutdown();
      await provider.release();
    } catch (error) {
      this.#options.host.log.warn('a provider that came too late cannot be ended', { component, error });
    }
  }

  async #make(kind: ObjectKind, ref: ProviderRef): Promise<ProviderObject> {
    const component = ref.displayName;
    const { modules, entryPoints, host } = this.#options;
    const library = await modules.load(ref.module);
    const init = library[ENTRY_POINTS[kind]] as
      | ((host: ProviderHost) => Promise<Initialised<ProviderObject['provider']>>)
      | undefined;
    if (typeof init !== 'function') {
      throw new MapiError('MAPI_E_CALL_FAILED', `${ref.module} exports no ${ENTRY_POINTS[kind]}`, { component });
    }
    const made = await initialised(() => entryPoints.run(ref.module, () => init(host)), component);
    if (typeof made?.provider !== 'object' || made.provider === null || typeof made.spiVersion !== 'number') {
      throw new MapiError('MAPI_E_CALL_FAILED', `${ref.module} made no provider object`, { component });
    }
    if (!isKnownVersion(made.spiVersion)) {
      await made.provider.release();
      const version = `0x${made.spiVersion.toString(16)}`;
      throw new MapiError('MAPI_E_VERSION', `${ref.module} is written for version ${version} of the SPI`, {
        component,
      });
    }
    return { kind, component, provider: made.provider };
  }
}

async function initialised<T>(init: () => Promise<T>, component: string): Promise<T> {
  try {
    return await init();
  } catch (error) {
    throw MapiError.from(error, component);
  }
}

/** The same major and minor version; the update does not matter. */
function isKnownVersion(spiVersion: number): boolean {
  return spiVersion >>> 16 === CURRENT_SPI_VERSION >>> 16;
}
