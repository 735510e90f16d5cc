/** MAPI: IMAPIInitMonitor and IMAPIWaitResult. spec: createmapiinitializationmonitor */
import type { IUnknown } from './unknown.ts';

/** The timeout of a wait that never times out. */
export const INFINITE = 0xffff_ffff;

/** How a wait for the initialisation can be given up. */
export interface InitWaitOptions {
  /** Ends the wait, which then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Says whether MAPI is initialised in this process, and when it is.
 *
 * It is made before, during or after the initialisation and outlives it: one monitor serves any number of rounds.
 */
export interface IMAPIInitMonitor extends IUnknown {
  readonly iid: 'IMAPIInitMonitor';
  /** Whether MAPI is initialised now; asking does not initialise it. */
  isInitialized(): boolean;
  /**
   * Resolves as soon as MAPI is initialised.
   *
   * @param timeoutMs milliseconds, or `INFINITE`
   * @throws WIN32_E_TIMEOUT when the time is up (HRESULT_FROM_WIN32(ERROR_TIMEOUT)); `signal.reason`
   */
  wait(timeoutMs: number, options?: InitWaitOptions): Promise<void>;
  /** Answers at once; the waiting is done by `end` of the answer, wherever that is called. */
  beginWait(timeoutMs?: number): IMAPIWaitResult;
}

/** A wait that was begun and is gone through by whoever calls `end`. spec: imapiwaitresultiunknown */
export interface IMAPIWaitResult extends IUnknown {
  readonly iid: 'IMAPIWaitResult';
  /** What `IMAPIInitMonitor.wait` does; without `timeoutMs` it takes that of `beginWait`. */
  end(timeoutMs?: number, options?: InitWaitOptions): Promise<void>;
}
