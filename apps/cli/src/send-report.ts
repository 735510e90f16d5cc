/** How mapi send speaks of what became of its messages. */
import type { EndReport, OutgoingMessage, OutgoingRecipient } from 'nodemapi';
import { EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL } from './command.ts';
import type { Context } from './context.ts';
import { endText, errorText, outgoingText, stateWord } from './end-text.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** The state of a message in the words of the command's contract: it failed only if nobody got it. */
export function reportedState({ state, recipients }: Pick<OutgoingMessage, 'state' | 'recipients'>): string {
  if (state === 'failed' && recipients.some(isSent)) return 'sent';
  return state === 'ready' || state === 'waiting' || state === 'sending' ? 'queued' : state;
}

function isSent(recipient: OutgoingRecipient): boolean {
  return recipient.state === 'sent';
}

/** Everything sent: 0; nobody got anything: 1; anything between: 3. */
export function exitCodeOf(messages: readonly OutgoingMessage[]): number {
  if (messages.length > 0 && messages.every((message) => reportedState(message) === 'failed')) return EXIT_FAILED;
  const whole = messages.every((message) => message.state === 'sent' && message.recipients.every(isSent));
  return whole ? EXIT_DONE : EXIT_PARTIAL;
}

/** One message for people: its fate, then a line a recipient. */
export function messageText(context: Context, message: OutgoingMessage): string {
  const { terminal } = context.io;
  const { recipients } = message;
  const sent = recipients.filter(isSent).length;
  const state = reportedState(message);
  const partly = state === 'sent' && sent < recipients.length;
  const colour = partly ? 'yellow' : state === 'sent' ? 'green' : state === 'failed' ? 'red' : 'yellow';
  const head = partly ? `sent to ${sent} of ${recipients.length}` : stateWord(message.state);
  const lines = recipients.map((recipient) => {
    const error = recipient.lastError === null ? '' : `: ${printable(errorText(recipient))}`;
    return `    ${printable(recipient.address)}  ${stateWord(recipient.state)}${error}`;
  });
  const why = errorText({ state: message.state, lastError: message.reason });
  const reason = why === '' ? '' : `: ${printable(why)}`;
  return [`${paint(terminal, colour, head)}  ${printable(message.subject) || '(no subject)'}${reason}`, ...lines].join(
    '\n',
  );
}

/** The report in one line; the whole of it if that is wanted, or if something is wrong. */
export function endSummary(terminal: Terminal, end: EndReport, verbose: boolean): string {
  const { objects, advises, buffers } = end.leftOpen;
  const isClean =
    end.completed && end.steps.every((step) => step.ok) && objects.length + advises.length + buffers === 0;
  if (verbose || !isClean || end.outgoing.incomplete === true) return endText(terminal, end);
  const { sent, failed, left, held, unknown } = end.outgoing;
  if (left + held + unknown > 0) return outgoingText(end.outgoing);
  // What another process has sent is told by its message, and is nothing that this session has done.
  return `${sent + failed === 0 ? '' : `${outgoingText(end.outgoing)}; `}nothing is left in the queue`;
}
