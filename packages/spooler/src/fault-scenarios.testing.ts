/** What a spooler is doing while something happens to it: messages, transports, and what becomes of each recipient. */
import { fileTimeFromMs } from '@nodemapi/base';
import {
  type EntryId,
  type IMsgStore,
  PR_DEFERRED_SEND_TIME,
  PR_DELETE_AFTER_SUBMIT,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_SENTMAIL_ENTRYID,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { type Outcome, type Script, ScriptedTransport } from './scripted-transport.testing.ts';
import type { World } from './world.testing.ts';

export interface Scenario {
  readonly name: string;
  /** Recipients of each message. `ok…` is delivered, `bad…` refused, `slow…` deferred the first time. */
  readonly messages: readonly (readonly string[])[];
  /** Address types of the transports; one for SMTP if omitted. */
  readonly transports?: readonly string[];
  /** What becomes of the message when it is sent; it stays where it is if omitted. */
  readonly filed?: 'sentMail' | 'deleted';
  /** Not to be sent before so many milliseconds have passed. */
  readonly deferMs?: number;
  /** The store has the documented methods only. */
  readonly plainStore?: boolean;
}

const OK = 'ok@example.org';
const BAD = 'bad@example.org';
const SLOW = 'slow@example.org';

export const SCENARIOS: readonly Scenario[] = [
  { name: 'one recipient', messages: [[OK]] },
  { name: 'one is deferred', messages: [[OK, SLOW]] },
  { name: 'one is refused', messages: [[BAD, OK]], filed: 'sentMail' },
  { name: 'one of each, filed', messages: [[OK, SLOW, BAD]], filed: 'sentMail' },
  { name: 'all are refused, deleted', messages: [[BAD, 'bad2@example.org']], filed: 'deleted' },
  { name: 'three messages at once', messages: [[OK], [SLOW], [OK, BAD]], filed: 'sentMail' },
  { name: 'a deferred one that is deleted', messages: [[OK]], filed: 'deleted', deferMs: 100_000 },
  { name: 'two transports', messages: [[OK, 'FAX:ok1', 'FAX:slow1']], transports: ['SMTP', 'FAX'], filed: 'sentMail' },
  { name: 'a store that keeps no records of its queue', messages: [[OK, SLOW, BAD]], plainStore: true },
];

/** Transports that answer by the address. */
export function transportsOf({ transports = ['SMTP'] }: Scenario): readonly ScriptedTransport[] {
  const deferred = new Set<string>();
  return transports.map((type) => new ScriptedTransport(type.toLowerCase(), scriptOf(type, deferred)));
}

function scriptOf(type: string, deferred: Set<string>): Script {
  return {
    types: [type],
    onSubmit: ({ options }) => {
      options.signal.throwIfAborted();
      return undefined;
    },
    outcome: (address, { subject }): Outcome => {
      const key = `${subject} ${address}`;
      if (address.startsWith('bad')) return { outcome: 'failed', enhancedStatus: '5.1.1', text: 'no such user' };
      if (!address.startsWith('slow') || deferred.has(key)) return { outcome: 'delivered' };
      deferred.add(key);
      return { outcome: 'deferred', text: 'greylisted' };
    },
  };
}

/** Submits the messages; their subjects are `m0`, `m1`, … */
export async function submitAll(world: World, { messages, filed, deferMs }: Scenario): Promise<readonly EntryId[]> {
  const props: PropValue[] = [];
  if (filed === 'deleted') props.push(prop(PR_DELETE_AFTER_SUBMIT, true));
  if (filed === 'sentMail') props.push(prop(PR_SENTMAIL_ENTRYID, await sentMailId(world.client)));
  if (deferMs !== undefined) props.push(prop(PR_DEFERRED_SEND_TIME, fileTimeFromMs(world.clock.nowMs() + deferMs)));
  const ids: EntryId[] = [];
  for (const [index, to] of messages.entries()) ids.push(await world.submit(`m${index}`, to, props));
  return ids;
}

export async function sentMailId(store: IMsgStore): Promise<EntryId> {
  const { values } = await store.getProps([PR_IPM_SENTMAIL_ENTRYID]);
  const [entryId] = values;
  if (entryId === undefined) throw new Error('the store has no Sent Items');
  return entryId;
}

/** The address without its type, as transports see it. */
export function bare(recipient: string): string {
  return recipient.replace(/^[A-Z]+:/u, '');
}
