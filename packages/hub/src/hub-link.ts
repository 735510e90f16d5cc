/**
 * Keeps a process connected to the hub of its home, and makes it the hub when there is none.
 *
 * - A hub that died is seen at once, since the connection ends; one that is stopped, by its silence.
 * - A hub that has a successor steps down as soon as it notices.
 * - A meeting place that cannot be used is tried again from time to time.
 */
import { type Clock, type Log, MapiError, type Random, type Timer } from '@nodemapi/base';
import { type Channel, channelPair } from './channel.ts';
import type { HubEndpoint, HubListener } from './endpoint.ts';
import { hereNow, isHere } from './here-papers.ts';
import { HubServer, type Succession } from './hub-server.ts';
import {
  type ClientMessage,
  HUB_VERSION,
  type HubMessage,
  hubMessage,
  type MayLive,
  type MaySleep,
  type ProcessPresence,
} from './message.ts';

export type Hello = Omit<Extract<ClientMessage, { type: 'hello' }>, 'type' | 'version'>;

export interface HubLinkEvents {
  /** All that a hub has to know of this process. */
  hello(): Hello;
  /** The hub hears this process: what comes now follows the hello; what was sent before may be lost. */
  greeted(): void;
  /** A connection stands. */
  connected(): void;
  message(message: HubMessage): void;
  /** There is no hub to be reached, and none can be made here, for now. */
  failed(error: MapiError): void;
}

export interface HubLinkOptions {
  readonly endpoint: HubEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly mayLive: MayLive;
  /** The number of this process. */
  readonly pid: number;
  readonly events: HubLinkEvents;
}

/** How often a process looks whether its hub answers, and a hub whether it still is one. */
const beatMs = 200;
/** A hub that says nothing for so long is taken for dead. */
export const silenceMsMax = 500;
/** A beat that comes so much too late says that this process was stopped itself. */
const lateMsMax = 150;
/** How long a goodbye may take to get out. */
const goodbyeMsMax = 200;
/** How long a hub that goes lets answers through: who gives one may be on his way out himself, and not there for the next. */
const answersMsMax = 500;
/** How long a process that goes tries to say so to a hub that is just being made. */
const reunionMsMax = 500;
const roundsMax = 100;
const roundPauseMs = 20;
const retryMsMin = 50;
const retryMsMax = 5000;
/** Connections in a row that a hub ends without a welcome: hubs die, but one that takes none of ours is not asked on and on. */
const unwelcomeMax = 4;

interface OwnHub {
  readonly number: number;
  readonly server: HubServer;
  readonly listener: HubListener;
}

export class HubLink {
  readonly #options: HubLinkOptions;
  /** The connection to the hub, once it has the hello. */
  #channel: Channel | undefined;
  #isWelcome = false;
  #own: OwnHub | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  #wake: (() => void) | undefined;
  /** The hub that did not answer. */
  #suspect = 0;
  #wasConnected = false;
  #onConnected: (() => void) | undefined;
  #number = 0;
  #heardMs = 0;

  constructor(options: HubLinkOptions) {
    this.#options = options;
  }

  /** Whether this process is the hub. */
  get isHub(): boolean {
    return this.#own !== undefined;
  }

  /** Begins to connect. @param now if that failed, tries again without waiting */
  start(now = false): void {
    this.#running ??= this.#run();
    if (now) this.#wake?.();
  }

  /** Before the hello of a connection it is not sent: the hello says it, or `greeted` asks for it again. */
  send(message: ClientMessage): void {
    this.#channel?.send(message);
  }

