/** The life of an outgoing message, for people and as JSON. */
import {
  type FinishedOutgoing,
  fileTimeToIso,
  type OutgoingEvent,
  type OutgoingState,
  ownerText,
  toHex,
} from 'nodemapi';
import { stateWord } from './end-text.ts';
import { printable } from './terminal.ts';

/** To the second: what people read. */
function secondText(time: bigint): string {
  return `${fileTimeToIso(time).slice(0, 19).replace('T', ' ')}Z`;
}

/** A clock that differs by less was not set by anybody. */
const clockSetTicksMin = 10n * 10_000_000n;
const indent = ' '.repeat(22);
const wordLength = 11;

/** Each step on a line, and below it what was answered for whom. */
export function historyText(events: readonly OutgoingEvent[]): string {
  return events.flatMap((event, index) => [...clockLines(event, events[index - 1]), ...stepLines(event)]).join('\n');
}

/** Steps are listed as they came; where their times go backwards somebody has set the clock. */
function clockLines({ time }: OutgoingEvent, before: OutgoingEvent | undefined): readonly string[] {
  if (before === undefined || before.time - time < clockSetTicksMin) return [];
  return [`${indent}(here the clock of the computer was set back)`];
}

function stepLines(event: OutgoingEvent): readonly string[] {
  const { time, by, state, until, recipients = [], more } = event;
  const next = until === undefined ? '' : `; next try at ${secondText(until)}`;
  const who = by === '' ? '' : `  (${processText(by)})`;
  return [
    `${secondText(time)}  ${wordOf(state).padEnd(wordLength)} ${printable(briefText(event))}${next}${who}`,
    ...recipients.map((one) => {
      const said = one.text === null ? '' : `: ${printable(one.text)}`;
      return `${indent}${printable(one.address)} ${stateWord(one.state)}${said}`;
    }),
    ...(more === undefined ? [] : [`${indent}and ${more} more recipients`]),
  ];
}

/** The text without what is said of one of the recipients below it. */
function briefText({ text, recipients = [] }: OutgoingEvent): string {
  const said = recipients.find((one) => one.text !== null && text.endsWith(one.text))?.text ?? '';
  return said === '' ? text : text.slice(0, -said.length).replace(/[:;] $/u, '');
}

function wordOf(state: OutgoingEvent['state']): string {
  if (state === 'unknown') return 'uncertain'; // its text says that it may have been sent
  return state === 'cancelled' ? 'cancelled' : stateWord(state);
}

/** What became of a recipient in the end. */
export interface RecipientFate {
  readonly address: string;
  readonly state: OutgoingState;
  /** What was answered last. */
  readonly lastError: string | null;
  /** An attempt before the last one may have reached him, too. */
  readonly perhapsTwice: boolean;
}

/** What became of the recipients, as the history tells it: those whom it lists. */
export function fatesOf(events: readonly OutgoingEvent[]): readonly RecipientFate[] {
  const fates = new Map<string, RecipientFate>();
  let wasCutOff = false;
  for (const { state: standing, text, recipients = [] } of events) {
    wasCutOff ||= standing === 'sending' && text.includes(MAY_HAVE_BEEN_SENT);
    for (const { address, state, text: lastError } of recipients) {
      const before = fates.get(address);
      const isOpen = before?.state !== 'sent';
      const perhapsTwice = before?.perhapsTwice === true || before?.state === 'unknown' || (wasCutOff && isOpen);
      fates.set(address, { address, state, lastError, perhapsTwice });
    }
    if (recipients.length > 0) wasCutOff = false;
  }
  return [...fates.values()].map((fate) => ({ ...fate, perhapsTwice: fate.perhapsTwice && fate.state === 'sent' }));
}

const MAY_HAVE_BEEN_SENT = 'may have been sent';

/** Host and process of the owner of a lock. */
export function processText(by: string): string {
  return printable(ownerText(by));
}

export function historyJson(events: readonly OutgoingEvent[]): readonly object[] {
  return events.map(({ time, until, ...rest }) => ({
    time: fileTimeToIso(time),
    ...rest,
    ...(until === undefined ? {} : { until: fileTimeToIso(until) }),
  }));
}

/** What has left the queue, in the form of a queued message as far as it is known. */
export function finishedJson(message: FinishedOutgoing): Readonly<Record<string, unknown>> {
  const { entryId, subject, internetMessageId, submitTime, finishedTime, state, attempts } = message;
  return {
    ...{ entryId: toHex(entryId), internetMessageId, subject, state, attempts },
    submitTime: submitTime === null ? null : fileTimeToIso(submitTime),
    finishedTime: fileTimeToIso(finishedTime),
  };
}
