import { bytesEqual } from '@nodemapi/base';
import {
  type IMAPITable,
  type IProfSect,
  type IProviderAdmin,
  MapiError,
  type MapiUid,
  type OpenProfileSectionOptions,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  prop,
} from '@nodemapi/mapi';
import { noSupport } from './no-support.ts';
import { PropBag } from './prop-bag.ts';
import { RefCounted } from './ref-counted.ts';
import { standaloneHost } from './standalone-host.ts';
import { MemoryProfSect, StandaloneSupport } from './standalone-support.ts';
import { snapshotTable } from './table-data.ts';

/** Provider administration of a service with one provider, without a profile: for tests of service entry points. */
export class StandaloneProviderAdmin extends RefCounted implements IProviderAdmin {
  readonly iid = 'IProviderAdmin';
  readonly uid: MapiUid = new Uint8Array(16).fill(0x5a);
  /** The section of the provider. */
  readonly section = new PropBag();
  readonly #resourceType: number;

  /** @param resourceType PR_RESOURCE_TYPE of the provider */
  constructor(resourceType: number) {
    super();
    this.#resourceType = resourceType;
  }

  getProviderTable(): Promise<IMAPITable> {
    const row = [prop(PR_PROVIDER_UID, this.uid), prop(PR_RESOURCE_TYPE, this.#resourceType)];
    return snapshotTable([row], [PR_PROVIDER_UID, PR_RESOURCE_TYPE]);
  }

  async openProfileSection(uid: MapiUid | null, options: OpenProfileSectionOptions = {}): Promise<IProfSect> {
    if (uid !== null && !bytesEqual(uid, this.uid))
      throw new MapiError('MAPI_E_NOT_FOUND', 'there is one provider only');
    return new MemoryProfSect(this.section, { writable: options.modify === true });
  }

  async createProvider(): Promise<MapiUid> {
    return noSupport('IProviderAdmin.createProvider');
  }

  async deleteProvider(): Promise<void> {
    noSupport('IProviderAdmin.deleteProvider');
  }
}

/** A service with one provider and what its entry point is called with, as suites of entry points want it. */
export async function standaloneService<E>(entry: E, resourceType: number) {
  const host = await standaloneHost();
  const providerAdmin = new StandaloneProviderAdmin(resourceType);
  return {
    entry,
    host,
    newSupport: async () => new StandaloneSupport({ kind: 'configuration', host }),
    providerAdmin,
    section: () => [...providerAdmin.section],
    close: async () => host[Symbol.asyncDispose](),
  };
}
