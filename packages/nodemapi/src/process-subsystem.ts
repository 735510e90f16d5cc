/**
 * The subsystem of this process, and MAPI's functions bound to it: MAPI has one of each per process, so programs
 * import the functions and need no object. A program that wants several, or a home of its own, uses
 * `createSubsystem`.
 */
import type {
  CrashRecoveryOptions,
  IMAPIInitMonitor,
  IMAPISession,
  IProfAdmin,
  IPropData,
  ITableData,
  LogonOptions,
  MapiBuffer,
  PropTag,
  UserInterface,
  WizardOptions,
} from '@nodemapi/mapi';
import type { InitializeOptions } from '@nodemapi/session';
import type { ProfileSettings } from './ensure-profile.ts';
import { existingSubsystem, initialised, processMonitor, processSubsystem } from './process-registry.ts';

export { processSubsystem } from './process-registry.ts';

/** Adds one to the subsystem's count; the first call builds it. spec: mapiinitialize */
export async function MAPIInitialize(options?: InitializeOptions): Promise<void> {
  await (await processSubsystem()).MAPIInitialize(options);
}

/** Takes one from the count; at zero everything is taken down. One too many does nothing. spec: mapiuninitialize */
export async function MAPIUninitialize(): Promise<void> {
  await existingSubsystem()?.MAPIUninitialize();
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

/** A new buffer of `size` bytes with the contents of `original`, which stays. spec: mapireallocatebuffer */
export function MAPIReallocateBuffer(original: MapiBuffer | null, size: number): MapiBuffer {
  return initialised().MAPIReallocateBuffer(original, size);
}

/** Frees a buffer and all that hangs on it; null is left alone. spec: mapifreebuffer */
export function MAPIFreeBuffer(buffer: MapiBuffer | null): void {
  existingSubsystem()?.MAPIFreeBuffer(buffer);
}

/** Keeps local files whole when the process is about to go without a logoff. spec: mapicrashrecovery */
export function MAPICrashRecovery(options: CrashRecoveryOptions): void {
  existingSubsystem()?.MAPICrashRecovery(options);
}

/** Opens the administration of profiles; no session is needed. spec: mapiadminprofiles */
export async function MAPIAdminProfiles(): Promise<IProfAdmin> {
  return initialised().MAPIAdminProfiles();
}

/** Makes a profile if it is not there, and gives its services these settings; see `HomeSubsystem.ensureProfile`. */
export function ensureProfile(name: string, settings?: ProfileSettings): Promise<void> {
  return initialised().ensureProfile(name, settings);
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

/** The Profile Wizard: adds services to a profile and answers its name. spec: launchwizardentry */
export function LaunchWizard(ui: UserInterface, services: readonly string[], options?: WizardOptions): Promise<string> {
  return initialised().LaunchWizard(ui, services, options);
}

/** Delivers everything that is queued for advise sinks before it returns. spec: hrdispatchnotifications */
export async function HrDispatchNotifications(): Promise<void> {
  await initialised().HrDispatchNotifications();
}

/** Says whether MAPI is initialised in this process, at any time; it initialises nothing. */
export function CreateMAPIInitializationMonitor(): IMAPIInitMonitor {
  return processMonitor();
}

/**
 * A table in memory, whose rows are told apart by the column `index`; with the utilities alone it notifies nobody.
 *
 * @see spec: createtable
 */
export function CreateTable(index: PropTag, columns?: readonly PropTag[]): ITableData {
  return initialised().CreateTable(index, columns);
}

/** Properties in memory. @throws MAPI_E_INTERFACE_NOT_SUPPORTED for another interface than IPropData; spec: createiprop */
export function CreateIProp(iid = 'IPropData'): IPropData {
  return initialised().CreateIProp(iid);
}
