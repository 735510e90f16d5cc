/**
 * What a subsystem knows of the other processes of its home, and they of it.
 *
 * - All of it can be said again: after the death of a hub the next one hears it from the processes.
 * - That somebody left, or that a session is to end, is told once, however often the hub changes: members and endings have
 *   names, and what is known is compared with what the hub says.
 * - A question that a hub did not answer is asked of the next one.
 */
import { type Clock, Emitter, type Log, type MapiError, type Random, toHex } from '@nodemapi/base';
import { forgetAnswers, type KeptAnswer, keepAnswer, keptAnswers } from './answer-papers.ts';
import type { EndingOf, HubEndpoint } from './endpoint.ts';
import { HerePaper } from './here-papers.ts';
import { type Hello, HubLink } from './hub-link.ts';
import type {
  ClientMessage,
  HubMessage,
  LogonWish,
  MayLive,
  MemberInfo,
  ProcessInfo,
  ProcessPresence,
  SessionInfo,
} from './message.ts';
import { type Answerer, type AskOptions, Questions } from './questions.ts';
import { Requests } from './requests.ts';
import { SharedView } from './shared-view.ts';
import { TopicLines } from './topic-lines.ts';

export interface HomeHubOptions {
  readonly endpoint: HubEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly process: Omit<ProcessInfo, 'id'>;
  readonly mayLive: MayLive;
}

/** What a logon is to do. */
export type Acquired =
  /** Join this session. */
  | { readonly outcome: 'join'; readonly session: SessionInfo }
  /** Make a session; others may join it, or not. `settle` when that is done or has failed. */
  | { readonly outcome: 'create'; readonly joinable: boolean }
  /** Make a session of its own: there is nothing to join. */
  | { readonly outcome: 'none' };

export class HomeHub {
  /** This process, as the others see it. */
  readonly process: ProcessInfo;
  /** A member of a shared session in another process has left, or died. */
  readonly memberLeft = new Emitter<{ readonly session: string; readonly member: string }>();
  /** A member in another process asks all members of a session to log off. */
  readonly ended = new Emitter<{ readonly session: string }>();
  readonly #options: HomeHubOptions;
  readonly #link: HubLink;
  readonly #view: SharedView;
  readonly #requests: Requests;
  readonly #questions: Questions;
  readonly #topics: TopicLines;
  readonly #here: HerePaper;
  #creating = 0;
  /** Of the notes of shared logoffs, while a session here is shared. */
  #watch: Disposable | undefined;

