/** One message in two forms: with TNEF for those who want it, without for the others. spec: sending-messages-with-tnef */
import { MapiError } from '@nodemapi/base';
import type { OfferedRecipient } from './smtp-recipients.ts';
import type { SendReport } from './smtp-sender.ts';

/** Sends one form of the message to some of its recipients. */
export type SendForm = (recipients: readonly OfferedRecipient[], rich: boolean) => Promise<SendReport>;

/**
 * Sends each form to those who are to get it, the plain one first; most messages have one form only.
 *
 * A form that cannot be made after another one has gone out leaves its recipients for later: those of the other are
 * served, and must not be again.
 */
export async function sendForms(recipients: readonly OfferedRecipient[], send: SendForm): Promise<SendReport> {
  const plain = recipients.filter(({ rich }) => !rich);
  const rich = recipients.filter((recipient) => recipient.rich);
  if (rich.length === 0) return send(plain, false);
  if (plain.length === 0) return send(rich, true);
  const first = await send(plain, false);
  if (first.bodyError !== undefined) return first;
  return merged(first, await send(rich, true), rich);
}

function merged(first: SendReport, second: SendReport, recipients: readonly OfferedRecipient[]): SendReport {
  const { bodyError, ...rest } = second;
  const outcomes = new Map([...first.outcomes, ...second.outcomes]);
  if (bodyError !== undefined) {
    const text = `its TNEF form cannot be made: ${MapiError.from(bodyError, 'transport-smtp').message}`;
    for (const { address } of recipients)
      if (!outcomes.has(address)) outcomes.set(address, { outcome: 'deferred', text });
  }
  const waits = [first.retryAfterSeconds, second.retryAfterSeconds].filter((seconds) => seconds !== undefined);
  const failure = second.failure ?? first.failure;
  return {
    ...rest,
    outcomes,
    ...(waits.length === 0 ? {} : { retryAfterSeconds: Math.max(...waits) }),
    ...(failure === undefined ? {} : { failure }),
  };
}
