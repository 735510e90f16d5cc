/**
 * What a suite about message stores needs of the store that it tests.
 *
 * A member that a store cannot provide throws; the rules that need it are then skipped with a reason.
 */
import type { FileTime } from '@nodemapi/base';
import type { IMsgStore, MapiErrorCode } from '@nodemapi/mapi';
import type { RuleSkips } from './rule-test.ts';

/** The support object of the stores under test, as far as a suite looks into it and steers it. */
export interface SubsystemDouble {
  /** What `readReceipt` was asked to make. */
  readonly reports: readonly { readonly nonRead: boolean }[];
  /** Calls of `prepareSubmit`, `expandRecips` and `spoolerNotify`, in their order. */
  readonly calls: readonly string[];
  /** Makes `expandRecips` answer that the message has to be preprocessed. */
  preprocessing: boolean;
  /** Makes `readReceipt`, `prepareSubmit` and `expandRecips` fail with this code. */
  failure: MapiErrorCode | undefined;
}

export interface StoreUnderTest {
  readonly subsystem: SubsystemDouble;
  /** A new store with its standard folders, opened for writing as a client does. */
  readonly store: IMsgStore;
  /** The same store as its spooler has it. */
  readonly spoolerStore: IMsgStore;
  /** A further spooler, of another process as it were; closed by `close`. */
  secondSpooler(): Promise<IMsgStore>;
  /** The same store for a client that may only read; closed by `close`. */
  readOnlyStore(): Promise<IMsgStore>;
  /** A further client that may write; closed by `close`. */
  secondStore(): Promise<IMsgStore>;
  /** Another new store of the same provider, for copies from one to the other; closed by `close`. */
  otherStore(): Promise<IMsgStore>;
  /** Closes everything and opens the same data again, as the next session does; `close` is then the answer's. */
  reopen(): Promise<StoreUnderTest>;
  /** The store's time. */
  now(): FileTime;
  /** Lets time pass for the store. */
  advance(ms: number): Promise<void>;
  /** Resolves when all notifications that are queued have been delivered. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export type OpenStoreUnderTest = () => Promise<StoreUnderTest>;

export interface StoreSuiteOptions {
  /** Rule → why the store need not follow it; tests that name it are skipped, with the reason in their title. */
  readonly skips?: RuleSkips;
}
