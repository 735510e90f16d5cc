/**
 * Ending sessions from outside: their members are asked to log off, as by a shared logoff, and told how. They do it in
 * their own time; whoever is bound by `bindEnd` does it at once, in the way that was asked for, and answers its report.
 */
import { type Clock, type Log, MapiError, type Timer } from '@nodemapi/base';
import type { HomeHub, ProcessPresence } from '@nodemapi/hub';
import type { EndReport, OutgoingPolicy } from '@nodemapi/mapi';
import { AskedEnds, type AskedMember, type AskingHub } from './asked-ends.ts';
import { encodeEndReport } from './end-wire.ts';
import type { HomeMember } from './home-list.ts';
import type { MapiSession } from './mapi-session.ts';
import type { NamedProcess } from './processes.ts';

/** How an end is to be made. */
export interface EndRequest {
  /** What becomes of outgoing mail; undefined: what the program has chosen. */
  readonly policy?: OutgoingPolicy;
  /** For all steps of the end of one member. */
  readonly deadlineMs?: number;
  /** By fast shutdown, if all providers agree. */
  readonly fast?: boolean;
}

/** Which sessions of a home are ended, and how. */
export interface EndHomeOptions extends EndRequest {
  /** Only the sessions that are shared. */
  readonly shared?: boolean;
  /** Only sessions on this profile. */
  readonly profile?: string;
  /** Only these. */
  readonly sessions?: readonly string[];
  /** How long members may take; those that have not ended by then stay. */
  readonly waitMs: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Hears of each member that has ended, or will not answer any more. */
  readonly onEnded?: (member: EndedMember) => void;
  /** Hears each second whom it still waits for, and how long at most. */
  readonly onWaiting?: (members: readonly PendingMember[], leftMs: number) => void;
}

/** A member that was asked to end, and has not answered. */
export type PendingMember = Omit<EndedMember, 'ended' | 'report'>;

/** What became of one member. */
export interface EndedMember extends Omit<HomeMember, 'openObjects'> {
  readonly session: string;
  readonly profile: string;
  /** Its process gave no answer when it was looked who is there: it is stopped, or busy. */
  readonly silent: boolean;
  /** It has logged off, or its process is gone. */
  readonly ended: boolean;
  /** Its report, if its program ended it by `endSession`. */
  readonly report: EndReport | undefined;
}

interface Question extends EndRequest {
  readonly kind: 'end';
  readonly sessions: readonly string[];
  /** Names what is asked, so that processes who join meanwhile hear of it once. */
  readonly ending: string;
}

/** What else is needed to ask. */
export interface AskOptions extends EndHomeOptions {
  readonly log: Log;
  readonly mayLive: (process: NamedProcess) => boolean;
  /** Names the question. */
  readonly ending: string;
  /** Members whose processes gave no answer when it was looked who is there. */
  readonly silent: ReadonlySet<string>;
}

/** How often it is looked whether a process still lives that says nothing more. */
const lookMs = 100;
/** How often it is told whom the end waits for. */
const tellMs = 1000;
/** Who has none of the members says so at once, or is stopped, or busy: then nobody waits for it. */
const othersMsMax = 500;

/** Asks the members of sessions to log off. @throws MAPI_E_NO_ACCESS if the processes of the home cannot be reached */
export async function endHomeSessions(
  hub: AskingHub,
  clock: Clock,
  sessions: readonly string[],
  options: AskOptions,
): Promise<readonly EndedMember[]> {
  const { policy, deadlineMs, fast, ending } = options;
  const question: Question = {
    kind: 'end',
    sessions,
    ending,
    ...(policy === undefined ? {} : { policy }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(fast === undefined ? {} : { fast }),
  };
  const limit = new AbortController();
  const signal = options.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, options.signal]);
  const timer = clock.setTimer(options.waitMs, () => limit.abort());
  let others: Timer | undefined;
  const look = (): void => {
    others?.cancel();
    others = ends.unfinished.length > 0 ? undefined : clock.setTimer(othersMsMax, () => limit.abort());
  };
  const onEnded = (member: EndedMember): void => {
    options.onEnded?.(member);
    look();
  };
  const ends = new AskedEnds(hub, { ...options, onEnded });
  const telling = tellEach(clock, options, () => ends.pending);
  try {
    await hub.ask(question, {
      onProcesses: (processes) => {
        ends.expect(membersOf(processes, sessions));
        look();
      },
      onAnswer: (answer) => ends.take(answer),
      signal,
    });
    await restEnded(ends, options.mayLive, clock, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    timer.cancel();
    telling[Symbol.dispose]();
  }
  const ended = await ends.finish();
  others?.cancel();
  return ended;
}

