/**
 * Lets something happen to a spooler at every call that it makes, on a clock of its own: it is killed, it stands still for
 * longer than its lease, or its store fails; with or without another spooler beside it. Then all is well again, and the
 * invariant is checked: docs/crash-matrix.md.
 */
import { type MapiErrorCode, type Random, seededRandom } from '@nodemapi/base';
import { type IMsgStore, PR_ORIGINAL_SUBJECT, PR_SUBJECT, propOf } from '@nodemapi/mapi';
import { bare, SCENARIOS, type Scenario, sentMailId, submitAll, transportsOf } from './fault-scenarios.testing.ts';
import { type Death, Mortal } from './mortal.testing.ts';
import type { ScriptedTransport } from './scripted-transport.testing.ts';
import { contractOnly, type Process, World } from './world.testing.ts';

const MINUTE = 60_000;
/** Long enough for a lease to run out, and for whoever takes over. */
const pauseMinutes = 4;

export interface FaultPoint {
  readonly scenario: Scenario;
  readonly fault: Death;
  /** Name of the call at which it happens. */
  readonly call: string;
  /** Another spooler works on the same store from the beginning. */
  readonly rival: boolean;
}

const DISK_ERRORS: readonly MapiErrorCode[] = ['MAPI_E_NOT_ENOUGH_DISK', 'MAPI_E_DISK_ERROR'];

/** Every point of the scenarios: the steps are counted by a life in which nothing happens. */
export async function faultPoints(scenarios: readonly Scenario[] = SCENARIOS): Promise<readonly FaultPoint[]> {
  const points: FaultPoint[] = [];
  for (const scenario of scenarios) {
    for (const rival of [false, true]) {
      const { calls, wrong } = await life({ scenario, rival, fault: undefined });
      if (wrong.length > 0) throw new Error(`${scenario.name}, undisturbed: ${wrong.join('; ')}`);
      for (const [index, call] of calls.entries()) {
        points.push(...faultsAt(index + 1, rival).map((fault) => ({ scenario, fault, rival, call })));
      }
    }
  }
  return points;
}

function faultsAt(step: number, rival: boolean): readonly Death[] {
  const both = (kind: Death['kind'] & {}): readonly Death[] => [
    { step, after: false, kind },
    { step, after: true, kind },
  ];
  return rival ? [...both('kill'), ...both('pause')] : [...both('kill'), ...DISK_ERRORS.flatMap(both)];
}

/** At most `count` points, chosen by the seed. */
export function somePoints(
  points: readonly FaultPoint[],
  count: number,
  random: Random = seededRandom(1),
): readonly FaultPoint[] {
  const left = [...points];
  while (left.length > count) left.splice(random.uint32() % left.length, 1);
  return left;
}

export interface LifeOptions extends Pick<FaultPoint, 'scenario' | 'rival'> {
  readonly fault: Death | undefined;
}

export interface LifeResult {
  /** Names of the calls that the first process made until the fault was over. */
  readonly calls: readonly string[];
  readonly wrong: readonly string[];
}

/** One life of a queue with one fault, or with none. */
export async function life({ scenario, fault, rival }: LifeOptions): Promise<LifeResult> {
  const transports = transportsOf(scenario);
  const world = await World.make({ transports });
  const mortal = new Mortal();
  const first = await mortalProcess(world, mortal, scenario);
  await submitAll(world, scenario);
  mortal.arm(fault);
  void first.spooler.start();
  await world.pass(0);
  const other = rival ? await world.process({}, asSeen(scenario)) : undefined;
  if (other !== undefined) await other.spooler.start();
  for (let minute = 0; minute < pauseMinutes; minute++) await world.pass(MINUTE);
  const calls = [...mortal.names];
  const open = fault?.kind === 'kill' && !rival ? await unrecorded(world, transports, asSeen(scenario)) : undefined;
  const later = await aftermath(world, scenario, { mortal, first, other });
  for (let minute = 0; minute < 15; minute++) await world.pass(MINUTE);
  return { calls, wrong: await judged(world, scenario, transports, later, open) };
}

/** Whoever is left when the fault is over: the process itself, the one beside it, or one that is started now. */
async function aftermath(
  world: World,
  scenario: Scenario,
  { mortal, first, other }: { readonly mortal: Mortal; readonly first: Process; readonly other: Process | undefined },
): Promise<readonly Process[]> {
  if (!mortal.dead) {
    mortal.resume();
    return other === undefined ? [first] : [first, other];
  }
  if (other !== undefined) return [other];
  await first.store.release(); // the lock of a dead process ends with it
  const next = await world.process({}, asSeen(scenario));
  await next.spooler.start();
  return [next];
}

/** The store as the processes of a scenario have it. */
function asSeen({ plainStore = false }: Scenario): (store: IMsgStore) => IMsgStore {
  return plainStore ? contractOnly : (store) => store;
}

async function mortalProcess(world: World, mortal: Mortal, scenario: Scenario): Promise<Process> {
  const process = await world.process({}, (store) => mortal.store(asSeen(scenario)(store)));
  const open = process.host.openTransports.bind(process.host);
  const wrapped = new Map<unknown, Awaited<ReturnType<typeof open>>[number]>();
  Object.assign(process.host, {
    openTransports: async () =>
      (await open()).map((one) => {
        const known = wrapped.get(one.logon) ?? { ...one, logon: mortal.wrap(one.logon) };
        wrapped.set(one.logon, known);
        return known;
      }),
  });
  return process;
}

