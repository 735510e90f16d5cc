/** What a message gets before its first attempt: a Message-ID that stays the same, and a sender. */
import { type Clock, type Random, timedBytes, toHex } from '@nodemapi/base';
import { type SessionIdentity, sessionSenderProps } from '@nodemapi/kit';
import { PR_INTERNET_MESSAGE_ID, type PropValue, prop } from '@nodemapi/mapi';
import type { MessageRecord } from './record.ts';

/** Bytes of a Message-ID: no two are ever the same, and they sort by time, which keeps the index of a store in order. */
const MESSAGE_ID_BYTES = 20;
/** Stands for the sender's domain where there is none; RFC 2606. */
const DOMAIN_UNKNOWN = 'localhost.invalid';

/** The properties that the message lacks. */
export function stampOf(
  record: MessageRecord,
  identity: SessionIdentity | undefined,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): readonly PropValue[] {
  const values: PropValue[] = [];
  if (record.internetMessageId === undefined || record.internetMessageId === '') {
    const address = record.senderAddress ?? identity?.emailAddress;
    values.push(
      prop(PR_INTERNET_MESSAGE_ID, newMessageId(timedBytes(clock.nowMs(), random, MESSAGE_ID_BYTES), address)),
    );
  }
  if (record.senderName === undefined) values.push(...sessionSenderProps(identity));
  return values;
}

function newMessageId(bytes: Uint8Array, address: string | undefined): string {
  const domain = /@([A-Za-z0-9.-]+)$/u.exec(address ?? '')?.[1] ?? DOMAIN_UNKNOWN;
  return `<${toHex(bytes)}@${domain}>`;
}
