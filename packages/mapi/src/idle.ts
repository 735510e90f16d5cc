/** The idle engine: work that waits until nothing else is to be done. spec: mapi-idle-engine */

/**
 * MAPI: FNIDLE. A routine always answers false and is short; it may deregister itself.
 *
 * Whoever deregisters a routine disposes of its parameter.
 */
export type IdleRoutine<P = unknown> = (parameter: P) => boolean | Promise<boolean>;

/** MAPI: FTG. Names a registered routine; no tag is given twice. */
export type IdleTag = number & { readonly ftg: unique symbol };

/** Options of a routine, by name. spec: ftgregisteridleroutine */
export interface IdleOptions {
  /** FIROWAIT: `csecIdle` is how long the user has to be inactive before the first call. */
  readonly wait?: boolean;
  /** FIROINTERVAL: `csecIdle` is the least time between two calls. */
  readonly interval?: boolean;
  /** FIRONOADJUSTMENT: time that the machine slept counts. */
  readonly noAdjustment?: boolean;
  /** FIRODISABLED: registered, and not called before it is enabled. */
  readonly disabled?: boolean;
  /** FIROONCEONLY: obsolete, without effect. */
  readonly onceOnly?: boolean;
  /** FIROPERBLOCK: obsolete, without effect. */
  readonly perBlock?: boolean;
}

/** What `ChangeIdleRoutine` changes: what is not named stays. */
export interface IdleChange<P = unknown> {
  /** FIRCPFN */
  readonly routine?: IdleRoutine<P>;
  /** FIRCPV */
  readonly parameter?: P;
  /** FIRCPRI */
  readonly priority?: number;
  /** FIRCCSEC: hundredths of a second */
  readonly csecIdle?: number;
  /** FIRCIRO */
  readonly options?: IdleOptions;
}