  constructor(options: HomeHubOptions) {
    this.#options = options;
    const { endpoint, clock, log, random, mayLive } = options;
    this.process = { id: toHex(random.bytes(8)), ...options.process };
    const send = (message: ClientMessage): void => this.#link.send(message);
    this.#view = new SharedView({
      left: (session, member) => this.memberLeft.emit({ session, member }),
      ended: (session) => this.ended.emit({ session }),
    });
    this.#requests = new Requests(clock, send);
    this.#questions = new Questions(this.#requests, send);
    this.#topics = new TopicLines({ clock, log, send });
    const presence = (): ProcessPresence => ({ process: this.process, sessions: this.#view.parts() });
    this.#here = new HerePaper({ papers: endpoint.papers, clock, log, presence });
    this.#link = new HubLink({
      endpoint,
      clock,
      log,
      random,
      mayLive,
      pid: this.process.pid,
      events: {
        hello: () => this.#hello(),
        greeted: () => this.#greeted(),
        connected: () => this.#connected(),
        message: (message) => this.#take(message),
        failed: (error) => this.#failed(error),
      },
    });
  }

  /** Whether this process is the hub. */
  get isHub(): boolean {
    return this.#link.isHub;
  }

  /** Wake-ups between processes, and within this one. */
  get wakeUps(): TopicLines {
    return this.#topics;
  }

  /** Connects in the background. */
  start(): void {
    this.#link.start();
  }

  /** Somebody waits for it. */
  #startNow(): void {
    this.#link.start(true);
  }

  /**
   * A member of a session of this process has come. Resolves when the other members know it, if the session is shared.
   *
   * @throws MAPI_E_NO_ACCESS if there is no hub, and none can be made
   */
  async enter(session: SessionInfo, member: MemberInfo): Promise<void> {
    this.start();
    this.#view.enter(session, member);
    this.#here.changed(session.shared);
    this.#watchNotes();
    if (session.shared) await this.#requests.make((request) => ({ type: 'enter', request, session, member }));
    else this.#link.send({ type: 'enter', request: 0, session, member });
  }

  /** It leaves. */
  leave(session: string, member: string): void {
    this.#view.leave(session, member);
    this.#here.changed();
    this.#watchNotes();
    this.#link.send({ type: 'leave', session, member });
  }

  /**
   * Asks the members of a session in other processes to log off. Resolves when their processes have heard it, or have not
   * answered for 100 ms, and hear it later.
   *
   * It is on the disk before anybody hears of it, so who sleeps hears it even if all others have gone.
   *
   * @throws MAPI_E_NO_ACCESS if there is no hub, and none can be made
   */
  async end(session: string): Promise<void> {
    this.#startNow();
    const ending = toHex(this.#options.random.bytes(8));
    this.#view.noteEnding(session, ending);
    await this.#options.endpoint.notes.keep(session, ending);
    await this.#passOn(session, ending);
  }

  /**
   * The members here are to be asked to log off in another way, which is called `ending`: nobody joins the session any more.
   * Whether they have not heard of it yet.
   */
  noteEnding(session: string, ending: string): boolean {
    const isNews = this.#view.noteEnding(session, ending);
    this.#link.send({ type: 'end', request: 0, session, ending });
    return isNews;
  }

  /**
   * Asks which session a logon gets. Waits while another process creates the shared session. One that was asked to end is
   * not joined any more; a hub that has not heard of it yet, since those who know it sleep, hears it from here.
   *
   * @throws what `signal` is aborted with; MAPI_E_NO_ACCESS if there is no hub, and none can be made
   */
  async acquire(wish: LogonWish, signal?: AbortSignal): Promise<Acquired> {
    this.#startNow();
    for (;;) {
      const answer = await this.#requests.make((request) => ({ type: 'acquire', request, wish }), signal);
      if (answer?.type !== 'acquired' || answer.outcome === 'none') return { outcome: 'none' };
      const { outcome, session, joinable } = answer;
      if (outcome === 'join' && session !== undefined) {
        if (await this.#mayJoin(session.id, signal)) return { outcome, session };
      } else {
        if (joinable) this.#creating++;
        return { outcome: 'create', joinable };
      }
    }
  }

  /** The session that `acquire` said to create or to join is there, or could not be had. */
  settle(acquired: Acquired): void {
    if (acquired.outcome === 'join') this.#decline(acquired.session.id);
    if (acquired.outcome !== 'create' || !acquired.joinable) return;
    this.#creating--;
    this.#link.send({ type: 'settle' });
  }

  /** Asks all processes, this one too. */
  ask(question: unknown, options: AskOptions): Promise<void> {
    this.#startNow();
    return this.#questions.ask(question, options);
  }

  /** Leaves word of an end that was asked for, for members whose process sleeps: it hears of it when it wakes. */
  async leaveWord(session: string, ending: string): Promise<void> {
    await this.#options.endpoint.notes.keep(session, ending);
  }

  /** Keeps an answer on the disk, where the hub or this process may be gone before it arrives. @param question 16 hexadecimal digits */
  keepAnswer(question: string, from: string, body: unknown): void {
    try {
      keepAnswer(this.#options.endpoint.papers, question, from, body);
    } catch (error) {
      this.#options.log.warn('an answer cannot be kept', { error });
    }
  }

  /** The answers to a question that were kept. */
  keptAnswers(question: string): Promise<readonly KeptAnswer[]> {
    return keptAnswers(this.#options.endpoint.papers, question);
  }

  /** They have been taken. */
  forgetAnswers(question: string): Promise<void> {
    return forgetAnswers(this.#options.endpoint.papers, question);
  }

  /** Says who answers the questions that come to this process. */
  onQuestion(answerer: Answerer): void {
    this.#questions.answerer = answerer;
  }

  /** Leaves the others. */
  async close(): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    this.#here.close();
    this.#topics.close();
    this.#requests.close();
    await this.#link.close();
  }

  async #passOn(session: string, ending: string, signal?: AbortSignal): Promise<void> {
    await this.#requests.make((request) => ({ type: 'end', request, session, ending }), signal);
  }

  /** Whether neither this process nor the disk knows of a shared logoff; else the hub hears of it. */
  async #mayJoin(session: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const kept = await this.#options.endpoint.notes.kept(session);
      const endings = new Set([...kept, ...this.#view.endingsOf(session)]);
      if (endings.size === 0) return true;
      for (const ending of endings) await this.#passOn(session, ending, signal);
    } catch (error) {
      this.#decline(session);
      throw error;
    }
    this.#decline(session);
    return false;
  }

  /** The hub says which session a logon joins, and takes this process for one of the session from then on. */
  #acquired(message: Extract<HubMessage, { readonly type: 'acquired' }>): void {
    const { request, outcome, session } = message;
    if (outcome === 'join' && session !== undefined) {
      if (this.#requests.has(request)) this.#view.invite(session);
      else if (!this.#view.has(session.id)) this.#link.send({ type: 'decline', session: session.id });
      this.#watchNotes();
    }
    const isGivenUp = outcome === 'create' && message.joinable && !this.#requests.has(request);
    if (isGivenUp && this.#creating === 0) this.#link.send({ type: 'settle' });
    this.#requests.answer(request, message);
  }

  /** The logon that was to join a session has come to its end. */
  #decline(session: string): void {
    if (!this.#view.uninvite(session)) return;
    this.#watchNotes();
    this.#link.send({ type: 'decline', session });
  }

  #hello(): Hello {
    return {
      process: this.process,
      sessions: this.#view.parts(),
      topics: this.#topics.names(),
      creating: this.#creating > 0,
    };
  }

  /** A hub begins anew with what it is told: who has left meanwhile does not enter. */
  #greeted(): void {
    this.#requests.resend(
      (message) => message.type !== 'enter' || this.#view.hasMember(message.session.id, message.member.id),
    );
    this.#topics.tellAgain();
  }

  #connected(): void {
    this.#here.changed(); // a hub that took this process for gone has taken its paper away
    this.#topics.wakeAll();
    void this.#readNotes();
  }

  /** A hub that is stopped, or has just died, passes nothing on; what is on the disk is there. */
  #watchNotes(): void {
    const isNeeded = this.#view.shared().length > 0;
    if (isNeeded === (this.#watch !== undefined)) return;
    const { endpoint, log } = this.#options;
    this.#watch?.[Symbol.dispose]();
    this.#watch = isNeeded
      ? endpoint.notes.watch(
          (endingOf) => this.#noted(endingOf),
          (error) => log.warn('notes of shared logoffs cannot be watched', { error }),
        )
      : undefined;
  }

  #noted(endingOf: EndingOf | undefined): void {
    if (endingOf === undefined) {
      void this.#readNotes();
      return;
    }
    for (const session of this.#view.sessions()) {
      const ending = endingOf(session);
      if (ending !== undefined) this.#view.ending(session, ending);
    }
  }

  /** Shared logoffs that no hub has told of, or that went by while this process slept. */
  async #readNotes(): Promise<void> {
    const { endpoint, log } = this.#options;
    try {
      for (const endingOf of await endpoint.notes.all()) this.#noted(endingOf);
    } catch (error) {
      log.warn('notes of shared logoffs cannot be read', { error });
    }
  }

  #failed(error: MapiError): void {
    this.#options.log.warn('the other processes of this home cannot be reached', { error });
    this.#requests.fail(error);
  }

  #take(message: HubMessage): void {
    switch (message.type) {
      case 'roster':
        this.#view.roster(message.session, message.others, message.endings);
        break;
      case 'changed':
        this.#view.changed(message.session, message.process, message.added, message.removed);
        break;
      case 'ending':
        this.#view.ending(message.session, message.ending);
        this.#link.send({ type: 'seen', session: message.session, ending: message.ending });
        break;
      case 'wake':
        this.#topics.woken(message.topics);
        break;
      case 'acquired':
        this.#acquired(message);
        break;
      case 'done':
        this.#requests.answer(message.request, message);
        break;
      case 'asked':
        this.#questions.asked(message.ask, message.question);
        break;
      case 'asking':
      case 'answered':
        this.#questions.take(message);
        break;
      default:
        break; // of the connection's own concern
    }
  }
}
