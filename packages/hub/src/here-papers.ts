/**
 * What a process has, on the disk: so that who comes while all others are stopped sees them, and joins their session.
 *
 * It is written when it has stood for a moment, so that sessions that come and go cost nothing, and from time to time where it
 * never stands; a process that is stopped within that moment is seen when it wakes. That it has a shared session is written at
 * once, and taken away before it leaves: so a hub knows who sleeps from who has left and lives on (decision 0531). Who finds the paper of a process that is gone takes it away.
 */
import type { Clock, Log, Timer } from '@nodemapi/base';
import { type MayLive, type ProcessInfo, type ProcessPresence, presenceOf, type SessionPart } from './message.ts';
import type { Papers } from './papers.ts';

/** How long what a process has must have stood. */
const stableMs = 100;
/** It is written at last so long after the first change. */
const changingMsMax = 1000;

export interface HerePaperOptions {
  readonly papers: Papers;
  readonly clock: Clock;
  readonly log: Log;
  /** What the process has now. */
  readonly presence: () => ProcessPresence;
}

/** The paper of this process. */
export class HerePaper {
  readonly #options: HerePaperOptions;
  #timer: Timer | undefined;
  /** When the first change was that is not written yet. */
  #changedMs: number | undefined;
  #isThere = false;
  #closed = false;

  constructor(options: HerePaperOptions) {
    this.#options = options;
  }

  /** What the process has is another. @param now somebody else may have to know that it is there, if nothing says so yet */
  changed(now = false): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    if (now && !this.#isThere) this.#write();
    this.#changedMs ??= clock.monotonicMs();
    const leftMs = this.#changedMs + changingMsMax - clock.monotonicMs();
    this.#timer = clock.setTimer(Math.max(0, Math.min(stableMs, leftMs)), () => this.#write());
    this.#timer.unref();
  }

  /** The process leaves; what it has is written no more. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#try(() => this.#remove());
  }

  #write(): void {
    this.#changedMs = undefined;
    const { process, sessions } = this.#options.presence();
    const parts = sessions.filter(({ members }) => members.length > 0).map(withoutOthers);
    this.#try(() => {
      if (parts.length === 0) {
        this.#remove();
        return;
      }
      this.#options.papers.put('here', process.id, JSON.stringify({ process, sessions: parts }));
      this.#isThere = true;
    });
  }

  #remove(): void {
    if (!this.#isThere) return;
    this.#isThere = false;
    this.#options.papers.removeNow('here', this.#options.presence().process.id);
  }

  /** Without it everything goes as long as one process is awake. */
  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.debug('what this process has is not on the disk', { error });
    }
  }
}

/** The processes that left a paper and may live; papers of others are taken away. @param own the number of this process */
export async function hereNow(papers: Papers, mayLive: MayLive, own: number): Promise<readonly ProcessPresence[]> {
  const found: ProcessPresence[] = [];
  for (const { name, text } of await papers.read('here')) {
    const presence = parsed(text);
    if (presence?.process.id !== name || !mayLive(presence.process)) {
      await papers.remove('here', name);
      continue;
    }
    const { pid, mark } = presence.process;
    if (pid !== own || mark !== undefined) found.push(presence); // of our number: of another thread, or of an earlier process
  }
  return found;
}

/** Whether a process lives and has not taken its paper away, as it does when it leaves. */
export async function isHere(
  papers: Papers,
  mayLive: MayLive,
  process: Pick<ProcessInfo, 'id' | 'pid' | 'mark'>,
): Promise<boolean> {
  return mayLive(process) && (await papers.read('here', process.id)).some(({ name }) => name === process.id);
}

/** Undefined for what is none of ours. */
function parsed(text: string): ProcessPresence | undefined {
  try {
    return presenceOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const withoutOthers = ({ session, members, endings }: SessionPart): SessionPart => ({
  session,
  members,
  endings,
  others: [],
});
