/**
 * The sessions of a MAPI home, in all its processes (decision 0201): which one a logon gets, who is a member, and what
 * members tell each other over the borders of processes.
 *
 * Each process has a core of its own of a session that it shares with others: its providers, and its spooler. The queues
 * of the stores know leases, so that no two spoolers have one message.
 */
import { basename } from 'node:path';
import { type Clock, type Log, MapiError, type Random, toHex, withDeadline } from '@nodemapi/base';
import { type Acquired, HomeHub, type HubEndpoint, LocalEndpoint, type SessionInfo } from '@nodemapi/hub';
import type { LogonOptions, WakeUps } from '@nodemapi/mapi';
import {
  chosenSessions,
  type EndedMember,
  type EndHomeOptions,
  endHomeSessions,
  endMembers,
  isEndQuestion,
} from './home-end.ts';
import { type HomeSession, listAnswer, listHomeSessions } from './home-list.ts';
import type { MapiSession } from './mapi-session.ts';
import { mayLive, type Processes } from './processes.ts';
import type { SessionCore } from './session-core.ts';

export interface HomeSessionsOptions {
  /** Where the processes of the home meet; undefined: this subsystem is alone. */
  readonly endpoint: HubEndpoint | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly processes: Processes;
  /** Members of this subsystem. */
  readonly sessions: ReadonlySet<MapiSession>;
}

/** How long a shared logon or logoff waits for a hub, where the last one has just died. */
const noticeMsMax = 2000;
/** How long MAPI's end waits for the report of the session that brought it about. */
const answerMsMax = 2000;

export class HomeSessions {
  readonly #options: HomeSessionsOptions;
  readonly #memberIds = new WeakMap<MapiSession, string>();
  /** Who answered which session a logon gets. */
  readonly #acquiredFrom = new WeakMap<Acquired, HomeHub>();
  /** Ends that were asked for from outside, and are not answered. */
  readonly #ends = new Set<Promise<void>>();
  #hub: HomeHub | undefined;
  /** The last goodbye to the others. */
  #closed: Promise<void> | undefined;
  #count = 0;

  constructor(options: HomeSessionsOptions) {
    this.#options = options;
  }

  /** For providers: wake-ups from and for whoever has the same things open. */
  get wakeUps(): WakeUps {
    return {
      signal: (topic, except) => this.#joined().wakeUps.signal(topic, except),
      listen: (topic, listener) => this.#joined().wakeUps.listen(topic, listener),
    };
  }

