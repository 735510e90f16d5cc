/** The END report: as JSON by the contract of the command line, and as text for people. */
import {
  type EndReport,
  fileTimeToIso,
  type OutgoingMessage,
  type OutgoingRecipient,
  type OutgoingReport,
  toHex,
} from 'nodemapi';
import { countText, durationText, paint, printable, type Terminal } from './terminal.ts';

/** A queued message as JSON. */
export function outgoingJson(message: OutgoingMessage): Readonly<Record<string, unknown>> {
  const time = (value: OutgoingMessage['submitTime']): string | null => (value === null ? null : fileTimeToIso(value));
  return {
    entryId: toHex(message.entryId),
    internetMessageId: message.internetMessageId,
    subject: message.subject,
    submitTime: time(message.submitTime),
    state: message.state,
    reason: message.reason,
    attempts: message.attempts,
    nextAttempt: time(message.nextAttempt),
    lockedBy: message.lockedBy,
    recipients: message.recipients.map((recipient) => ({ ...recipient, nextAttempt: time(recipient.nextAttempt) })),
  };
}

/** The report as JSON. */
export function endJson(end: EndReport): Readonly<Record<string, unknown>> {
  return {
    ...end,
    steps: end.steps.map((step) => ({ ...step, durationMs: round(step.durationMs) })),
    durationMs: round(end.durationMs),
    outgoing: { ...end.outgoing, messages: end.outgoing.messages.map(outgoingJson) },
    leftOpen: {
      ...end.leftOpen,
      objects: end.leftOpen.objects.map(withHexId),
      advises: end.leftOpen.advises.map(withHexId),
    },
  };
}

function withHexId<T extends { readonly entryId?: Uint8Array }>({ entryId, ...rest }: T): object {
  return entryId === undefined ? rest : { ...rest, entryId: toHex(entryId) };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;

/** What became of the outgoing mail, in one sentence. */
export function outgoingText(report: OutgoingReport): string {
  const parts = [
    [report.sent, 'sent'],
    [report.failed, 'failed'],
    [report.left, 'left in the queue'],
    [report.held, 'held'],
    [report.unknown, 'may have been sent'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (report.incomplete === true) {
    return said.length === 0 ? 'not known' : `${said.join(', ')}; the rest is not known`;
  }
  return said.length === 0 ? 'nothing outgoing' : said.join(', ');
}

const STEP_TEXT: Readonly<Record<string, string>> = {
  unadvise: 'registrations for notifications cancelled',
  release: 'open objects released',
  freeBuffers: 'buffers freed',
  outgoing: 'outgoing mail accounted for',
  logoff: 'logged off',
  releaseSession: 'session released',
  oleUninitialize: 'OLE (compound files) taken down',
  mapiUninitialize: 'MAPI taken down',
  deinitMapiUtil: 'MAPI utilities taken down',
};

/** The states of the queue in words that need no explanation. */
export function stateWord(state: string): string {
  return STATE_WORDS[state] ?? state;
}

/** What was answered for a recipient last; "may have been sent" is left out where its state says that already. */
export function errorText({ state, lastError }: Pick<OutgoingRecipient, 'state' | 'lastError'>): string {
  if (lastError === null) return '';
  const said = `${stateWord(state)}; `;
  return lastError.startsWith(said) ? lastError.slice(said.length) : lastError;
}

const STATE_WORDS: Readonly<Record<string, string>> = {
  ready: 'queued',
  waiting: 'waiting',
  sending: 'being sent',
  unknown: 'may have been sent',
};

function named({ interface: iid, entryId }: { interface: string; entryId?: Uint8Array }): string {
  return entryId === undefined ? iid : `${iid} ${toHex(entryId)}`;
}

/** A line a step. A fast shutdown has none, which is said in their place. */
function stepLines(terminal: Terminal, end: EndReport): string[] {
  if (end.fastShutdown === 'done') {
    return [`  ${paint(terminal, 'green', '✓')} shut down fast: every provider was ready, nothing was logged off`];
  }
  const refused = '  – fast shutdown: refused, or not in time; the ordinary steps follow';
  const lines = end.steps.map((step) => {
    if (step.skipped === true) return paint(terminal, 'dim', `  – ${STEP_TEXT[step.step] ?? step.step}: not needed`);
    const mark = step.ok ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗');
    const count = step.count > 0 ? ` (${step.count})` : '';
    const error = step.error === undefined ? '' : `: ${step.error.message} (${step.error.code})`;
    return `  ${mark} ${STEP_TEXT[step.step] ?? step.step}${count}, ${durationText(step.durationMs)}${error}`;
  });
  return end.fastShutdown === 'refused' ? [refused, ...lines] : lines;
}

/** The report for people. */
export function endText(terminal: Terminal, end: EndReport): string {
  const lines = stepLines(terminal, end);
  const { objects, advises, buffers, blocks } = end.leftOpen;
  const open = objects.length + advises.length + buffers;
  lines.push(
    `  outgoing: ${outgoingText(end.outgoing)}; left open: ${open === 0 ? 'nothing' : countText(open, 'thing')}`,
  );
  for (const message of end.outgoing.messages) {
    if (message.state === 'sent') continue;
    const why = message.recipients.flatMap((recipient) =>
      recipient.lastError === null ? [] : `${recipient.address}: ${recipient.lastError}`,
    );
    const { state, reason } = message;
    const said = printable(reason === null ? why.join('; ') : errorText({ state, lastError: reason }));
    const subject = printable(message.subject) || '(no subject)';
    lines.push(`    ${stateWord(message.state)}: "${subject}"${said === '' ? '' : `: ${said}`}`);
  }
  const { unlisted = 0 } = end.outgoing;
  if (unlisted > 0) lines.push(`    and ${unlisted} more in the queue`);
  for (const object of objects) lines.push(`    ${named(object)}, opened at ${object.openedAt}`);
  for (const advise of advises) {
    lines.push(`    registration ${advise.connection} with ${named(advise)}, made at ${advise.openedAt}`);
  }
  for (const block of blocks) lines.push(`    buffer of ${countText(block.bytes, 'byte')}, made at ${block.openedAt}`);
  const verdict = end.completed
    ? paint(terminal, 'green', 'ended in good order')
    : paint(terminal, 'red', 'did not end in good order');
  return [...lines, `  ${verdict} after ${durationText(end.durationMs)}`].join('\n');
}
