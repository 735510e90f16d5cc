/**
 * MAPICrashRecovery: what keeps local files whole when a process is about to go without a logoff.
 *
 * spec: mapicrashrecovery, about-the-mapi-crash-recovery-api
 */

/** Flags of MAPICrashRecovery by name. */
export interface CrashRecoveryOptions {
  /** MAPICRASH_RECOVER: brings what is in memory to the disk, and refuses reads and writes from then on. */
  readonly recover?: boolean;
  /** MAPICRASH_CONTINUE: takes the refusal back, unless it is final. */
  readonly proceed?: boolean;
  /** MAPICRASH_SYSTEM_SHUTDOWN, with `recover` only: the refusal is final. */
  readonly systemShutdown?: boolean;
  /** Bits of 0xFF000000, whose meaning is the providers' own. */
  readonly providerFlags?: number;
}

/** The bits of `providerFlags`. */
export const CRASH_PROVIDER_FLAGS = 0xff00_0000;

/** A local file that is open. Nothing of it may wait: the process may be about to die. */
export interface CrashParticipant {
  /**
   * If what is in memory is consistent: brings it to the disk. In any case refuses reads and writes from then on, and
   * what is inconsistent is not written. Whether it was consistent.
   */
  recover(providerFlags: number): boolean;
  /** Takes the refusal back. */
  proceed(): void;
}

/** Where providers register their open files. */
export interface CrashRegistry {
  /** Until the answer is disposed; a file that is opened while everything is refused is refused at once. */
  register(participant: CrashParticipant): Disposable;
}
