/**
 * Who is there: processes, their sessions and the members of these.
 *
 * - A process that goes without a word is waited for: it may have taken the hub for dead, and come back.
 * - A new hub says of nobody that he is missing before all have had the time to come: `complete`. Who does not come, but
 *   is known to others and lives, sleeps.
 * - Processes of a shared session hear of each other's members, and of shared logoffs; of sessions of their own they need
 *   not.
 */
import type { Clock, Timer } from '@nodemapi/base';
import type {
  HubMessage,
  MayLive,
  MaySleep,
  MemberInfo,
  ProcessInfo,
  ProcessMembers,
  ProcessPresence,
  SessionInfo,
  SessionPart,
} from './message.ts';
import type { Peer } from './peer.ts';

/** Sessions of a process, and members of one of them. */
const partsMax = 10_000;

/** How long a process that went without a word may take to come back. */
export const returnMsMax = 1000;
/** How long one that sleeps is waited for; its number may be another process's by then. */
const sleepMsMax = 10 * 60_000;

interface Part {
  readonly session: SessionInfo;
  readonly members: Map<string, MemberInfo>;
}

interface Attendant {
  readonly process: ProcessInfo;
  readonly parts: Map<string, Part>;
  peer: Peer | undefined;
  missed: Timer | undefined;
}

export interface AttendanceOptions {
  readonly clock: Clock;
  readonly mayLive: MayLive;
  readonly maySleep: MaySleep;
  /** False for a hub that follows another one. */
  readonly complete: boolean;
  readonly onGone: (process: string) => void;
  /** A shared session that was ended by one of its members is without members. */
  readonly onEnded: (session: string) => void;
}

