/**
 * Sends one message to many addresses: splits it into transactions, keeps to what the server offers.
 *
 * - A server's size limit, and addresses that a server without SMTPUTF8 cannot take, fail before anything is sent.
 * - Recipients with different wishes for delivery reports go in transactions of their own: the parameters of one
 *   transaction are the same for all its recipients. ORCPT goes along where a transaction has a single recipient.
 * - A transaction has no more recipients than configured, and those whom the server finds too many follow in the next one.
 */

import { envelopeAddress, isAscii } from './mail-address.ts';
import type { AsyncIterableFactory } from './mail-body.ts';
import { countBytes } from './mail-body.ts';
import { cancelledFailure, type SessionFailure } from './session-failure.ts';
import type { SendRecord, SmtpClient, SmtpEnvelope } from './smtp-client.ts';
import type { SmtpConfig } from './smtp-config.ts';
import { type AddressOutcome, outcomesOf, retryAfterOf, sessionOutcome } from './smtp-outcome.ts';
import type { SmtpPool } from './smtp-pool.ts';
import { isTooManyRecipients, meaningOf } from './smtp-reply.ts';

/** What a sender wants to hear of a delivery (RFC 3461 4.1); undefined leaves it to the server. */
export type DsnNotify = readonly ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[];

export interface OutgoingMail {
  /** Empty for the null sender. */
  readonly from: string;
  /** Each address once. */
  readonly recipients: readonly { readonly address: string; readonly notify?: DsnNotify }[];
  /** Bytes, roughly; unknown if omitted. */
  readonly sizeEstimate?: number;
  readonly envid?: string;
  readonly body: AsyncIterableFactory;
  /** Called right before its text goes out; if it throws nothing goes. */
  readonly onOffer?: () => void;
}

export interface SendReport {
  readonly outcomes: ReadonlyMap<string, AddressOutcome>;
  readonly retryAfterSeconds?: number;
  /** Set if the session failed, for the status of the transport. */
  readonly failure?: SessionFailure;
  /** The session failed before the server had answered anything of the message. */
  readonly unheard?: boolean;
  /** What the making of the message threw; nothing was sent then. */
  readonly bodyError?: unknown;
}

/** Sends `mail` over a connection of the pool. Never rejects: the report says what became of everybody. */
export async function sendMail(
  mail: OutgoingMail,
  pool: SmtpPool,
  config: SmtpConfig,
  signal: AbortSignal,
): Promise<SendReport> {
  if (!(await pool.turn(signal))) return unsent(mail, cancelledFailure, config.host);
  const first = await sendOnce(mail, pool, config, signal, true);
  return first.again ? (await sendOnce(mail, pool, config, signal, false)).report : first.report;
}

/** `again`: the connection was an untested one and is gone, and the server has answered nothing of the message. */
async function sendOnce(
  mail: OutgoingMail,
  pool: SmtpPool,
  config: SmtpConfig,
  signal: AbortSignal,
  trusting: boolean,
): Promise<{ readonly report: SendReport; readonly again: boolean }> {
  const lease = await pool.acquire(signal, { trusting });
  if ('failure' in lease) return { report: unsent(mail, lease.failure, config.host), again: false };
  try {
    const report = await sendOver(lease.client, { mail, pool, config, signal });
    return { report, again: lease.untested && report.unheard === true && !signal.aborted };
  } finally {
    lease.release();
  }
}

