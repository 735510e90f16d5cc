/** Sessions: initialisation, profiles, services, logon, the session and its end. */
export { type BindEndOptions, bindEnd, type EndCause, type EndSignal, type ProcessEvents } from './bind-end.ts';
export { type EndSessionOptions, endSession } from './end-session.ts';
export type { FastShutdownPolicy } from './fast-shutdown.ts';
export type { EndedMember, EndHomeOptions, EndRequest, PendingMember } from './home-end.ts';
export type { HomeMember, HomeSession } from './home-list.ts';
export { IdleEngine } from './idle-engine.ts';
export type { InfProblem } from './inf-file.ts';
export { InitMonitor, InitSignal } from './init-monitor.ts';
export type { InitializeOptions, Platform } from './init-steps.ts';
export { type Leak, leakLines } from './leak-trace.ts';
export { type MapisvcInf, type MapisvcInfOptions, readMapisvcInf } from './mapisvc-inf.ts';
export type { TraceHook } from './membrane.ts';
export type { Processes } from './processes.ts';
export { EncryptedFileSecrets, type SecretStore } from './secret-store.ts';
export { SESSION_MEMBER_LEFT } from './session-events.ts';
export { Subsystem } from './subsystem.ts';
export type { SubsystemConfig } from './subsystem-config.ts';
