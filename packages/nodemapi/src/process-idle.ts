/** MAPI's idle engine, bound to the subsystem of this process. spec: mapi-idle-engine */
import type { IdleChange, IdleOptions, IdleRoutine, IdleTag } from '@nodemapi/mapi';
import { existingSubsystem, initialised, processSubsystem } from './process-registry.ts';

/** Starts the idle engine, before any other of its functions; answers 0, or 1 if it cannot. spec: mapiinitidle */
export async function MAPIInitIdle(reserved: unknown = null): Promise<0 | 1> {
  return (await processSubsystem()).idle.init(reserved);
}

/** Takes one start back; the last one drops every routine. @throws MAPI_E_NOT_INITIALIZED. spec: mapideinitidle */
export function MAPIDeInitIdle(): void {
  initialised().idle.deinit();
}

/**
 * Registers a routine that runs when clients have nothing under way.
 *
 * @param priority above 0: beside the calls of clients; below: only while none runs; 0 is reserved
 * @param csecIdle hundredths of a second: what they mean is said by `options`
 * @returns its tag, or null if it cannot be registered
 * @see spec: ftgregisteridleroutine
 */
export function FtgRegisterIdleRoutine<P>(
  routine: IdleRoutine<P>,
  parameter: P,
  priority: number,
  csecIdle: number,
  options: IdleOptions = {},
): IdleTag | null {
  // the engine gives the routine the parameter that was registered with it
  const registered = routine as IdleRoutine;
  return existingSubsystem()?.idle.register(registered, parameter, priority, csecIdle, options) ?? null;
}

/** Changes what `change` names and nothing else. @throws MAPI_E_NOT_FOUND. spec: changeidleroutine */
export function ChangeIdleRoutine(tag: IdleTag, change: IdleChange): void {
  initialised().idle.change(tag, change);
}

/** Lets a routine rest, or run again. @throws MAPI_E_NOT_FOUND. spec: enableidleroutine */
export function EnableIdleRoutine(tag: IdleTag, enabled: boolean): void {
  initialised().idle.enable(tag, enabled);
}

/** Removes a routine, which may be the one that runs. @throws MAPI_E_NOT_FOUND. spec: deregisteridleroutine */
export function DeregisterIdleRoutine(tag: IdleTag): void {
  initialised().idle.deregister(tag);
}