/** There was no connection. */
function unsent(mail: OutgoingMail, failure: SessionFailure, remote: string): SendReport {
  const outcomes = new Map(mail.recipients.map(({ address }) => [address, sessionOutcome(failure, remote)]));
  const retryAfterSeconds = retryAfterOf({ recipients: [], failure });
  return { outcomes, failure, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

interface Sending {
  readonly mail: OutgoingMail;
  readonly pool: SmtpPool;
  readonly config: SmtpConfig;
  readonly signal: AbortSignal;
}

async function sendOver(client: SmtpClient, { mail, pool, config, signal }: Sending): Promise<SendReport> {
  const outcomes = new Map<string, AddressOutcome>();
  const { onOffer = () => {} } = mail;
  const remote = config.host;
  let size: number | undefined;
  try {
    size = await sizeFor(client, mail);
  } catch (bodyError) {
    return { outcomes, bodyError };
  }
  const refused = refusalOf(client, mail, size, remote);
  for (const { address } of mail.recipients) {
    const outcome = refused(address);
    if (outcome !== undefined) outcomes.set(address, outcome);
  }
  let retryAfterSeconds: number | undefined;
  let last: SendRecord | undefined;
  let unheard = false;
  const envelopes = [...transactionsOf(client, mail, config, size, outcomes)];
  for (let envelope = envelopes.shift(); envelope !== undefined; envelope = envelopes.shift()) {
    const isFirst = last === undefined;
    if (!isFirst && !(await pool.turn(signal))) client.close();
    if (last !== undefined && last.final?.code !== 250) await client.reset(signal);
    last = await client.send(smtpForm(envelope), mail.body(), { signal, onOffer });
    const { bodyError, failure } = last;
    unheard = isFirst && failure !== undefined && (last.mail === undefined || last.mail.code === 421);
    if (bodyError !== undefined) return brokenOff(outcomes, mail, bodyError, remote);
    const results = outcomesOf(last, remote);
    for (const [index, address] of envelope.recipients.entries()) {
      outcomes.set(address, results[index] ?? sessionOutcome(failure ?? lostFailure, remote));
    }
    const others = turnedAway(envelope, last);
    if (others.length > 0) envelopes.unshift({ ...envelope, recipients: others });
    const hint = others.length > 0 ? undefined : retryAfterOf(last);
    if (hint !== undefined) retryAfterSeconds = Math.max(retryAfterSeconds ?? 0, hint);
  }
  return {
    outcomes,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(last?.failure === undefined ? {} : { failure: last.failure }),
    ...(unheard ? { unheard } : {}),
  };
}

/** Who did not fit into a transaction that the server has taken: their turn is next. */
function turnedAway({ recipients }: SmtpEnvelope, { final, recipients: replies }: SendRecord): readonly string[] {
  if (final === undefined || meaningOf(final) !== 'ok') return [];
  return recipients.filter((_, index) => {
    const reply = replies[index];
    return reply !== undefined && isTooManyRecipients(reply);
  });
}

/** What an earlier transaction has achieved must not be forgotten, or it would be done again. */
function brokenOff(
  outcomes: Map<string, AddressOutcome>,
  mail: OutgoingMail,
  bodyError: unknown,
  remote: string,
): SendReport {
  const sent = [...outcomes.values()].some(({ outcome }) => outcome === 'delivered' || outcome === 'unknown');
  if (!sent) return { outcomes, bodyError };
  const text = `the message could not be read: ${bodyError instanceof Error ? bodyError.message : String(bodyError)}`;
  for (const { address } of mail.recipients) {
    if (!outcomes.has(address)) outcomes.set(address, { outcome: 'deferred', text, remote });
  }
  return { outcomes };
}

const lostFailure: SessionFailure = { code: 'MAPI_E_NETWORK_ERROR', text: 'the connection was lost' };

/**
 * Bytes of the message: the estimate where it is far from the server's limit, else counted by making the message once
 * for nothing. Undefined if the server does not want to know.
 */
async function sizeFor(client: SmtpClient, mail: OutgoingMail): Promise<number | undefined> {
  if (!client.extensions.has('SIZE')) return undefined;
  const estimate = mail.sizeEstimate;
  const far = estimate !== undefined && (client.sizeMax === undefined || estimate < client.sizeMax / 2);
  return far ? estimate : countBytes(mail.body());
}

/** Tells for an address why the server cannot take the message; undefined if it can. */
function refusalOf(
  client: SmtpClient,
  mail: OutgoingMail,
  size: number | undefined,
  remote: string,
): (address: string) => AddressOutcome | undefined {
  if (size !== undefined && client.sizeMax !== undefined && size > client.sizeMax) {
    const text = `the message has ${size} bytes, the server takes ${client.sizeMax}`;
    return () => ({ outcome: 'failed', smtpCode: 552, enhancedStatus: '5.3.4', text, remote });
  }
  if (client.extensions.has('SMTPUTF8')) return () => undefined;
  const text = 'the address is not ASCII, and the server does not take such addresses';
  const refusal: AddressOutcome = { outcome: 'failed', enhancedStatus: '5.6.7', text, remote };
  const everybody = !isAscii(envelopeAddress(mail.from));
  return (address) => (everybody || !isAscii(envelopeAddress(address)) ? refusal : undefined);
}

/** The transactions for everybody who has no outcome yet. */
function transactionsOf(
  client: SmtpClient,
  mail: OutgoingMail,
  config: SmtpConfig,
  size: number | undefined,
  outcomes: ReadonlyMap<string, AddressOutcome>,
): readonly SmtpEnvelope[] {
  const withDsn = config.dsn && client.extensions.has('DSN');
  const groups = new Map<string, string[]>();
  for (const { address, notify } of mail.recipients) {
    if (outcomes.has(address)) continue;
    const key = withDsn && notify !== undefined ? notify.join(',') : '';
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(address);
  }
  const base = { from: mail.from, ...(size === undefined ? {} : { size }) };
  return [...groups].flatMap(([key, addresses]) =>
    partsOf(addresses, config.recipientsMax).map((recipients) => {
      if (key === '') return { ...base, recipients };
      const [only, ...others] = recipients;
      const dsn = {
        notify: key.split(','),
        ...(mail.envid === undefined ? {} : { envid: mail.envid }),
        ...(only === undefined || others.length > 0 || !isAscii(only) ? {} : { orcpt: `rfc822;${only}` }),
      };
      return { ...base, recipients, dsn };
    }),
  );
}

function smtpForm(envelope: SmtpEnvelope): SmtpEnvelope {
  return { ...envelope, from: envelopeAddress(envelope.from), recipients: envelope.recipients.map(envelopeAddress) };
}

function partsOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let start = 0; start < list.length; start += size) parts.push(list.slice(start, start + size));
  return parts;
}
