/** The sessions of a MAPI home, in all processes, for those who look from outside. */
import { type Clock, MapiError } from '@nodemapi/base';
import type { HomeHub, ProcessPresence } from '@nodemapi/hub';

/** A client of a session. */
export interface HomeMember {
  readonly id: string;
  readonly pid: number;
  readonly program: string;
  /** It sends and receives: without MAPI_NO_MAIL. */
  readonly messaging: boolean;
  /** Objects that its client holds; null where its process does not answer, such as a stopped one. */
  readonly openObjects: number | null;
}

/** One session of a home, with its members in all processes. */
export interface HomeSession {
  readonly id: string;
  readonly profile: string;
  readonly shared: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly members: readonly HomeMember[];
}

/** How long it may take until there is a hub, after the death of many. */
const hubMsMax = 20_000;
/** How long processes may take to answer. */
const answerMsMax = 2000;

/** Asks all processes. @throws MAPI_E_NO_ACCESS if the processes of the home cannot be reached */
export async function listHomeSessions(hub: HomeHub, clock: Clock): Promise<readonly HomeSession[]> {
  let processes: readonly ProcessPresence[] = [];
  const openObjects = new Map<string, number>();
  const gone = new Set<string>();
  const limit = new AbortController();
  let timer = clock.setTimer(hubMsMax, () => limit.abort());
  let isKnown = false;
  try {
    await hub.ask(
      { kind: 'list' },
      {
        onProcesses: (all) => {
          processes = all;
          isKnown = true;
          timer.cancel();
          timer = clock.setTimer(answerMsMax, () => limit.abort());
        },
        onAnswer: ({ process, body, gone: isGone }) => {
          if (isGone) gone.add(process);
          for (const [member, count] of countsOf(body)) openObjects.set(member, count);
        },
        signal: limit.signal,
      },
    );
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    if (!isKnown) {
      throw new MapiError('MAPI_E_NO_ACCESS', 'the processes of this home find no hub in time', { component: 'hub' });
    }
  } finally {
    timer.cancel();
  }
  return merged(
    processes.filter(({ process }) => !gone.has(process.id)),
    openObjects,
  );
}

/** What a process answers: how many objects each of its members holds. */
export function listAnswer(members: Iterable<readonly [string, number]>): unknown {
  return { openObjects: [...members] };
}

function countsOf(body: unknown): readonly (readonly [string, number])[] {
  if (typeof body !== 'object' || body === null || !('openObjects' in body)) return [];
  const { openObjects } = body;
  if (!Array.isArray(openObjects)) return [];
  return openObjects.flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [member, count]: unknown[] = entry;
    return typeof member === 'string' && typeof count === 'number' ? [[member, count] as const] : [];
  });
}

/** One entry per session, with its members of all processes; the oldest first. */
function merged(
  processes: readonly ProcessPresence[],
  openObjects: ReadonlyMap<string, number>,
): readonly HomeSession[] {
  const sessions = new Map<string, HomeSession & { readonly members: HomeMember[] }>();
  for (const { process, sessions: parts } of processes) {
    for (const { session, members } of parts) {
      if (members.length === 0) continue; // it is about to join
      const { id, profile, shared, since } = session;
      const entry = sessions.get(id) ?? { id, profile, shared, since, members: [] };
      sessions.set(id, entry);
      for (const member of members) {
        entry.members.push({
          id: member.id,
          pid: process.pid,
          program: process.program,
          messaging: member.messaging,
          openObjects: openObjects.get(member.id) ?? null,
        });
      }
    }
  }
  return [...sessions.values()].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}
