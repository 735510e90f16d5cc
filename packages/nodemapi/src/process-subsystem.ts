/**
 * The subsystem of this process, and MAPI's functions bound to it: MAPI has one of each per process, so programs
 * import the functions and need no object. A program that wants several, or a home of its own, uses
 * `createSubsystem`.
 */
import { MapiError } from '@nodemapi/base';
import type { IMAPISession, IProfAdmin, LogonOptions, MapiBuffer, UserInterface } from '@nodemapi/mapi';
import type { InitializeOptions } from '@nodemapi/session';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';

const key = Symbol.for('nodemapi.subsystem');
// Two copies of this package in one process must find the same subsystem, so the global object holds it.
const registry = globalThis as { [key]?: Promise<HomeSubsystem> | HomeSubsystem };

/** The subsystem of this process; made at the first call. */
export async function processSubsystem(): Promise<HomeSubsystem> {
  registry[key] ??= createSubsystem().then(
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

function initialised(): HomeSubsystem {
  const subsystem = registry[key];
  if (subsystem === undefined || subsystem instanceof Promise) {
    throw new MapiError('MAPI_E_NOT_INITIALIZED', 'MAPIInitialize or ScInitMapiUtil has not been called');
  }
  return subsystem;
}

/** Adds one to the subsystem's count; the first call builds it. spec: mapiinitialize */
export async function MAPIInitialize(options?: InitializeOptions): Promise<void> {
  await (await processSubsystem()).MAPIInitialize(options);
}

/** Takes one from the count; at zero everything is taken down. spec: mapiuninitialize */
export async function MAPIUninitialize(): Promise<void> {
  await initialised().MAPIUninitialize();
}

/** Brings up structured storage. spec: ending-a-mapi-session */
export async function OleInitialize(): Promise<void> {
  (await processSubsystem()).OleInitialize();
}

/** Takes structured storage down; before `MAPIUninitialize`. */
export function OleUninitialize(): void {
  initialised().OleUninitialize();
}

/** Brings up the utilities alone. spec: scinitmapiutil */
export async function ScInitMapiUtil(flags = 0): Promise<void> {
  (await processSubsystem()).ScInitMapiUtil(flags);
}

/** Takes the utilities down. spec: deinitmapiutil */
export function DeinitMapiUtil(): void {
  initialised().DeinitMapiUtil();
}

/** A new buffer of `size` bytes. spec: mapiallocatebuffer */
export function MAPIAllocateBuffer(size: number): MapiBuffer {
  return initialised().MAPIAllocateBuffer(size);
}

/** A buffer that is freed together with `root`. spec: mapiallocatemore */
export function MAPIAllocateMore(size: number, root: MapiBuffer): MapiBuffer {
  return initialised().MAPIAllocateMore(size, root);
}

/** Frees a buffer and all that hangs on it; null is left alone. spec: mapifreebuffer */
export function MAPIFreeBuffer(buffer: MapiBuffer | null): void {
  initialised().MAPIFreeBuffer(buffer);
}

/** Opens the administration of profiles; no session is needed. spec: mapiadminprofiles */
export async function MAPIAdminProfiles(): Promise<IProfAdmin> {
  return initialised().MAPIAdminProfiles();
}

/** Logs on by a profile. spec: mapilogonex */
export async function MAPILogonEx(
  ui: UserInterface | null,
  profileName: string | null,
  password: string | null,
  options?: LogonOptions,
): Promise<IMAPISession> {
  return initialised().MAPILogonEx(ui, profileName, password, options);
}

/** Delivers everything that is queued for advise sinks before it returns. spec: hrdispatchnotifications */
export async function HrDispatchNotifications(): Promise<void> {
  await initialised().HrDispatchNotifications();
}