  /** Says goodbye. A process that is the hub leaves it to the others. */
  async close(): Promise<void> {
    if (this.#wasConnected && !this.#isWelcome) await this.#reconnected();
    this.#closed = true;
    this.#channel?.send({ type: 'bye' });
    this.#wake?.();
    const own = this.#own;
    if (own !== undefined) {
      await own.server.answered(answersMsMax);
      await this.#stepDown(own, own.server.processes <= 1);
    }
    const channel = this.#channel;
    channel?.close();
    const stuck = this.#options.clock.setTimer(goodbyeMsMax, () => channel?.destroy());
    await this.#running;
    stuck.cancel();
  }

  async #run(): Promise<void> {
    let unwelcome = 0;
    for (let failures = 0; !this.#closed; ) {
      try {
        const channel = await this.#reach();
        if (channel === undefined) return;
        const isWelcome = await this.#serve(channel);
        if (isWelcome) failures = 0;
        unwelcome = isWelcome ? 0 : unwelcome + 1;
        if (unwelcome >= unwelcomeMax && !this.#closed) throw unwelcomeError();
      } catch (error) {
        this.#options.events.failed(MapiError.from(error, 'hub'));
        await this.#pause(Math.min(retryMsMax, retryMsMin * 2 ** failures++));
      }
    }
  }

  /** A new connection, to another process or to the hub that this process has become. */
  async #reach(): Promise<Channel | undefined> {
    const { endpoint, random } = this.#options;
    for (let round = 0; round < roundsMax && !this.#closed; round++) {
      const { number, ended } = await endpoint.current();
      let succession: Succession = 'none';
      if (!ended) {
        const channel = number === this.#suspect ? undefined : await endpoint.connect(number);
        this.#number = number;
        if (channel !== undefined) return channel;
        succession = number === this.#suspect ? 'stalled' : 'dead';
      }
      const channel = await this.#claim(number + 1, succession);
      if (channel !== undefined) return channel;
      await this.#pause(roundPauseMs * random.float());
    }
    if (this.#closed) return undefined;
    throw new MapiError('MAPI_E_BUSY', 'the processes of this home find no hub', { component: 'hub' });
  }

  async #claim(number: number, succession: Succession): Promise<Channel | undefined> {
    const { endpoint, clock, log, mayLive } = this.#options;
    const isCurrent = (): Promise<boolean> =>
      endpoint.current().then(
        (now) => now.number === number && this.#own?.server === server,
        (error: unknown) => {
          log.warn('the meeting place of the hub cannot be read', { error });
          return false;
        },
      );
    const onEnded = (session: string): void => {
      endpoint.notes.forget(session).catch((error: unknown) => log.warn('notes cannot be removed', { error }));
    };
    const onGone = (process: string): void => {
      endpoint.papers
        .remove('here', process)
        .catch((error: unknown) => log.warn('a paper cannot be removed', { error }));
    };
    const maySleep: MaySleep = (process) =>
      isHere(endpoint.papers, mayLive, process).catch((error: unknown) => {
        log.warn('papers of other processes cannot be read', { error });
        return mayLive(process);
      });
    const expected = await this.#expected();
    const server = new HubServer({ clock, log, succession, mayLive, maySleep, expected, onEnded, onGone, isCurrent });
    const listener = await endpoint.claim(number, (channel) => server.accept(channel));
    if (listener === undefined) {
      server.close();
      return undefined;
    }
    const own = { number, server, listener };
    this.#own = own;
    if (this.#closed || !(await isCurrent())) {
      await this.#stepDown(own, this.#closed && succession === 'none' && server.processes === 0);
      return undefined;
    }
    for (const kept of [endpoint.notes, endpoint.papers]) {
      kept.sweep(clock.nowMs()).catch((error: unknown) => log.warn('what is old cannot be removed', { error }));
    }
    const [near, far] = channelPair();
    server.accept(far, true);
    log.debug('this process is the hub', { number, succession });
    return near;
  }

