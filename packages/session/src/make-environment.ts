import { hostname } from 'node:os';
import type { CrashRecovery } from '@nodemapi/kit';
import { CURRENT_SPI_VERSION, type ProviderHost, type WakeUps } from '@nodemapi/mapi';
import type { BufferPool } from './buffer-pool.ts';
import type { EntryPoints } from './entry-points.ts';
import { LogonTurns } from './logon-turns.ts';
import { makeAdmin } from './make-admin.ts';
import type { ModuleLoader } from './module-loader.ts';
import { systemProcesses } from './processes.ts';
import type { SessionEnvironment } from './session-context.ts';
import type { SubsystemConfig } from './subsystem-config.ts';
import { TargetRegistry } from './target-registry.ts';

const PROVIDER_LOGON_TIMEOUT_MS = 60_000;

export interface EnvironmentParts {
  readonly config: SubsystemConfig;
  readonly buffers: BufferPool;
  readonly crash: CrashRecovery;
  readonly entryPoints: EntryPoints;
  readonly modules: ModuleLoader;
  readonly wakeUps: WakeUps;
}

/** What all sessions of one subsystem work with. */
export function makeEnvironment(parts: EnvironmentParts): SessionEnvironment {
  const { config, buffers, crash, entryPoints, modules, wakeUps } = parts;
  const { home, files, clock, random, log, createSpooler, processes = systemProcesses } = config;
  const { storageOnStream, accessToken } = config;
  const outside = { home, files, clock, random, log, storageOnStream, accessToken };
  const host: ProviderHost = { ...outside, crash, mapiVersion: CURRENT_SPI_VERSION, wakeUps };
  const targets = new TargetRegistry();
  return {
    admin: makeAdmin({ host, targets, processes, buffers, modules, config }),
    host,
    clock,
    random,
    log,
    targets,
    entryPoints,
    createSpooler,
    providerLogonTimeoutMs: config.providerLogonTimeoutMs ?? PROVIDER_LOGON_TIMEOUT_MS,
    logonTurns: new LogonTurns(clock),
    owner: `${hostname()}/${processes.pid}`,
  };
}
