/**
 * Where the processes of one MAPI home meet. Hubs are numbered; the one with the highest number is the hub.
 *
 * - A number belongs to one process, ever: `claim` succeeds for one of those who try it at the same time.
 * - Who finds that the hub does not answer claims the next number; who still runs an older one notices and steps down.
 *   So a hub that died, one that is stopped and one that wakes up again need no clock and no lock.
 */
import type { Channel } from './channel.ts';
import type { Papers } from './papers.ts';

/** The highest number, and how it stands. */
export interface HubNumber {
  /** 0 before the first. */
  readonly number: number;
  /** Its process has ended it when nobody else was there: nobody has to be waited for. */
  readonly ended: boolean;
}

export interface HubEndpoint {
  /** @throws MAPI_E_NO_ACCESS if the meeting place is not the owner's alone, or cannot be made */
  current(): Promise<HubNumber>;
  /** A connection to hub `number`; undefined if nobody listens there any more. */
  connect(number: number): Promise<Channel | undefined>;
  /** Makes this process hub `number`; undefined if another one has that number. */
  claim(number: number, accept: (channel: Channel) => void): Promise<HubListener | undefined>;
  /** Where shared logoffs are kept for processes that sleep. */
  readonly notes: Notes;
  /** Where processes leave what others may look for when they are gone or sleep. */
  readonly papers: Papers;
}

export interface Notes {
  /** Keeps a shared logoff until the session is forgotten, or for a day. */
  keep(session: string, ending: string): Promise<void>;
  /** Shared logoffs of a session. */
  kept(session: string): Promise<readonly string[]>;
  /** All that lie there. */
  all(): Promise<readonly EndingOf[]>;
  /** The session has ended. */
  forget(session: string): Promise<void>;
  /** Removes what is older than a day. @param nowMs since 1970 */
  sweep(nowMs: number): Promise<void>;
  /**
   * Calls `onNote` when somebody has kept or removed one, as far as the system tells: a hub that has just died or stands
   * still tells nobody, and this does. It keeps no process.
   *
   * @param onNote hears which one it is, if the system says: reading the directory takes a thread, which on a busy machine
   *   may have to wait
   */
  watch(onNote: (endingOf: EndingOf | undefined) => void, onError: (error: unknown) => void): Disposable;
}

/** Which shared logoff of a session a note is of; undefined if it is of another session. */
export type EndingOf = (session: string) => string | undefined;

export interface HubListener {
  /** Takes no more connections. @param ended nobody is left: the next one need not wait for others */
  close(ended: boolean): Promise<void>;
}