  /** Who was there, and may be stopped. */
  async #expected(): Promise<readonly ProcessPresence[]> {
    const { endpoint, mayLive, pid, log } = this.#options;
    try {
      return await hereNow(endpoint.papers, mayLive, pid);
    } catch (error) {
      log.warn('papers of other processes cannot be read', { error });
      return [];
    }
  }

  /** Resolves when the connection has ended; whether the hub had welcomed it. */
  #serve(channel: Channel): Promise<boolean> {
    const { events } = this.#options;
    if (this.#closed) {
      channel.destroy(); // a hello without a goodbye would be waited for
      return Promise.resolve(false);
    }
    return new Promise((resolve, reject) => {
      let problem: MapiError | undefined;
      const fail = (error: MapiError): void => {
        problem = error;
        channel.destroy();
      };
      const beat = this.#beat(channel);
      channel.open({
        message: (value) => {
          const message = hubMessage(value);
          this.#heardMs = this.#options.clock.monotonicMs();
          if (message === undefined) fail(new MapiError('MAPI_E_CORRUPT_DATA', 'the hub says what is no message'));
          else if (message.type === 'refused') fail(versionError(message.version));
          else if (message.type === 'welcome' && !this.#isWelcome) {
            this.#isWelcome = true;
            this.#wasConnected = true;
            events.connected();
            this.#onConnected?.();
          } else if (message.type !== 'pong') events.message(message);
        },
        drained: () => {},
        closed: () => {
          beat[Symbol.dispose]();
          const isWelcome = this.#isWelcome;
          this.#channel = undefined;
          this.#isWelcome = false;
          if (problem === undefined) resolve(isWelcome);
          else reject(problem);
        },
      });
      channel.send({ type: 'hello', version: HUB_VERSION, ...events.hello() });
      this.#channel = channel;
      events.greeted();
    });
  }

  /** Looks after the connection as long as it stands. */
  #beat(channel: Channel): Disposable {
    const { clock } = this.#options;
    let timer: Timer;
    let dueMs = 0;
    let pings = 0;
    this.#heardMs = clock.monotonicMs();
    const next = (): void => {
      dueMs = clock.monotonicMs() + beatMs;
      timer = clock.setTimer(beatMs, beat);
      timer.unref();
    };
    const beat = (): void => {
      const nowMs = clock.monotonicMs();
      const isLate = nowMs - dueMs > lateMsMax;
      if (isLate) this.#heardMs = nowMs;
      const own = this.#own;
      if (own !== undefined) void this.#look(own);
      else if (isLate) {
        // a ping to a hub that has gone meanwhile would break the connection before its last words are read
      } else if (nowMs - this.#heardMs >= silenceMsMax) {
        this.#suspect = this.#number;
        this.#options.log.debug('the hub does not answer', { number: this.#number });
        channel.destroy();
        return;
      } else channel.send({ type: 'ping', number: pings++ });
      next();
    };
    next();
    return { [Symbol.dispose]: () => timer.cancel() };
  }

  /** Whether this process is still the hub. */
  async #look(own: OwnHub): Promise<void> {
    const { endpoint, log } = this.#options;
    try {
      const { number } = await endpoint.current();
      if (number === own.number) own.server.stillCurrent();
      if (number === own.number || this.#own !== own) return;
      log.debug('this process is the hub no longer', { number: own.number, successor: number });
      await this.#stepDown(own, false);
    } catch (error) {
      log.warn('the meeting place of the hub cannot be read', { error });
    }
  }

  async #stepDown(own: OwnHub, ended: boolean): Promise<void> {
    if (this.#own === own) this.#own = undefined;
    await own.listener.close(ended);
    own.server.close();
  }

  /** The next hub would wait long for a process that lives and said no goodbye. */
  #reconnected(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(reunionMsMax, resolve);
      this.#onConnected = () => {
        timer.cancel();
        resolve();
      };
      this.#wake?.();
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(ms, () => done());
      timer.unref();
      const done = (): void => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      if (this.#closed) done();
    });
  }
}

function unwelcomeError(): MapiError {
  return new MapiError('MAPI_E_NETWORK_ERROR', 'the hub of this home takes no connection of this process', {
    component: 'hub',
  });
}

function versionError(version: number): MapiError {
  return new MapiError('MAPI_E_VERSION', `the hub speaks version ${version}, this process ${HUB_VERSION}`, {
    component: 'hub',
  });
}
