import { MapiError } from '@nodemapi/base';
import type { ProviderModule } from '@nodemapi/mapi';

/** Loads provider libraries: only those that the catalogue names, each once until `drop`. */
export class ModuleLoader {
  readonly #load: (name: string) => Promise<ProviderModule>;
  readonly #allowed: ReadonlySet<string>;
  readonly #modules = new Map<string, Promise<ProviderModule>>();

  constructor(load: (name: string) => Promise<ProviderModule>, allowed: ReadonlySet<string>) {
    this.#load = load;
    this.#allowed = allowed;
  }

  /** @throws MAPI_E_NO_ACCESS for a library that is not in the catalogue; MAPI_E_NOT_FOUND if it cannot be loaded */
  async load(name: string): Promise<ProviderModule> {
    if (!this.#allowed.has(name)) {
      throw new MapiError('MAPI_E_NO_ACCESS', `${name} is not in the catalogue and is not loaded`, { component: name });
    }
    const loading = this.#modules.get(name) ?? this.#loaded(name);
    this.#modules.set(name, loading);
    try {
      return await loading;
    } catch (error) {
      this.#modules.delete(name); // the next one tries again
      throw error;
    }
  }

  /** Libraries that are held. */
  get count(): number {
    return this.#modules.size;
  }

  /** Lets go of every library: the last MAPIUninitialize. */
  drop(): void {
    this.#modules.clear();
  }

  async #loaded(name: string): Promise<ProviderModule> {
    let loaded: ProviderModule;
    try {
      loaded = await this.#load(name);
    } catch (cause) {
      if (MapiError.is(cause)) throw cause;
      throw new MapiError('MAPI_E_NOT_FOUND', `${name} cannot be loaded`, { cause, component: name });
    }
    if (typeof loaded === 'object' && loaded !== null) return loaded;
    throw new MapiError('MAPI_E_CALL_FAILED', `${name} is no provider library`, { component: name });
  }
}