/** Tells each second who is waited for, while there is somebody. */
function tellEach(
  clock: Clock,
  { onWaiting, waitMs }: EndHomeOptions,
  pending: () => readonly PendingMember[],
): Disposable {
  if (onWaiting === undefined) return { [Symbol.dispose]: () => {} };
  const endMs = clock.monotonicMs() + waitMs;
  const next = (): Timer =>
    clock.setTimer(tellMs, () => {
      timer = next();
      const members = pending();
      if (members.length > 0) onWaiting(members, Math.max(0, endMs - clock.monotonicMs()));
    });
  let timer = next();
  return { [Symbol.dispose]: () => timer.cancel() };
}

/** Who was on his way out when the hub changed cannot say so any more: his process goes, or what he has left lies there. */
async function restEnded(
  ends: AskedEnds,
  mayLive: (process: NamedProcess) => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (ends.unfinished.some(mayLive)) {
    await clock.delay(lookMs, signal);
    await ends.look();
  }
}

function membersOf(processes: readonly ProcessPresence[], wanted: readonly string[]): readonly AskedMember[] {
  return processes.flatMap(({ process, sessions }) =>
    sessions
      .filter(({ session }) => wanted.includes(session.id))
      .flatMap(({ session, members }) =>
        members.map(({ id, messaging }) => ({
          id,
          messaging,
          pid: process.pid,
          mark: process.mark,
          program: process.program,
          process: process.id,
          session: session.id,
          profile: session.profile,
        })),
      ),
  );
}

/** Whether it is a question of this kind. */
export function isEndQuestion(question: unknown): question is Question {
  if (typeof question !== 'object' || question === null || !('kind' in question)) return false;
  const { kind, sessions, ending, policy, deadlineMs, fast } = question as Partial<Question>;
  const isRequest =
    (policy === undefined || policy === 'drain' || policy === 'leave' || policy === 'abort') &&
    (deadlineMs === undefined || (typeof deadlineMs === 'number' && deadlineMs >= 0)) &&
    (fast === undefined || typeof fast === 'boolean');
  const isNamed = typeof ending === 'string' && /^[0-9a-f]{16}$/.test(ending);
  return kind === 'end' && Array.isArray(sessions) && isNamed && isRequest;
}

/**
 * Asks members of this process to log off. Resolves when all of them have; a second question about the same waits with
 * the first. A report is kept on the disk before anything goes on: its program may exit with the next line.
 *
 * @param answer hears of each that has ended
 */
export async function endMembers(
  question: Question,
  members: ReadonlyMap<MapiSession, string>,
  answer: (body: unknown) => void,
  hub: Pick<HomeHub, 'noteEnding' | 'keepAnswer'>,
): Promise<void> {
  const { policy, deadlineMs, fast } = question;
  const request: EndRequest = {
    ...(policy === undefined ? {} : { policy }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(fast === undefined ? {} : { fast }),
  };
  const asked = [...members].filter(([session]) => question.sessions.includes(session.core.info.id));
  const ends = asked.map(async ([session, id]) => {
    session.endRequest ??= request;
    using _kept = session.reported.subscribe((report) =>
      hub.keepAnswer(question.ending, id, { member: id, report: encodeEndReport(report) }),
    );
    const report = await session.whenEnded();
    answer({ member: id, ...(report === undefined ? {} : { report: encodeEndReport(report) }) });
  });
  for (const core of new Set(asked.map(([session]) => session.core))) {
    if (hub.noteEnding(core.info.id, question.ending)) core.events.notifyEnd();
  }
  await Promise.all(ends);
}

/** The sessions that options mean. @throws MAPI_E_NOT_FOUND for one that is named and not there */
export function chosenSessions(
  all: readonly { readonly id: string; readonly profile: string; readonly shared: boolean }[],
  { shared, profile, sessions }: EndHomeOptions,
): readonly string[] {
  const missing = sessions?.find((id) => !all.some((one) => one.id === id));
  if (missing !== undefined) throw new MapiError('MAPI_E_NOT_FOUND', `there is no session ${missing}`);
  return all
    .filter((one) => sessions === undefined || sessions.includes(one.id))
    .filter((one) => profile === undefined || one.profile === profile)
    .filter((one) => shared !== true || one.shared)
    .map(({ id }) => id);
}
