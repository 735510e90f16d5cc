/** The life of an outgoing message, for people and as JSON. */
import { type FinishedOutgoing, fileTimeToIso, type OutgoingEvent, ownerText, toHex } from 'nodemapi';
import { stateWord } from './end-text.ts';
import { printable } from './terminal.ts';

/** To the second: what people read. */
function secondText(time: bigint): string {
  return `${fileTimeToIso(time).slice(0, 19).replace('T', ' ')}Z`;
}

/** Each step on a line, and below it what was answered for whom. */
export function historyText(events: readonly OutgoingEvent[]): string {
  return events.flatMap(stepLines).join('\n');
}

function stepLines({ time, by, state, text, until, recipients = [], more }: OutgoingEvent): readonly string[] {
  const waits = until === undefined ? '' : `; waits until ${secondText(until)}`;
  const who = by === '' ? '' : `  (${processText(by)})`;
  return [
    `${secondText(time)}  ${wordOf(state).padEnd(9)} ${printable(text)}${waits}${who}`,
    ...recipients.map((one) => {
      const said = one.text === null ? '' : `: ${printable(one.text)}`;
      return `${' '.repeat(22)}${printable(one.address)} ${stateWord(one.state)}${said}`;
    }),
    ...(more === undefined ? [] : [`${' '.repeat(22)}and ${more} more recipients`]),
  ];
}

function wordOf(state: OutgoingEvent['state']): string {
  return state === 'cancelled' ? 'cancelled' : stateWord(state);
}

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
