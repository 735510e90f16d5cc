/** What the suites of transports share: the transport under test, logging on to it, and the rules. */
import { strict as assert } from 'node:assert';
import {
  type IMAPISupport,
  type Initialised,
  type IXPLogon,
  type IXPProvider,
  MapiError,
  type MapiErrorCode,
  type Row,
  type SpoolerNotice,
  type TransportLogonOptions,
} from '@nodemapi/mapi';

export interface Address {
  readonly addrType: string;
  readonly emailAddress: string;
}

/** A support object as the suite sees it from outside. */
export interface SupportUnderTest {
  readonly support: IMAPISupport;
  /** The status row with all that was merged into it. */
  statusRow(): Row;
  notices(): readonly SpoolerNotice[];
  /** Whether nobody holds it any more but the caller. */
  releasedByTransport(): boolean;
}

/** A transport and what stands around it; `transportSuite` asks for one per test. */
export interface TransportUnderTest extends AsyncDisposable {
  readonly init: Initialised<IXPProvider>;
  /** A support object of its own for each logon, with a profile section that is configured. */
  newSupport(): Promise<SupportUnderTest>;
  /** The same with a section that lacks what the transport needs. */
  newUnconfigured(): Promise<SupportUnderTest>;
  /** What a user answers to the questions of a logon, so that the configuration is whole. */
  answer(question: string): string;
  /** An address that the transport delivers to. */
  readonly mine: Address;
  /** An address that it leaves to others. */
  readonly foreign: Address;
  /** Messages that have arrived where the transport delivers to. */
  arrived(): Promise<number>;
  /** For transports that receive. */
  readonly inbound?: {
    /** Puts one more message into the source. */
    arrange(): Promise<void>;
    /** Messages in the source. */
    waiting(): Promise<number>;
  };
}

export interface LoggedOn {
  readonly logon: IXPLogon;
  readonly outside: SupportUnderTest;
  readonly transport: TransportUnderTest;
}

/** Registers one test of these rules. */
export type TransportRule = (
  ids: string,
  sentence: string,
  run: (transport: TransportUnderTest) => Promise<void>,
) => void;

export async function logOn(transport: TransportUnderTest, options: TransportLogonOptions = {}): Promise<LoggedOn> {
  const outside = await transport.newSupport();
  const { logon } = await transport.init.provider.transportLogon(outside.support, 'suite', {
    noDialog: true,
    ...options,
  });
  return { logon, outside, transport };
}

export async function fails(promise: Promise<unknown>, code: MapiErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => MapiError.is(error, code));
}
