/**
 * The history of an outgoing message as text: one line of JSON per event, oldest first.
 *
 * It has a limit: then events of the middle go, and one event in their place says how many. The first ones and the latest
 * stay, since they say how it began and why the message is where it is.
 */
import { fileTimeFromMs } from '@nodemapi/base';
import type { OutgoingEvent, OutgoingStep } from '@nodemapi/mapi';
/** Characters of one message's history beyond which events of the middle go. */
export const historyCharsMax = 48_000;
/** What is left of it then. */
const historyCharsKept = 32_000;
/** Events of the beginning that always stay. */
const firstEventsKept = 5;
/** Recipients that an event lists. */
const eventRecipientsMax = 20;
/** Characters of a text; answers of servers may be of any length. */
const eventTextCharsMax = 600;

/** How long the history of a message is kept that has left the queue. */
export const finishedKeptMs = 30 * 86_400_000;
/** So many messages that have left the queue of one store are remembered. */
export const finishedKeptMax = 10_000;

/** An event of which something was left out. */
interface Line {
  readonly t: string;
  readonly b: string;
  readonly s: OutgoingEvent['state'];
  readonly x: string;
  readonly u?: string;
  readonly r?: readonly (readonly [string, OutgoingEvent['state'], string | null])[];
  readonly m?: number;
  /** Events that this one stands for. */
  readonly o?: number;
}

/** A step as the line that is added to a history. */
export function historyLine(time: bigint, by: string, step: OutgoingStep): string {
  const { state, text, until, recipients = [], more = 0 } = step;
  const left = more + Math.max(recipients.length - eventRecipientsMax, 0);
  const line: Line = {
    ...{ t: time.toString(), b: by, s: state, x: cut(text) },
    ...(until === undefined ? {} : { u: until.toString() }),
    ...(recipients.length === 0 ? {} : { r: recipients.slice(0, eventRecipientsMax).map(shortRecipient) }),
    ...(left === 0 ? {} : { m: left }),
  };
  return `${JSON.stringify(line)}\n`;
}

function shortRecipient(one: NonNullable<OutgoingEvent['recipients']>[number]): NonNullable<Line['r']>[number] {
  return [cut(one.address), one.state, one.text === null ? null : cut(one.text)];
}

function cut(text: string): string {
  return text.length <= eventTextCharsMax ? text : `${text.slice(0, eventTextCharsMax)}…`;
}

/** A history that has grown too long, without some events of its middle. */
export function shortenedHistory(history: string): string {
  if (history.length <= historyCharsMax) return history;
  const lines = history.split('\n').filter((line) => line !== '');
  const first = lines.slice(0, firstEventsKept);
  const rest = lines.slice(firstEventsKept);
  let size = first.reduce((sum, line) => sum + line.length, 0);
  let from = rest.length;
  while (from > 0 && size + (rest[from - 1]?.length ?? 0) <= historyCharsKept) size += rest[--from]?.length ?? 0;
  const gone = rest.slice(0, from).map(lineOf);
  const [latest] = gone.slice(-1);
  if (latest === undefined) return history;
  const count = gone.reduce((sum, line) => sum + (line.o ?? 1), 0);
  const mark: Line = { t: latest.t, b: '', s: latest.s, x: `${count} earlier events are not kept`, o: count };
  return `${[...first, JSON.stringify(mark), ...rest.slice(from)].join('\n')}\n`;
}

/** The events of a history; a line that is damaged is shown as it is. */
export function historyEvents(history: string): readonly OutgoingEvent[] {
  return history
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { t, b, s, x, u, r, m } = lineOf(line);
      return {
        ...{ time: BigInt(t), by: b, state: s, text: x },
        ...(u === undefined ? {} : { until: BigInt(u) }),
        ...(r === undefined ? {} : { recipients: r.map(([address, state, text]) => ({ address, state, text })) }),
        ...(m === undefined ? {} : { more: m }),
      } as OutgoingEvent;
    });
}

function lineOf(text: string): Line {
  try {
    const line = JSON.parse(text) as Partial<Line> | null;
    if (typeof line?.t === 'string' && /^\d+$/u.test(line.t) && typeof line.x === 'string' && line.s !== undefined) {
      return { ...line, t: line.t, b: line.b ?? '', s: line.s, x: line.x };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { t: fileTimeFromMs(0).toString(), b: '', s: 'unknown', x: `an event that cannot be read: ${cut(text)}` };
}
