/** The hub: what one process does for all of a MAPI home. Everything it knows the others have told it, and can again. */
import type { Clock, Log, Timer } from '@nodemapi/base';
import { AskRelay } from './ask-relay.ts';
import { Attendance, returnMsMax } from './attendance.ts';
import type { Channel } from './channel.ts';
import { EndNotices } from './end-notices.ts';
import { LogonGate } from './logon-gate.ts';
import {
  type ClientMessage,
  clientMessage,
  HUB_VERSION,
  type MayLive,
  type MaySleep,
  type ProcessPresence,
  type SessionInfo,
} from './message.ts';
import { Peer } from './peer.ts';
import { TopicBoard } from './topic-board.ts';

/** How a hub came after another one: not at all, after one that died, after one that did not answer. */
export type Succession = 'none' | 'dead' | 'stalled';

export interface HubServerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly succession: Succession;
  readonly mayLive: MayLive;
  /** Whether a process that does not come may be asleep: it has not taken its word of what it has away. */
  readonly maySleep: MaySleep;
  /** Processes that have left word of what they have, and live; one that does not come sleeps. */
  readonly expected: readonly ProcessPresence[];
  /** A shared session that was ended by one of its members is without members. */
  readonly onEnded: (session: string) => void;
  /** A process has left, or died. */
  readonly onGone: (process: string) => void;
  /** Whether no other hub has taken over. */
  readonly isCurrent: () => Promise<boolean>;
}

/** Connections at a time. */
const connectionsMax = 2000;
/** How long a connection may take to say who it is. */
const helloMsMax = 2000;
/** After the death of a hub the others come at once, since their connections ended with it. */
const reunionMs = 300;

type Hello = Extract<ClientMessage, { type: 'hello' }>;

interface Question {
  readonly peer: Peer;
  readonly request: number;
  readonly question: unknown;
}

interface End {
  readonly peer: Peer;
  readonly request: number;
  readonly session: string;
  readonly ending: string;
  /** It was not known before. */
  readonly isNews: boolean;
}

export class HubServer {
  readonly #options: HubServerOptions;
  readonly #attendance: Attendance;
  readonly #gate: LogonGate;
  readonly #asks = new AskRelay();
  readonly #notices: EndNotices;
  readonly #topics = new TopicBoard();
  readonly #peers = new Set<Peer>();
  readonly #timers = new Set<Timer>();
  /** Questions that came before all could have come whom they are for. */
  #early: Question[] = [];
  /** Shared logoffs that came when it was not to be known whether another hub has taken over. */
  readonly #untold: End[] = [];

