/**
 * mapi outbox --watch: the outgoing queue as it changes, whoever changes it.
 *
 * - The queue is read when a store tells of a change, and not more often than a person can see.
 * - Of a deep queue the first messages are shown, and all are counted.
 * - A terminal is drawn over; a file or a program gets a line for each change, JSON with `--json`.
 */
import {
  type EntryId,
  type FileTime,
  fileTimeToIso,
  type OutgoingMessage,
  type OutgoingState,
  type OutgoingView,
  systemClock,
  toHex,
} from 'nodemapi';
import type { Context } from './context.ts';
import { errorText, outgoingJson, stateWord } from './end-text.ts';
import type { Screen } from './io.ts';
import { shortId, shortIds } from './short-id.ts';
import { layOut, paint, printable } from './terminal.ts';

/** Time between two looks at the queue, at least. */
const lookEveryMs = 200;
/** Messages that may have left the queue after those whose fate is looked up. */
const finishedSparesMax = 100;
/** Lines of a screen that show no messages. */
const headLines = 3;
/** States in the order in which they are counted. */
const STATES: readonly OutgoingState[] = ['sending', 'ready', 'waiting', 'unknown', 'held', 'sent', 'failed'];

/** What the queue looks like at a time. */
export interface Look {
  readonly time: FileTime;
  readonly counts: Readonly<Partial<Record<OutgoingState, number>>>;
  /** The first of them, in submit order. */
  readonly messages: readonly OutgoingMessage[];
}

/** A message that has come, has changed, or has left the queue. */
export interface LookChange {
  readonly event: 'queued' | 'changed' | 'left';
  readonly message: OutgoingMessage;
}

/** What is new since the look before. */
export function changesBetween(before: Look | undefined, now: Look): readonly LookChange[] {
  const known = new Map(before?.messages.map((message) => [toHex(message.entryId), message]));
  const changes: LookChange[] = [];
  for (const message of now.messages) {
    const id = toHex(message.entryId);
    const last = known.get(id);
    known.delete(id);
    if (last === undefined) changes.push({ event: 'queued', message });
    else if (textOf(last) !== textOf(message)) changes.push({ event: 'changed', message });
  }
  return [...[...known.values()].map((message) => ({ event: 'left' as const, message })), ...changes];
}

function textOf(message: OutgoingMessage): string {
  return JSON.stringify(outgoingJson(message));
}

/** Shows the queue until `signal` aborts. @param limit messages at most, of those on top */
export async function watchOutbox(
  context: Context,
  queue: OutgoingView,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<void> {
  const { screen } = context.io;
  using show = context.json || screen === null ? lines(context, queue) : drawn(context, screen);
  let isChanged = false;
  let onChange = (): void => undefined;
  const wake = (): void => {
    isChanged = true;
    onChange();
  };
  using _watch = queue.watch(wake);
  using _resized = screen?.onResize(wake);
  signal.addEventListener('abort', wake, { once: true });
  while (!signal.aborted) {
    isChanged = false; // what changes from here on is looked at again
    const counts = Object.fromEntries((await queue.counts()).map(({ state, messages }) => [state, messages]));
    const messages = await queue.page({ countMax: Math.min(limit, show.messagesMax()) });
    await show.look({ time: systemClock.now(), counts, messages });
    await new Promise<void>((resolve) => {
      onChange = resolve;
      if (isChanged) resolve();
    });
    await systemClock.delay(lookEveryMs, signal).catch(() => {}); // an interrupt ends the loop
  }
}

interface Show extends Disposable {
  look(look: Look): Promise<void>;
  messagesMax(): number;
}

/** What has become of those that have left the queue, by identifier. */
async function fatesOf(queue: OutgoingView, changes: readonly LookChange[]): Promise<ReadonlyMap<string, string>> {
  const left = changes.filter(({ event }) => event === 'left').length;
  if (left === 0) return new Map();
  const finished = await queue.finished(left + finishedSparesMax);
  return new Map(finished.map(({ entryId, state }) => [toHex(entryId), state]));
}

function lines({ io, json }: Context, queue: OutgoingView): Show {
  let before: Look | undefined;
  return {
    messagesMax: () => Number.POSITIVE_INFINITY,
    look: async (now) => {
      const time = fileTimeToIso(now.time);
      const changes = changesBetween(before, now);
      const fates = await fatesOf(queue, changes);
      for (const { event, message } of changes) {
        const fate = event === 'left' ? fates.get(toHex(message.entryId)) : undefined;
        if (json) io.out(JSON.stringify({ time, event, message: outgoingJson(message), fate }));
        else io.out(`${time.slice(0, 19)}Z ${event.padEnd(7)} ${messageText(message, event, fate)}`);
      }
      const isCounted = JSON.stringify(before?.counts) !== JSON.stringify(now.counts);
      if (json && isCounted) io.out(JSON.stringify({ time, event: 'counts', counts: now.counts }));
      if (!json && isCounted) io.out(`${time.slice(0, 19)}Z counts  ${countsText(now)}`);
      before = now;
    },
    [Symbol.dispose]: () => {},
  };
}

function messageText(message: OutgoingMessage, event: LookChange['event'], fate: string | undefined): string {
  const { entryId, state, subject, reason } = message;
  const why = reason === null ? '' : ` (${printable(errorText({ state, lastError: reason }))})`;
  const standing = event === 'left' ? (fate === undefined ? '' : ` ${fate}`) : ` ${stateWord(state)}${why}`;
  return `${shortId(toHex(entryId))} ${printable(subject) || '(no subject)'}${standing}`;
}

function countsText({ counts }: Look): string {
  const parts = STATES.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count === 0 ? [] : [`${count} ${stateWord(state)}`];
  });
  return parts.length === 0 ? 'the outgoing queue is empty' : parts.join(', ');
}

/** Draws on a page of its own, and gives the terminal back as it was. */
function drawn(context: Context, screen: Screen): Show {
  screen.write('\u001b[?1049h\u001b[?25l');
  return {
    messagesMax: () => Math.max(1, screen.rows - headLines - 1),
    look: async (look) => {
      const text = screenText(context, screen, look)
        .split('\n')
        .slice(0, screen.rows)
        .map((line) => `${line}\u001b[K`)
        .join('\n');
      screen.write(`\u001b[H${text}\u001b[J`);
    },
    [Symbol.dispose]: () => screen.write('\u001b[?25h\u001b[?1049l'),
  };
}

function screenText({ io }: Context, { columns }: Screen, look: Look): string {
  const terminal = { ...io.terminal, columns };
  const head = `${paint(terminal, 'bold', 'Outgoing queue')}  ${countsText(look)}`;
  const time = paint(terminal, 'dim', `${fileTimeToIso(look.time).slice(0, 19).replace('T', ' ')}Z  Ctrl-C ends`);
  if (look.messages.length === 0) return `${head}\n${time}`;
  const ids = shortIds(look.messages.map(({ entryId }: { readonly entryId: EntryId }) => toHex(entryId)));
  const rows = look.messages.map((message, index) => [
    ids[index] ?? '',
    stateWord(message.state),
    message.nextAttempt === null ? '' : `${fileTimeToIso(message.nextAttempt).slice(0, 19).replace('T', ' ')}Z`,
    String(message.attempts),
    message.subject || '(no subject)',
    errorText({ state: message.state, lastError: message.reason }),
  ]);
  return `${head}\n${time}\n${layOut(terminal, ['id', 'state', 'until', 'tries', 'subject', 'why'], rows)}`;
}
