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
}

export class SharedView {
  readonly #events: SharedViewEvents;
  readonly #views = new Map<string, View>();

  constructor(events: SharedViewEvents) {
    this.#events = events;
  }

  /** @param endings shared logoffs of the session that were before this process came: they are no news */
  enter(session: SessionInfo, member: MemberInfo, endings: readonly string[]): void {
    const view = this.#views.get(session.id) ?? {
      session,
      members: new Map<string, MemberInfo>(),
      others: new Map<string, Other>(),
      departed: new Set<string>(),
      endings: new Set(endings),
    };
    this.#views.set(session.id, view);
    view.members.set(member.id, member);
  }

  leave(session: string, member: string): void {
    const view = this.#views.get(session);
    view?.members.delete(member);
    if (view?.members.size === 0) this.#views.delete(session);
  }

  /** A shared logoff of this process: it is no news when it comes back. */
  noteEnding(session: string, ending: string): void {
    this.#views.get(session)?.endings.add(ending);
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
    for (const member of removed) if (view.others.delete(member)) this.#left(view, member);
  }

  ending(session: string, ending: string): void {
    const view = this.#views.get(session);
    if (view !== undefined) this.#note(view, ending);
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

  #left(view: View, member: string): void {
    view.departed.add(member);
    const [oldest] = view.departed;
    if (view.departed.size > departedMax && oldest !== undefined) view.departed.delete(oldest);
    this.#events.left(view.session.id, member);
  }

  #note(view: View, ending: string): void {
    if (view.endings.has(ending)) return;
    view.endings.add(ending);
    this.#events.ended(view.session.id);
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
