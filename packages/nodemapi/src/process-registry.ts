import { MapiError, systemClock } from '@nodemapi/base';
import type { IMAPIInitMonitor } from '@nodemapi/mapi';
import { InitMonitor, InitSignal } from '@nodemapi/session';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';

const key = Symbol.for('nodemapi.subsystem');
const signalKey = Symbol.for('nodemapi.initSignal');
// Two copies of this package in one process must find the same subsystem, so the global object holds it.
const registry = globalThis as { [key]?: Promise<HomeSubsystem> | HomeSubsystem; [signalKey]?: InitSignal };

/** The subsystem of this process; made at the first call. */
export async function processSubsystem(): Promise<HomeSubsystem> {
  registry[key] ??= createSubsystem({ initSignal: processSignal() }).then(
    (subsystem) => {
      registry[key] = subsystem;
      return subsystem;
    },
    (error: unknown) => {
      delete registry[key];
      throw error;
    },
  );
  return registry[key];
}

/** The subsystem of this process, if it is there. */
export function existingSubsystem(): HomeSubsystem | undefined {
  const subsystem = registry[key];
  return subsystem instanceof Promise ? undefined : subsystem;
}

/** The subsystem of this process. @throws MAPI_E_NOT_INITIALIZED before it is there */
export function initialised(): HomeSubsystem {
  const subsystem = existingSubsystem();
  if (subsystem !== undefined) return subsystem;
  throw new MapiError('MAPI_E_NOT_INITIALIZED', 'MAPIInitialize or ScInitMapiUtil has not been called');
}

/** A monitor of this process, which need not have a subsystem yet. */
export function processMonitor(): IMAPIInitMonitor {
  return new InitMonitor(processSignal(), systemClock);
}

function processSignal(): InitSignal {
  registry[signalKey] ??= new InitSignal();
  return registry[signalKey];
}