/** Everybody whom the store takes for not served yet, as somebody sees them who looks at it from outside. */
export async function openRecipients(world: World, seen: (store: IMsgStore) => IMsgStore): Promise<readonly string[]> {
  const observer = await world.process({}, seen);
  const outgoing = await observer.spooler.outgoing();
  await observer.store.release();
  return outgoing.flatMap(({ subject, recipients }) =>
    recipients.filter(({ state }) => state !== 'sent').map(({ address }) => `${subject} ${bare(address)}`),
  );
}

/** Deliveries of which the store knows nothing. */
export async function unrecorded(
  world: World,
  transports: readonly ScriptedTransport[],
  seen: (store: IMsgStore) => IMsgStore,
): Promise<ReadonlySet<string>> {
  const sent = new Set(transports.flatMap((one) => one.sent.map(({ subject, address }) => `${subject} ${address}`)));
  return new Set((await openRecipients(world, seen)).filter((one) => sent.has(one)));
}

/** @param open deliveries that nobody had recorded when the process died; undefined if that is not known */
async function judged(
  world: World,
  { messages, filed }: Scenario,
  transports: readonly ScriptedTransport[],
  processes: readonly Process[],
  open: ReadonlySet<string> | undefined,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const sent = transports.flatMap((transport) => transport.sent);
  const notes = await notesOf(processes);
  const reports = (await world.received('REPORT.IPM.Note.NDR', [PR_ORIGINAL_SUBJECT])).map((row) =>
    propOf(row, PR_ORIGINAL_SUBJECT),
  );
  const queued = await world.queued();
  if (queued > 0) wrong.push(`${queued} are still in the queue: ${await statesOf(processes)}`);
  for (const [index, to] of messages.entries()) {
    const subject = `m${index}`;
    for (const address of to.map(bare).filter((one) => !one.startsWith('bad'))) {
      const copies = sent.filter((one) => one.subject === subject && one.address === address).length;
      if (copies === 0) wrong.push(`${subject} to ${address} is lost`);
      if (copies > 2) wrong.push(`${subject} to ${address} went out ${copies} times`);
      if (copies < 2) continue;
      if (open !== undefined && !open.has(`${subject} ${address}`))
        wrong.push(`${subject} to ${address} went out again although it was recorded`);
      if (!notes.has(subject)) wrong.push(`${subject} to ${address} went out again, and nobody says so`);
    }
    const ids = new Set(sent.filter((one) => one.subject === subject).map(({ messageId }) => messageId));
    if (ids.size > 1) wrong.push(`${subject} has ${ids.size} Message-IDs`);
    const expected = to.some((one) => bare(one).startsWith('bad')) ? 1 : 0;
    const count = reports.filter((one) => one === subject).length;
    if (count !== expected) wrong.push(`${subject} has ${count} reports`);
  }
  if (queued === 0) wrong.push(...(await wrongPlaces(world, messages.length, filed)));
  return wrong;
}

async function wrongPlaces(world: World, count: number, filed: Scenario['filed']): Promise<readonly string[]> {
  await using outbox = await world.outbox();
  await using sentMail = await world.client.openEntry(await sentMailId(world.client), { iid: 'IMAPIFolder' });
  const found: string[][] = [];
  for (const folder of [outbox, sentMail]) {
    await using table = await folder.getContentsTable();
    await table.setColumns([PR_SUBJECT]);
    found.push((await table.queryRows(1000)).map((row) => propOf(row, PR_SUBJECT) ?? '').sort());
  }
  const all = Array.from({ length: count }, (_, index) => `m${index}`).join();
  const expected = filed === 'deleted' ? ['', ''] : filed === 'sentMail' ? ['', all] : [all, ''];
  const seen = found.map((subjects) => subjects.join());
  return seen.join('|') === expected.join('|')
    ? []
    : [`Outbox and Sent Items have ${seen.join('|')}, not ${expected.join('|')}`];
}

/** Subjects of the messages of which somebody says that they may have been sent. */
async function notesOf(processes: readonly Process[]): Promise<ReadonlySet<string>> {
  const noted = new Set<string>();
  for (const { spooler } of processes) {
    for (const { subject, reason, recipients } of await spooler.outgoing()) {
      const notes = [reason, ...recipients.map(({ lastError }) => lastError)];
      if (notes.some((note) => /may have been sent/iu.test(note ?? ''))) noted.add(subject);
    }
  }
  return noted;
}

async function statesOf(processes: readonly Process[]): Promise<string> {
  const all = await Promise.all(processes.map(({ spooler }) => spooler.outgoing()));
  return all
    .flat()
    .map(({ subject, state, reason }) => `${subject} is ${state} (${reason ?? ''})`)
    .join(', ');
}

/** A point in words. */
export function pointName({ scenario, fault, rival, call }: FaultPoint): string {
  const when = `${fault.after ? 'after' : 'before'} call ${fault.step} (${call})`;
  return `${scenario.name}${rival ? ', with a rival' : ''}: ${fault.kind ?? 'kill'} ${when}`;
}

export interface CallOptions {
  readonly seed: number;
  readonly pointsMax?: number;
  readonly onPoint?: (name: string, wrong: readonly string[]) => void;
  /** Every `of`-th point from the `share`-th on, for one of several processes. */
  readonly share?: number;
  readonly of?: number;
}

/** All points, or some of them. */
export async function callFaults({ seed, pointsMax, onPoint, share = 0, of = 1 }: CallOptions): Promise<{
  readonly points: number;
  readonly failures: readonly string[];
}> {
  const all = await faultPoints();
  const points = somePoints(all, pointsMax ?? all.length, seededRandom(seed)).filter(
    (_, index) => index % of === share,
  );
  const failures: string[] = [];
  for (const point of points) {
    const { wrong } = await life(point);
    onPoint?.(pointName(point), wrong);
    failures.push(...wrong.map((what) => `${pointName(point)}: ${what}`));
  }
  return { points: points.length, failures };
}
