/**
 * The invariant of the outgoing queue: each message that was accepted is delivered at least once, and twice only if the
 * fault fell between the delivery and the durable record of it, and then that is shown. Its Message-ID stays the same,
 * it is filed once, and whoever was refused is reported once.
 */

/** A remark of a first life. */
export type Remark =
  | { readonly submitting: string; readonly to: readonly string[] }
  | { readonly accepted: string }
  | { readonly refused: string; readonly code: string }
  | { readonly arrived: string; readonly address: string; readonly messageId: string }
  | { readonly told: string; readonly address: string }
  | { readonly failed: string }
  | { readonly fault: true };

export interface Arrival {
  readonly subject: string;
  readonly address: string;
  readonly messageId: string;
}

/** What a later life found and did. */
export interface Facts {
  readonly arrivals: readonly Arrival[];
  readonly error?: string;
  /** Whether there was a profile with its services; nothing else is there without. */
  readonly profile?: boolean;
  readonly outgoing?: readonly {
    readonly subject: string;
    readonly state: string;
    readonly notes: readonly string[];
  }[];
  readonly sentMail?: readonly string[];
  readonly outbox?: readonly string[];
  /** Subjects of the mail that came by local delivery. */
  readonly received?: readonly string[];
  readonly reports?: readonly string[];
  readonly problems?: readonly string[];
}

/** What is known of the first life at the moment of a fault. */
export interface Knowledge {
  /** Everything remarked before the last change that is on the disk. */
  readonly before: readonly Remark[];
  /** That, and what was remarked until the next change: the fault may have fallen on either side of it. */
  readonly until: readonly Remark[];
}

/** Everything that is wrong after a fault; nothing, if all is as it must be. */
export function judge({ before, until }: Knowledge, facts: Facts): readonly string[] {
  if (facts.error !== undefined) return [`the later life failed: ${facts.error}`];
  const accepted = subjects(until, 'accepted');
  if (facts.profile !== true) return accepted.size > 0 ? ['the profile is lost, with accepted mail'] : [];
  const wrong: string[] = [...(facts.problems ?? []).map((problem) => `the store is damaged: ${problem}`)];
  const submitted = until.filter((remark) => 'submitting' in remark);
  for (const { submitting, to } of submitted) {
    const isAccepted = accepted.has(submitting);
    for (const address of to) {
      const pair = { subject: submitting, address, isAccepted };
      if (address.startsWith('bad')) wrong.push(...wrongReport(pair, facts));
      else if (address.startsWith('local')) wrong.push(...wrongReception(pair, facts));
      else wrong.push(...wrongCopies(pair, before, until, facts));
    }
    wrong.push(...wrongPlace(submitting, until, facts));
    const ids = new Set(
      [...arrivals(until), ...facts.arrivals].filter((one) => one.subject === submitting).map((one) => one.messageId),
    );
    if (ids.size > 1) wrong.push(`${submitting} has several Message-IDs: ${[...ids].join(' ')}`);
  }
  for (const { subject, state } of facts.outgoing ?? []) {
    if (state !== 'sent' && state !== 'failed') wrong.push(`${subject} is ${state} in the end`);
  }
  return wrong;
}

interface Pair {
  readonly subject: string;
  readonly address: string;
  readonly isAccepted: boolean;
}

function wrongCopies(pair: Pair, before: readonly Remark[], until: readonly Remark[], facts: Facts): readonly string[] {
  const name = `${pair.subject} to ${pair.address}`;
  const count = (all: readonly Arrival[]): number =>
    all.filter(({ subject, address }) => subject === pair.subject && address === pair.address).length;
  const later = count(facts.arrivals);
  const wrong: string[] = [];
  if (pair.isAccepted && count(arrivals(before)) + later === 0) wrong.push(`${name} is lost`);
  if (later > 1) wrong.push(`${name} went out ${later} times in the later life`);
  if (later > 0 && count(arrivals(until)) > 0) {
    const told = before.some(
      (remark) => 'told' in remark && remark.told === pair.subject && remark.address === pair.address,
    );
    if (told) wrong.push(`${name} went out again although it was recorded`);
    // Right before the remark that it had arrived the attempt may not be on the disk yet; right after it, it is.
    const maySay = facts.outgoing?.some(
      ({ subject, notes }) => subject === pair.subject && notes.some((note) => /may have been sent/iu.test(note)),
    );
    if (maySay !== true && count(arrivals(before)) > 0)
      wrong.push(`${name} went out again, and nobody says that it may have been sent`);
  }
  return wrong;
}

/** Local delivery recognises what it has delivered, so that nothing comes twice. */
function wrongReception({ subject, isAccepted }: Pair, facts: Facts): readonly string[] {
  const count = (facts.received ?? []).filter((one) => one === subject).length;
  if (count > 1) return [`${subject} was received ${count} times`];
  return isAccepted && count === 0 ? [`${subject} was not received`] : [];
}

function wrongReport({ subject, isAccepted }: Pair, facts: Facts): readonly string[] {
  const count = (facts.reports ?? []).filter((one) => one === subject).length;
  if (count > 1) return [`${subject} has ${count} reports`];
  return isAccepted && count === 0 ? [`${subject} has no report of the recipient who was refused`] : [];
}

function wrongPlace(subject: string, until: readonly Remark[], facts: Facts): readonly string[] {
  const wrong: string[] = [];
  const filed = (facts.sentMail ?? []).filter((one) => one === subject).length;
  const isOut = [...arrivals(until), ...facts.arrivals].some((one) => one.subject === subject);
  if (isOut && filed !== 1) wrong.push(`${subject} is ${filed} times in Sent Items`);
  if ((facts.outbox ?? []).includes(subject) && isOut) wrong.push(`${subject} is still in the Outbox`);
  return wrong;
}

function arrivals(remarks: readonly Remark[]): readonly Arrival[] {
  return remarks.flatMap((remark) =>
    'arrived' in remark ? [{ subject: remark.arrived, address: remark.address, messageId: remark.messageId }] : [],
  );
}

function subjects(remarks: readonly Remark[], key: 'accepted'): ReadonlySet<string> {
  return new Set(
    remarks.flatMap((remark) => (key in remark ? [(remark as { readonly accepted: string }).accepted] : [])),
  );
}
