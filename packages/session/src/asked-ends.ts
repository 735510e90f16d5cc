/**
 * What becomes of members that were asked to end from outside, as their processes answer: by the hub, or by what they left on
 * the disk when they or the hub were gone before the answer was through. Each is told once.
 */
import type { Answer, HomeHub } from '@nodemapi/hub';
import type { EndReport } from '@nodemapi/mapi';
import { decodeEndReport } from './end-wire.ts';
import type { AskOptions, EndedMember, PendingMember } from './home-end.ts';

/** A member, and the process that answers for it. */
export interface AskedMember extends Omit<PendingMember, 'silent'> {
  readonly process: string;
  readonly mark: string | undefined;
}

/** What of the hub is needed to ask. */
export type AskingHub = Pick<HomeHub, 'ask' | 'keptAnswers' | 'forgetAnswers' | 'leaveWord'>;

/** What is known of the members that were asked. */
export class AskedEnds {
  readonly #hub: AskingHub;
  readonly #options: AskOptions;
  readonly #waiting = new Map<string, AskedMember>();
  readonly #done: EndedMember[] = [];
  /** Answers that are being looked for on the disk. */
  readonly #looks = new Set<Promise<void>>();

  constructor(hub: AskingHub, options: AskOptions) {
    this.#hub = hub;
    this.#options = options;
  }

  /** Those of whom nothing was heard. */
  get unfinished(): readonly AskedMember[] {
    return [...this.#waiting.values()];
  }

  get pending(): readonly PendingMember[] {
    return [...this.#waiting.values()].map((member) => this.#shown(member));
  }

  /** Who is there; said anew when the hub has changed. */
  expect(members: readonly AskedMember[]): void {
    for (const member of members) {
      if (!this.#done.some(({ id }) => id === member.id)) this.#waiting.set(member.id, member);
    }
  }

  take({ process, body, last, gone }: Answer): void {
    const end = memberEndOf(body);
    if (end !== undefined && this.#waiting.get(end.member)?.process === process)
      this.#end(end.member, true, end.report);
    if (!last && !gone) return;
    const rest = [...this.#waiting.values()].filter((member) => member.process === process);
    if (rest.length > 0) this.#look(rest);
  }

  /** Takes what lies on the disk of those who have not answered. */
  async look(): Promise<void> {
    await this.#takeKept([...this.#waiting.keys()]);
  }

  /** Those of whom nothing was heard are there if their processes are; they hear of it when they wake. */
  async finish(): Promise<readonly EndedMember[]> {
    await Promise.all(this.#looks);
    await this.look();
    for (const member of this.unfinished) this.#end(member.id, !this.#options.mayLive(member), undefined);
    try {
      const asleep = this.#done.filter(({ ended, silent }) => !ended && silent);
      for (const session of new Set(asleep.map((member) => member.session))) {
        await this.#hub.leaveWord(session, this.#options.ending);
      }
      await this.#hub.forgetAnswers(this.#options.ending);
    } catch (error) {
      this.#options.log.warn('word of the end cannot be left, or answers not be removed', { error });
    }
    return this.#done;
  }

  /** A process says nothing more: what it could not say any more lies on the disk. */
  #look(members: readonly AskedMember[]): void {
    const ids = members.map(({ id }) => id);
    const look = this.#takeKept(ids).then(() => {
      for (const id of ids) this.#end(id, true, undefined);
    });
    this.#looks.add(look);
    void look.finally(() => this.#looks.delete(look));
  }

  async #takeKept(members: readonly string[]): Promise<void> {
    if (members.length === 0) return;
    try {
      for (const { from, body } of await this.#hub.keptAnswers(this.#options.ending)) {
        const end = memberEndOf(body);
        if (end?.member === from && members.includes(from)) this.#end(from, true, end.report);
      }
    } catch (error) {
      this.#options.log.warn('answers that were kept cannot be read', { error });
    }
  }

  #end(id: string, ended: boolean, report: EndReport | undefined): void {
    const member = this.#waiting.get(id);
    if (member === undefined) return;
    this.#waiting.delete(id);
    const shown = { ...this.#shown(member), ended, report };
    this.#done.push(shown);
    this.#options.onEnded?.(shown);
  }

  #shown({ process: _process, mark: _mark, ...known }: AskedMember): PendingMember {
    return { ...known, silent: this.#options.silent.has(known.id) };
  }
}

/** What a process says of the end of one of its members. */
function memberEndOf(body: unknown): { readonly member: string; readonly report: EndReport | undefined } | undefined {
  if (typeof body !== 'object' || body === null || !('member' in body) || typeof body.member !== 'string')
    return undefined;
  return { member: body.member, report: 'report' in body ? decodeEndReport(body.report) : undefined };
}