export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #attendants = new Map<string, Attendant>();
  /** Shared logoffs by session. */
  readonly #endings = new Map<string, Set<string>>();
  #complete: boolean;

  constructor(options: AttendanceOptions) {
    this.#options = options;
    this.#complete = options.complete;
  }

  /** Whether all have had the time to come. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** Processes that are connected. */
  get peers(): readonly Peer[] {
    return [...this.#attendants.values()].flatMap(({ peer }) => peer ?? []);
  }

  /** Processes that are known, connected or waited for. */
  get size(): number {
    return this.#attendants.size;
  }

  /** A process says what it has; it may have been here before. */
  hello(peer: Peer, process: ProcessInfo, sessions: readonly SessionPart[]): void {
    const former = this.#attendants.get(process.id);
    former?.missed?.cancel();
    if (former?.peer !== peer) former?.peer?.destroy();
    const attendant: Attendant = { process, parts: new Map(), peer, missed: undefined };
    this.#attendants.set(process.id, attendant);
    for (const { session, members, endings, others } of sessions) {
      attendant.parts.set(session.id, { session, members: new Map(members.map((member) => [member.id, member])) });
      for (const ending of endings) {
        if (this.note(session.id, ending)) this.tellEnding(session.id, ending, process.id);
      }
      for (const other of others) this.#witness(session, other);
    }
    for (const id of new Set([...attendant.parts.keys(), ...(former?.parts.keys() ?? [])])) {
      const before = former?.parts.get(id)?.members ?? new Map<string, MemberInfo>();
      const now = attendant.parts.get(id)?.members ?? new Map<string, MemberInfo>();
      const added = [...now.values()].filter((member) => !before.has(member.id));
      const removed = [...before.keys()].filter((member) => !now.has(member));
      this.#tellChange(attendant, id, added, removed);
    }
    if (this.#complete) for (const id of attendant.parts.keys()) this.tellSession(peer, id);
  }

  /** A process has left word of what it has, and has not come yet: it may sleep. */
  expect({ process, sessions }: ProcessPresence): void {
    for (const { session, members, endings } of sessions) {
      for (const ending of endings) this.note(session.id, ending);
      this.#witness(session, { process, members });
    }
  }

  /** A process is about to join: it hears of what happens to the session from now on. */
  invite(peer: Peer, session: SessionInfo): void {
    const attendant = this.#attendantOf(peer);
    if (attendant === undefined || attendant.parts.has(session.id)) return;
    attendant.parts.set(session.id, { session, members: new Map<string, MemberInfo>() });
  }

  /** It does not, unless it has. */
  decline(peer: Peer, session: string): void {
    const attendant = this.#attendantOf(peer);
    if (attendant?.parts.get(session)?.members.size !== 0) return;
    attendant.parts.delete(session);
    this.#forgetEndings(session);
  }

  enter(peer: Peer, session: SessionInfo, member: MemberInfo): void {
    const attendant = this.#attendantOf(peer);
    if (attendant === undefined) return;
    const known = attendant.parts.get(session.id);
    if ((known === undefined ? attendant.parts : known.members).size >= partsMax) {
      peer.destroy();
      return;
    }
    const part = known ?? { session, members: new Map<string, MemberInfo>() };
    const isFirst = part.members.size === 0;
    attendant.parts.set(session.id, part);
    part.members.set(member.id, member);
    this.#tellChange(attendant, session.id, [member], []);
    if (isFirst && this.#complete && session.shared) this.tellSession(peer, session.id);
  }

  leave(peer: Peer, session: string, member: string): void {
    const attendant = this.#attendantOf(peer);
    const part = attendant?.parts.get(session);
    if (attendant === undefined || part?.members.delete(member) !== true) return;
    this.#tellChange(attendant, session, [], [member]);
    if (part.members.size === 0) attendant.parts.delete(session);
    this.#forgetEndings(session);
  }

  /** A connection has ended. @param said goodbye; else its process may come back */
  detach(peer: Peer, said: boolean): void {
    const attendant = this.#attendantOf(peer);
    if (attendant === undefined) return;
    attendant.peer = undefined;
    if (said) {
      this.#drop(attendant);
      return;
    }
    this.#await(attendant, 0);
  }

  /** A shared logoff: nobody joins the session any more. Whether that is news. */
  note(session: string, ending: string): boolean {
    const endings = this.#endings.get(session) ?? new Set<string>();
    if (endings.has(ending)) return false;
    this.#endings.set(session, endings.add(ending));
    return true;
  }

  /** Tells the other processes of the session of a shared logoff, and answers them. */
  tellEnding(session: string, ending: string, origin: string): readonly string[] {
    const others = this.#othersIn(session, origin);
    for (const { peer } of others) peer?.news(session, { type: 'ending', session, ending });
    this.#forgetEndings(session);
    return others.map(({ process }) => process.id);
  }

  /** Everybody has had the time to come: whoever did not is missing. */
  complete(): void {
    if (this.#complete) return;
    this.#complete = true;
    for (const { peer, parts } of this.#attendants.values()) {
      if (peer !== undefined) for (const id of parts.keys()) this.tellSession(peer, id);
    }
    for (const session of [...this.#endings.keys()]) this.#forgetEndings(session);
  }

  /** The session that a logon joins: the oldest of those that may be joined and were not asked to end. */
  joinable(): SessionInfo | undefined {
    const open = [...this.#attendants.values()].flatMap(({ parts }) => [...parts.values()]);
    return open
      .map(({ session }) => session)
      .filter((session) => session.joinable && !this.#endings.has(session.id))
      .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))[0];
  }

  /** Everything that is known, for a list. */
  presence(): readonly ProcessPresence[] {
    return [...this.#attendants.values()].map(({ process, parts }) => ({
      process,
      sessions: [...parts.values()].map(({ session, members }) => ({
        session,
        members: [...members.values()],
        endings: [],
        others: [],
      })),
    }));
  }

  /** The state of a session for one of its processes. */
  tellSession(peer: Peer, session: string): void {
    const own = this.#attendantOf(peer);
    if (own?.parts.get(session)?.session.shared !== true || !this.#complete) return;
    const others = this.#othersIn(session, own.process.id).map(({ process, parts }) => ({
      process,
      members: [...(parts.get(session)?.members.values() ?? [])],
    }));
    peer.news(session, { type: 'roster', session, others, endings: [...(this.#endings.get(session) ?? [])] });
  }

  /** Ends all waiting. */
  close(): void {
    for (const attendant of this.#attendants.values()) attendant.missed?.cancel();
    this.#attendants.clear();
  }

  #attendantOf(peer: Peer): Attendant | undefined {
    const attendant = this.#attendants.get(peer.process?.id ?? '');
    return attendant?.peer === peer ? attendant : undefined;
  }

  #othersIn(session: string, process: string): readonly Attendant[] {
    return [...this.#attendants.values()].filter((other) => other.process.id !== process && other.parts.has(session));
  }

  #tellChange(own: Attendant, session: string, added: readonly MemberInfo[], removed: readonly string[]): void {
    if (added.length + removed.length === 0) return;
    const news: HubMessage = { type: 'changed', session, process: own.process, added, removed };
    for (const { peer } of this.#othersIn(session, own.process.id)) peer?.news(session, news);
  }

  /** Others know of a process that has not come itself. */
  #witness(session: SessionInfo, { process, members }: ProcessMembers): void {
    const known = this.#attendants.get(process.id);
    if (known?.peer !== undefined || (known === undefined && !this.#options.mayLive(process))) return;
    const attendant = known ?? { process, parts: new Map<string, Part>(), peer: undefined, missed: undefined };
    const part = attendant.parts.get(session.id) ?? { session, members: new Map<string, MemberInfo>() };
    attendant.parts.set(session.id, part);
    for (const member of members) part.members.set(member.id, member);
    if (known !== undefined) return;
    this.#attendants.set(process.id, attendant);
    this.#await(attendant, 0);
  }

  /** Waits for a process that is not connected. */
  #await(attendant: Attendant, waitedMs: number): void {
    attendant.missed = this.#options.clock.setTimer(returnMsMax, () => {
      if (waitedMs >= sleepMsMax) {
        this.#drop(attendant);
        return;
      }
      void this.#options.maySleep(attendant.process).then((maySleep) => {
        if (attendant.peer !== undefined || this.#attendants.get(attendant.process.id) !== attendant) return;
        if (maySleep) this.#await(attendant, waitedMs + returnMsMax);
        else this.#drop(attendant);
      });
    });
    attendant.missed.unref();
  }

  #drop(attendant: Attendant): void {
    attendant.missed?.cancel();
    if (this.#attendants.get(attendant.process.id) !== attendant) return;
    this.#attendants.delete(attendant.process.id);
    for (const [id, { members }] of attendant.parts) {
      this.#tellChange(attendant, id, [], [...members.keys()]);
      this.#forgetEndings(id);
    }
    this.#options.onGone(attendant.process.id);
  }

  #forgetEndings(session: string): void {
    if (!this.#complete || this.#othersIn(session, '').length > 0) return;
    if (this.#endings.delete(session)) this.#options.onEnded(session);
  }
}
