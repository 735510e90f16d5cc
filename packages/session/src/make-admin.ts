import type { ProviderHost } from '@nodemapi/mapi';
import { type AdminContext, callEntriesForDelete } from './admin-context.ts';
import type { BufferPool } from './buffer-pool.ts';
import { FileLocks } from './file-locks.ts';
import type { ModuleLoader } from './module-loader.ts';
import type { Processes } from './processes.ts';
import { ProfileStore } from './profile-store.ts';
import { ProviderAdmin } from './provider-admin.ts';
import { EncryptedFileSecrets } from './secret-store.ts';
import { SectionLocks } from './section-locks.ts';
import { ServiceEntries } from './service-entries.ts';
import type { SubsystemConfig } from './subsystem-config.ts';
import { SessionSupport } from './support.ts';
import type { TargetRegistry } from './target-registry.ts';

export interface AdminParts {
  readonly host: ProviderHost;
  readonly targets: TargetRegistry;
  readonly processes: Processes;
  readonly buffers: BufferPool;
  readonly modules: ModuleLoader;
  readonly config: Pick<SubsystemConfig, 'secrets' | 'catalogue'>;
}

/** What the administration of profiles and services of one subsystem works with. */
export function makeAdmin({ host, targets, processes, buffers, modules, config }: AdminParts): AdminContext {
  const { home, files, clock, random, log } = host;
  const { catalogue } = config;
  const locks = new FileLocks(files, clock, processes);
  const secrets = config.secrets ?? new EncryptedFileSecrets(home, files, random, locks);
  const onRemoving = (name: string): Promise<void> => callEntriesForDelete(admin, name);
  const profiles = new ProfileStore({ home, files, random, log, clock, locks, processes, secrets, onRemoving });
  const sectionLocks = new SectionLocks();
  const sections = { profiles, secrets, sectionLocks };
  const entries = new ServiceEntries({
    modules,
    host,
    log,
    makeSupport: (profileName, section) =>
      new SessionSupport({
        kind: 'configuration',
        host,
        allocator: buffers,
        sections,
        targets,
        profileName,
        section,
        moduleName: undefined,
        session: undefined,
      }),
    makeProviderAdmin: (profileName, service) => new ProviderAdmin(admin, profileName, service, { callsEntry: false }),
  });
  const admin: AdminContext = { ...sections, catalogue, random, modules, entries, log };
  return admin;
}
