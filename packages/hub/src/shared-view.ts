/** Sessions of this process, and what is known of them in the others. */
import type { MemberInfo, ProcessInfo, ProcessMembers, SessionInfo, SessionPart } from './message.ts';

export interface SharedViewEvents {
  left(session: string, member: string): void;
  ended(session: string): void;
}

/** Members whose leaving is remembered, so that it is not told again. */
const departedMax = 10_000;

interface Other {
  readonly process: ProcessInfo;
  readonly member: MemberInfo;
}

interface View {
  readonly session: SessionInfo;
  /** Of this process. */
  readonly members: Map<string, MemberInfo>;
  /** Of other processes, by member. */
  others: Map<string, Other>;
  /** Members that have left. */
  readonly departed: Set<string>;
  readonly endings: Set<string>;
  /** Logons that are about to join. */
  invited: number;
  /** Endings that came before there was a member to tell. */
  untold: number;
}

export class SharedView {
  readonly #events: SharedViewEvents;
  readonly #views = new Map<string, View>();

  constructor(events: SharedViewEvents) {
    this.#events = events;
  }

  /** A logon here is about to join: from now on it is known what happens to the session. */
  invite(session: SessionInfo): void {
    this.#viewOf(session).invited++;
  }

  /** That logon has come to its end, one way or the other. Whether nobody here has to do with the session any more. */
  uninvite(session: string): boolean {
    const view = this.#views.get(session);
    if (view === undefined) return true;
    view.invited--;
    return this.#forget(view);
  }

  /** Who comes to a session that was asked to end while he came is told so. */
  enter(session: SessionInfo, member: MemberInfo): void {
    const view = this.#viewOf(session);
    view.members.set(member.id, member);
    for (; view.untold > 0; view.untold--) this.#events.ended(session.id);
  }

  leave(session: string, member: string): void {
    const view = this.#views.get(session);
    if (view === undefined) return;
    view.members.delete(member);
    this.#forget(view);
  }

  /** Whether somebody here is a member, or about to be one. */
  has(session: string): boolean {
    return this.#views.has(session);
  }

  /** Whether it is a member here. */
  hasMember(session: string, member: string): boolean {
    return this.#views.get(session)?.members.has(member) === true;
  }

  /** A shared logoff that need not be told here: it is no news when it comes back. Whether it was not known yet. */
  noteEnding(session: string, ending: string): boolean {
    const endings = this.#views.get(session)?.endings;
    if (endings?.has(ending) !== false) return false;
    endings.add(ending);
    return true;
  }

  /** All members and endings of a session: who is known and not among them has left meanwhile. */
  roster(session: string, others: readonly ProcessMembers[], endings: readonly string[]): void {
    const view = this.#views.get(session);
    if (view === undefined) return;
    const known = [...view.others.keys()];
    view.others = new Map();
    for (const { process, members } of others) add(view, process, members);
    for (const ending of endings) this.#note(view, ending);
    for (const member of known) if (!view.others.has(member)) this.#left(view, member);
  }

  changed(session: string, process: ProcessInfo, added: readonly MemberInfo[], removed: readonly string[]): void {
    const view = this.#views.get(session);
    if (view === undefined) return;
    add(view, process, added);
    // One that was not known came while the hub was new, or none, and has left before it could say who is there.
    for (const member of removed)
      if (view.others.delete(member) || !view.departed.has(member)) this.#left(view, member);
  }

  ending(session: string, ending: string): void {
    const view = this.#views.get(session);
    if (view !== undefined) this.#note(view, ending);
  }

  /** Shared logoffs of a session that are known here. */
  endingsOf(session: string): readonly string[] {
    return [...(this.#views.get(session)?.endings ?? [])];
  }

  /** All sessions that somebody here has to do with. */
  sessions(): readonly string[] {
    return [...this.#views.keys()];
  }

  /** Sessions that are shared. */
  shared(): readonly string[] {
    return [...this.#views.values()].flatMap(({ session }) => (session.shared ? [session.id] : []));
  }

  /** What a hub has to know. */
  parts(): readonly SessionPart[] {
    return [...this.#views.values()].map(({ session, members, endings, others }) => ({
      session,
      members: [...members.values()],
      endings: [...endings],
      others: session.shared ? byProcess(others.values()) : [],
    }));
  }

  #viewOf(session: SessionInfo): View {
    const view = this.#views.get(session.id) ?? {
      session,
      members: new Map<string, MemberInfo>(),
      others: new Map<string, Other>(),
      departed: new Set<string>(),
      endings: new Set<string>(),
      invited: 0,
      untold: 0,
    };
    this.#views.set(session.id, view);
    return view;
  }

  #forget(view: View): boolean {
    const isOver = view.members.size === 0 && view.invited === 0;
    if (isOver) this.#views.delete(view.session.id);
    return isOver;
  }

  #left(view: View, member: string): void {
    view.departed.add(member);
    const [oldest] = view.departed;
    if (view.departed.size > departedMax && oldest !== undefined) view.departed.delete(oldest);
    this.#events.left(view.session.id, member);
  }

  #note(view: View, ending: string): void {
    if (view.endings.has(ending)) return;
    view.endings.add(ending);
    if (view.members.size === 0) view.untold++;
    else this.#events.ended(view.session.id);
  }
}

/** Who has left does not come back: members are never named twice. */
function add(view: View, process: ProcessInfo, members: readonly MemberInfo[]): void {
  for (const member of members) if (!view.departed.has(member.id)) view.others.set(member.id, { process, member });
}

function byProcess(others: Iterable<Other>): readonly ProcessMembers[] {
  const grouped = new Map<string, { readonly process: ProcessInfo; readonly members: MemberInfo[] }>();
  for (const { process, member } of others) {
    const group = grouped.get(process.id) ?? { process, members: [] };
    grouped.set(process.id, group);
    group.members.push(member);
  }
  return [...grouped.values()];
}
