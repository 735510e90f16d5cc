/**
 * The invariant over time: every recipient of every message that was accepted got it at least once, or was refused and
 * reported; twice only where the server could not say, or the sender not record, that it was taken, and then it is shown.
 */
import type { ChaosLine, HistoryEvent, JournalLine, SoakRecord } from './record.testing.ts';

export interface Verdict {
  /** What is wrong, with the subject of the message that it is about. */
  readonly wrong: readonly { readonly subject: string; readonly what: string }[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Delivered by files, not by the server. */
export const LOCAL_ADDRESS = 'local@home.test';

/** Addresses that every server refuses. */
const REFUSED_ALWAYS = 'bad.';

/** A copy that the server has kept. */
interface Copy {
  readonly time: number;
  readonly messageId: string;
  readonly isWhole: boolean;
  /** Its 250 went out, and nothing was done to the conversation then. */
  readonly isAnswered: boolean;
}

interface Submission {
  readonly subject: string;
  readonly to: readonly string[];
  readonly isAccepted: boolean;
}

const MAY = /may have been sent/u;

/** Judges everything that was written down. */
export function verdictOf(record: SoakRecord): Verdict {
  const known = new Facts(record);
  const submissions = submissionsOf(record);
  const wrong = submissions.flatMap((submission) =>
    wrongOf(submission, known).map((what) => ({ subject: submission.subject, what })),
  );
  const subjects = new Set(submissions.map(({ subject }) => subject));
  for (const { subject = '' } of record.journal.filter(({ taken }) => taken !== undefined)) {
    if (!subjects.has(subject)) wrong.push({ subject, what: 'arrived and was never submitted' });
  }
  for (const { subject, state, reason } of record.look.left)
    wrong.push({ subject, what: `is still in the queue: ${state}, ${reason ?? 'without a reason'}` });
  return { wrong, counts: countsOf(record, submissions, known) };
}

/** What is known of messages and addresses. */
class Facts {
  readonly copies = new Map<string, Copy[]>();
  /** Addresses that the server has refused for good. */
  readonly refused: ReadonlySet<string>;
  readonly events = new Map<string, readonly HistoryEvent[]>();
  readonly sentMail: ReadonlyMap<string, number>;
  readonly received: ReadonlyMap<string, number>;
  readonly reports: ReadonlyMap<string, number>;
  readonly outbox: ReadonlyMap<string, number>;
  readonly #chaos: readonly ChaosLine[];

  constructor({ journal, look, chaos }: SoakRecord) {
    this.#chaos = chaos;
    const answered = new Set(journal.map((line) => line.answered));
    const spoilt = new Set(journal.map((line) => line.spoilt));
    for (const line of journal) {
      if (line.taken === undefined) continue;
      const copy = copyOf(line, answered.has(line.taken) && !spoilt.has(line.taken));
      for (const address of line.addresses ?? []) {
        const own = this.copies.get(address) ?? [];
        own.push(copy);
        this.copies.set(address, own);
      }
    }
    const forGood = journal.filter(({ refused, code = 0 }) => refused !== undefined && code >= 500);
    this.refused = new Set(forGood.map(({ refused = '' }) => refused));
    for (const { subject, events } of look.finished) this.events.set(subject, events);
    this.sentMail = countedBy(look.sentMail);
    this.received = countedBy(look.received);
    this.reports = countedBy(look.reports);
    this.outbox = countedBy(look.outbox);
  }

  /** Whether something happened to one of these processes, or to the disk, that explains a result that was not recorded. */
  isExplained(processes: ReadonlySet<number>, from: number, to: number): boolean {
    return this.#chaos.some(
      ({ time, until = time, process }) =>
        time <= to && until >= from && (process === undefined || processes.has(process)),
    );
  }
}

function copyOf({ time, messageId = '', isWhole = false }: JournalLine, isAnswered: boolean): Copy {
  return { time, messageId, isWhole, isAnswered };
}

function submissionsOf({ ledger }: SoakRecord): readonly Submission[] {
  const accepted = new Set(ledger.map((line) => line.accepted));
  return ledger.flatMap(({ submitting, to = [] }) =>
    submitting === undefined ? [] : [{ subject: submitting, to, isAccepted: accepted.has(submitting) }],
  );
}

function wrongOf(submission: Submission, known: Facts): readonly string[] {
  const { subject, to, isAccepted } = submission;
  const events = known.events.get(subject) ?? [];
  const isGone = known.events.has(subject);
  const wrong = to.flatMap((address) =>
    address === LOCAL_ADDRESS ? wrongReception(submission, known) : wrongAddress(submission, address, known),
  );
  if (isAccepted && !isGone) wrong.push('was accepted, and the queue knows nothing of it');
  const copies = to.flatMap((address) => known.copies.get(address) ?? []);
  if (new Set(copies.map(({ messageId }) => messageId)).size > 1) wrong.push('has several Message-IDs');
  if (copies.some(({ isWhole }) => !isWhole)) wrong.push('arrived in part');
  const failed = to.filter((address) => stateOf(events, address) === 'failed');
  const reports = known.reports.get(subject) ?? 0;
  if (isGone && (failed.length > 0 ? reports === 0 : reports > 0))
    wrong.push(`has ${reports} reports, ${failed.length} recipients were refused`);
  if (reports > failed.length) wrong.push(`has ${reports} reports of ${failed.length} recipients`);
  const filed = known.sentMail.get(subject) ?? 0;
  const isSent = to.some((address) => stateOf(events, address) === 'sent');
  if (isGone && filed !== 1 && (isSent || filed > 1)) wrong.push(`is ${filed} times in Sent Items`);
  if (isGone && (known.outbox.get(subject) ?? 0) > 0) wrong.push('left the queue, and is still in the Outbox');
  return wrong;
}

function wrongAddress({ subject, isAccepted }: Submission, address: string, known: Facts): readonly string[] {
  const events = known.events.get(subject) ?? [];
  const copies = known.copies.get(address) ?? [];
  const state = stateOf(events, address);
  const wrong: string[] = [];
  if (isAccepted && copies.length === 0 && state !== 'failed')
    wrong.push(`${address}: LOST, its state is ${state ?? 'unknown'}`);
  const isRefused = known.refused.has(address) || address.startsWith(REFUSED_ALWAYS);
  if (state === 'failed' && !isRefused) wrong.push(`${address}: was given up, and nobody refused it`);
  const said = incidents(events);
  if (copies.length > 1 + said)
    wrong.push(`${address}: ${copies.length} copies, and it is said ${said} times that it may have been sent`);
  const processes = new Set(events.map(({ by }) => Number(by.split('/')[1])));
  for (const [index, next] of copies.entries()) {
    const last = copies[index - 1];
    if (last === undefined || !last.isAnswered) continue;
    if (!known.isExplained(processes, last.time, next.time))
      wrong.push(`${address}: sent again, although the server had said 250 and nothing happened to the sender`);
  }
  return wrong;
}

function wrongReception({ subject, isAccepted }: Submission, known: Facts): readonly string[] {
  const count = known.received.get(subject) ?? 0;
  if (count > 1) return [`was received ${count} times`];
  return isAccepted && count === 0 ? ['was not received'] : [];
}

/** How often the history says that an attempt may have been sent; what is remembered of one before does not count again. */
function incidents(events: readonly HistoryEvent[]): number {
  const isNew = (text: string | null): boolean => text === null || !/^not by this attempt/u.test(text);
  return events.filter(({ text, recipients }) => {
    const isSaid = MAY.test(text) && !/an attempt before may/u.test(text);
    return isSaid || recipients.some((one) => one.state === 'unknown' && isNew(one.text));
  }).length;
}

/** What became of a recipient, as the history tells it last; undefined if it never does. */
function stateOf(events: readonly HistoryEvent[], address: string): string | undefined {
  return events.flatMap(({ recipients }) => recipients.filter((one) => one.address === address)).at(-1)?.state;
}

function countedBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function countsOf({ journal, look, chaos }: SoakRecord, all: readonly Submission[], known: Facts) {
  const copies = [...known.copies.values()];
  const said = look.finished.filter(({ events }) => incidents(events) > 0);
  const isTwice = (address: string): boolean => (known.copies.get(address)?.length ?? 0) > 1;
  const twice = new Set(all.filter(({ to }) => to.some(isTwice)).map(({ subject }) => subject));
  return {
    submitted: all.length,
    accepted: all.filter(({ isAccepted }) => isAccepted).length,
    'left the queue': look.finished.length,
    'with refused recipients': look.finished.filter(({ state }) => state === 'failed').length,
    'had been held': look.held.length,
    'may have been sent': said.length,
    'of these twice': twice.size,
    'copies at the server': copies.reduce((sum, { length }) => sum + length, 0),
    'faults of the server': journal.filter(({ fault }) => fault !== undefined).length,
    'things done to processes': chaos.length,
  };
}
