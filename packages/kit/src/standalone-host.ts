import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem, nullLog, systemClock, systemRandom, toHex } from '@nodemapi/base';
import { CURRENT_SPI_VERSION, type ProviderHost } from '@nodemapi/mapi';

/** A host whose disposal removes its home, if it made one. */
export interface StandaloneHost extends ProviderHost, AsyncDisposable {}

/**
 * A provider host without a subsystem, for tests and tools: the computer's clock, random source and files, no log, and
 * a new home in the system's directory of temporary files.
 *
 * @param overrides replace what is given; a `home` of the caller's is left alone
 */
export async function standaloneHost(overrides: Partial<ProviderHost> = {}): Promise<StandaloneHost> {
  const files = overrides.files ?? nodeFileSystem;
  const home = overrides.home ?? join(tmpdir(), `nodemapi-${toHex(systemRandom.bytes(8))}`);
  await files.mkdir(home);
  return {
    clock: systemClock,
    random: systemRandom,
    log: nullLog,
    mapiVersion: CURRENT_SPI_VERSION,
    ...overrides,
    home,
    files,
    [Symbol.asyncDispose]: async () => {
      if (overrides.home === undefined) await files.removeTree(home);
    },
  };
}