  /**
   * Which session a logon gets, if others have a say in it. `settle` has to be called with the answer.
   *
   * @throws MAPI_E_TIMEOUT after `timeoutMs`, MAPI_E_LOGON_FAILED if the session is to be shared and cannot be
   */
  async acquire(options: LogonOptions, timeoutMs: number | undefined): Promise<Acquired> {
    const { allowOthers = false, newSession = false } = options;
    if (newSession && !allowOthers) return { outcome: 'none' };
    const wish = !allowOthers ? 'join' : newSession ? 'shareNew' : 'share';
    const limit = new AbortController();
    const timer =
      timeoutMs === undefined
        ? undefined
        : this.#options.clock.setTimer(timeoutMs, () =>
            limit.abort(new MapiError('MAPI_E_TIMEOUT', 'another process is logging on')),
          );
    try {
      const hub = this.#joined();
      const acquired = await hub.acquire(wish, limit.signal);
      this.#acquiredFrom.set(acquired, hub);
      return acquired;
    } catch (cause) {
      if (limit.signal.aborted) throw cause;
      if (!allowOthers) return { outcome: 'none' }; // the hub has logged why; nobody who shares can be reached
      throw new MapiError('MAPI_E_LOGON_FAILED', 'the session cannot be shared with other processes', { cause });
    } finally {
      timer?.cancel();
    }
  }

  /** The logon has come to its end, one way or the other. MAPI may have gone down and come up meanwhile. */
  settle(acquired: Acquired): void {
    this.#acquiredFrom.get(acquired)?.settle(acquired);
  }

  /** What a session that is about to be made is called. */
  describe(acquired: Acquired, profile: string, allowOthers: boolean): SessionInfo {
    if (acquired.outcome === 'join') return acquired.session;
    return {
      id: `${this.#joined().process.id}.s${++this.#count}`,
      profile,
      shared: allowOthers,
      joinable: acquired.outcome === 'create' && acquired.joinable,
      since: Math.floor(this.#options.clock.nowMs()),
    };
  }

  /** A member has come. Resolves when the others know it, or cannot be told for now; they hear of it later. */
  async enter(session: MapiSession): Promise<void> {
    const hub = this.#joined();
    const { clock, log } = this.#options;
    const id = `${hub.process.id}.m${++this.#count}`;
    this.#memberIds.set(session, id);
    const since = Math.floor(clock.nowMs());
    const entered = hub.enter(session.core.info, { id, messaging: !session.noMail, since });
    if (!session.core.shared) return;
    try {
      await withDeadline(entered, noticeMsMax, clock, 'the notice to other members');
    } catch (error) {
      log.warn('the other members were not told of a logon', { error });
    }
  }

  /** A member begins to leave: the others hear of it. */
  leave(session: MapiSession): void {
    const id = this.#memberIds.get(session);
    if (id === undefined) return;
    this.#memberIds.delete(session);
    session.core.events.notifyMemberLeft();
    this.#hub?.leave(session.core.info.id, id);
  }

  /** A member asks all others to log off. Resolves when they have been told. */
  async end(core: SessionCore): Promise<void> {
    core.events.notifyEnd();
    await withDeadline(
      this.#joined().end(core.info.id),
      noticeMsMax,
      this.#options.clock,
      'the notice to other members',
    );
  }

  /** Sessions of the home in all processes. @throws MAPI_E_NO_ACCESS if the other processes cannot be reached */
  list(): Promise<readonly HomeSession[]> {
    return listHomeSessions(this.#joined(), this.#options.clock);
  }

  /**
   * Asks members of sessions, in all processes, to log off, which they do in their own time; says what became of them.
   *
   * @throws MAPI_E_NOT_FOUND for a session that is named and not there; MAPI_E_NO_ACCESS as `list`
   */
  async endFromOutside(options: EndHomeOptions): Promise<readonly EndedMember[]> {
    const all = await this.list();
    const sessions = chosenSessions(all, options);
    if (sessions.length === 0) return [];
    const { clock, log, processes, random } = this.#options;
    const members = all.flatMap((session) => session.members);
    const silent = new Set(members.filter(({ openObjects }) => openObjects === null).map(({ id }) => id));
    const ending = toHex(random.bytes(8));
    return endHomeSessions(this.#joined(), clock, sessions, {
      ...options,
      ...{ log, ending, silent },
      mayLive: (process) => mayLive(processes, process),
    });
  }

  /** The last member is gone, and MAPI goes down. Who asked for that from outside still gets his answer. */
  async close(): Promise<void> {
    const hub = this.#hub;
    this.#hub = undefined;
    if (hub === undefined) return;
    if (this.#ends.size === 0) await hub.close();
    else this.#closed = this.#answers().then(() => hub.close());
  }

  /** For a process that is about to exit by itself: whoever asked for its end has been answered, as far as he can be. */
  async answered(): Promise<void> {
    try {
      await (this.#closed ?? this.#answers());
    } catch (error) {
      this.#options.log.warn('the other processes were not told of the end', { error });
    }
  }

  async #answers(): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#ends.size === 0) return;
    try {
      await withDeadline(Promise.all(this.#ends), answerMsMax, clock, 'the answer to who asked for the end');
    } catch (error) {
      log.warn('who asked for the end was not answered', { error });
    }
  }

  #joined(): HomeHub {
    this.#hub ??= this.#join();
    return this.#hub;
  }

  #join(): HomeHub {
    const { endpoint = new LocalEndpoint(), clock, log, random, processes } = this.#options;
    const { pid, mark } = processes;
    const program = basename(process.argv[1] ?? process.execPath);
    const hub = new HomeHub({
      ...{ endpoint, clock, log, random },
      process: { pid, program, ...(mark === undefined ? {} : { mark }) },
      mayLive: (process) => mayLive(processes, process),
    });
    hub.memberLeft.subscribe(({ session }) => {
      for (const core of this.#coresOf(session)) core.events.notifyMemberLeft();
    });
    hub.ended.subscribe(({ session }) => {
      for (const core of this.#coresOf(session)) core.events.notifyEnd();
    });
    hub.onQuestion((_ask, question, answer) => this.#asked(hub, question, answer));
    return hub;
  }

  #asked(hub: HomeHub, question: unknown, answer: (body: unknown, last: boolean) => void): void {
    if (!isEndQuestion(question)) {
      answer(this.#answer(question), true);
      return;
    }
    const members = new Map<MapiSession, string>();
    for (const session of this.#options.sessions) {
      const id = this.#memberIds.get(session);
      if (id !== undefined) members.set(session, id);
    }
    const ends = endMembers(question, members, (body) => answer(body, false), hub).then(
      () => answer(null, true),
      (error: unknown) => this.#options.log.warn('a member did not end as it was asked to', { error }),
    );
    this.#ends.add(ends);
    void ends.finally(() => this.#ends.delete(ends));
  }

  #answer(question: unknown): unknown {
    const isList = typeof question === 'object' && question !== null && 'kind' in question && question.kind === 'list';
    if (!isList) return null;
    return listAnswer(
      [...this.#options.sessions].flatMap((session) => {
        const id = this.#memberIds.get(session);
        return id === undefined ? [] : [[id, session.membrane.ledger.openObjects().length] as const];
      }),
    );
  }

  #coresOf(id: string): ReadonlySet<SessionCore> {
    const cores = [...this.#options.sessions].map(({ core }) => core);
    return new Set(cores.filter(({ info }) => info.id === id));
  }
}