  constructor(options: HubServerOptions) {
    this.#options = options;
    const { clock, succession, mayLive, maySleep, isCurrent } = options;
    const isFirst = succession === 'none';
    this.#notices = new EndNotices(clock);
    this.#attendance = new Attendance({
      clock,
      mayLive,
      maySleep,
      complete: isFirst,
      onGone: (process) => this.#gone(process),
      onEnded: options.onEnded,
    });
    for (const presence of options.expected) this.#attendance.expect(presence);
    const joinable = (): SessionInfo | undefined => this.#attendance.joinable();
    const heardMs = (process: string): number | undefined => this.#heardMs(process);
    const onJoin = (peer: Peer, session: SessionInfo): void => this.#attendance.invite(peer, session);
    this.#gate = new LogonGate(isFirst, { clock, heardMs, joinable, isCurrent, onJoin });
    if (isFirst) return;
    this.#after(succession === 'dead' ? reunionMs : returnMsMax, () => this.#gate.open());
    this.#after(returnMsMax, () => {
      this.#attendance.complete();
      for (const question of this.#early.splice(0)) this.#ask(question);
    });
  }

  /** Processes that are there, this one included. */
  get processes(): number {
    return this.#attendance.size;
  }

  /** No other hub has taken over: who could not be answered, since that was not to be known, is answered now. */
  stillCurrent(): void {
    this.#gate.pump();
    for (const end of this.#untold.splice(0)) this.#tellEnd(end);
  }

  /** Serves a connection until it ends. @param isOwn it is that of the process of the hub */
  accept(channel: Channel, isOwn = false): void {
    if (this.#peers.size >= connectionsMax) {
      this.#options.log.warn('hub has too many connections', { connectionsMax });
      channel.destroy();
      return;
    }
    const { clock } = this.#options;
    const peer = new Peer(channel, (one, session) => this.#attendance.tellSession(one, session));
    peer.isOwn = isOwn;
    this.#peers.add(peer);
    const nameless = this.#after(helloMsMax, () => {
      if (peer.process === undefined) peer.destroy();
    });
    let said = false;
    channel.open({
      message: (value) => {
        if (peer.isRefused) return;
        peer.heardMs = clock.monotonicMs();
        const message = clientMessage(value);
        const isExpected = message !== undefined && (message.type === 'hello') === (peer.process === undefined);
        if (!isExpected) {
          this.#options.log.warn('hub was told what it does not know', { process: peer.process?.pid });
          peer.destroy();
        } else if (message.type === 'bye') said = true;
        else this.#take(peer, message);
      },
      drained: () => peer.drained(),
      closed: () => {
        this.#cancel(nameless);
        this.#detach(peer, said);
      },
    });
  }

  /** Resolves when no question is under way, or after this time. */
  async answered(msMax: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimer(msMax, resolve); // its process stays for it
      void this.#asks.idle().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Ends all connections; their processes go to the next hub. */
  close(): void {
    for (const timer of [...this.#timers]) this.#cancel(timer);
    this.#attendance.close();
    this.#notices.close();
    this.#gate.close();
    for (const peer of [...this.#peers]) peer.close();
    this.#peers.clear();
  }

  /** The process of the hub is heard whenever the hub runs. */
  #heardMs(process: string): number | undefined {
    const peer = [...this.#peers].find((one) => one.process?.id === process);
    return peer?.isOwn === true ? this.#options.clock.monotonicMs() : peer?.heardMs;
  }

  #take(peer: Peer, message: Exclude<ClientMessage, { type: 'bye' }>): void {
    const process = peer.process?.id ?? '';
    switch (message.type) {
      case 'hello':
        this.#hello(peer, message);
        break;
      case 'ping':
        peer.post({ type: 'pong', number: message.number });
        break;
      case 'enter':
        this.#attendance.enter(peer, message.session, message.member);
        if (message.request > 0) peer.post({ type: 'done', request: message.request });
        this.#gate.pump();
        break;
      case 'leave':
        this.#attendance.leave(peer, message.session, message.member);
        break;
      case 'decline':
        this.#attendance.decline(peer, message.session);
        break;
      case 'end':
        this.#end(peer, message);
        break;
      case 'seen':
        this.#notices.seen(process, message.ending);
        break;
      case 'acquire':
        this.#gate.acquire(peer, message.request, message.wish);
        break;
      case 'cancel':
        this.#early = this.#early.filter((one) => one.peer !== peer || one.request !== message.request);
        this.#asks.cancel(peer, message.request);
        this.#gate.cancel(peer, message.request);
        break;
      case 'settle':
        this.#gate.settle(process);
        break;
      case 'listen':
        this.#topics.listen(peer, message.topic);
        peer.wake(message.topic); // of what came while its word was on its way
        break;
      case 'unlisten':
        this.#topics.unlisten(peer, message.topic);
        break;
      case 'wake':
        this.#topics.wake(peer, message.topic);
        break;
      case 'ask':
        this.#ask({ peer, request: message.request, question: message.question });
        break;
      case 'answer':
        this.#asks.answer(process, message.ask, message.body, message.last);
        break;
    }
  }

  #hello(peer: Peer, { version, process, sessions, topics, creating }: Hello): void {
    if (version !== HUB_VERSION) {
      peer.isRefused = true;
      peer.post({ type: 'refused', version: HUB_VERSION });
      peer.close();
      return;
    }
    peer.process = process;
    peer.post({ type: 'welcome', version: HUB_VERSION });
    for (const topic of topics) this.#topics.listen(peer, topic);
    if (creating) this.#gate.resume(process.id);
    else this.#gate.settle(process.id); // its word of that may have been lost with its last connection
    this.#attendance.hello(peer, process, sessions);
    this.#asks.hello(peer);
    this.#gate.pump();
  }

  #ask(asked: Question): void {
    const { peer, request, question } = asked;
    if (!this.#attendance.isComplete) this.#early.push(asked);
    else this.#asks.ask(peer, request, question, this.#attendance.peers, this.#attendance.presence());
  }

  /**
   * From here on nobody joins the session. A hub that has a successor tells it to nobody: the request comes again with the
   * next connection. One that cannot know it looks again.
   */
  #end(peer: Peer, { request, session, ending }: Extract<ClientMessage, { type: 'end' }>): void {
    const isNews = this.#attendance.note(session, ending);
    this.#tellEnd({ peer, request, session, ending, isNews });
  }

  #tellEnd(end: End): void {
    const { peer, request, session, ending, isNews } = end;
    void this.#options.isCurrent().then((isCurrent) => {
      if (!isCurrent) {
        this.#untold.push(end);
        return;
      }
      const told = isNews ? this.#attendance.tellEnding(session, ending, peer.process?.id ?? '') : [];
      if (request > 0) this.#notices.add(peer, request, ending, told);
    });
  }

  #detach(peer: Peer, said: boolean): void {
    this.#peers.delete(peer);
    this.#early = this.#early.filter((one) => one.peer !== peer);
    this.#topics.detach(peer);
    this.#gate.detach(peer);
    this.#asks.detach(peer);
    this.#attendance.detach(peer, said);
  }

  #gone(process: string): void {
    this.#gate.settle(process);
    this.#asks.gone(process);
    this.#notices.gone(process);
    this.#options.onGone(process);
  }

  #after(ms: number, run: () => void): Timer {
    const timer = this.#options.clock.setTimer(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    timer.unref();
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: Timer): void {
    timer.cancel();
    this.#timers.delete(timer);
  }
}
