/**
 * What processes and their hub say to each other. Each message is one JSON object with its `type`.
 *
 * - A process begins with `hello`, which says everything it has; the hub answers `welcome` or `refused`.
 * - Everything the hub knows can be said again by the processes, so a new hub starts empty.
 * - A message that is not of these shapes ends the connection.
 */
import { anything, type Check, exactly, flag, list, maybe, oneOf, record, text, whole } from './shape.ts';

/** Version of the messages; processes with another one have no part in the hub. */
export const HUB_VERSION = 1;

const idCharsMax = 64;
const nameCharsMax = 512;
const membersMax = 10_000;
const processesMax = 10_000;
const sessionsMax = 10_000;
const topicsMax = 10_000;
const endingsMax = 1000;
const wokenMax = topicsMax;

const id = text(idCharsMax);

/** A process with a MAPI subsystem. */
export interface ProcessInfo {
  /** Unlike the pid it is never used twice. */
  readonly id: string;
  readonly pid: number;
  readonly program: string;
  /** Tells it from others of its number: `ProcessFates.mark`. */
  readonly mark?: string | undefined;
}

/** False only if it is certain that the process is gone. */
export type MayLive = (process: Pick<ProcessInfo, 'pid' | 'mark'>) => boolean;

/** False if a process that says nothing has left, though it lives on. */
export type MaySleep = (process: Pick<ProcessInfo, 'id' | 'pid' | 'mark'>) => Promise<boolean>;

export interface SessionInfo {
  readonly id: string;
  readonly profile: string;
  /** Made with MAPI_ALLOW_OTHERS. */
  readonly shared: boolean;
  /** Logons that do not ask for a session of their own get this one, if it is the oldest. */
  readonly joinable: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** A client of a session. */
export interface MemberInfo {
  readonly id: string;
  /** Without MAPI_NO_MAIL. */
  readonly messaging: boolean;
  readonly since: number;
}

/** Members of a session in one process. */
export interface ProcessMembers {
  readonly process: ProcessInfo;
  readonly members: readonly MemberInfo[];
}

/** What one process has of a session. */
export interface SessionPart {
  readonly session: SessionInfo;
  readonly members: readonly MemberInfo[];
  /** Shared logoffs of this session that the process knows of. */
  readonly endings: readonly string[];
  /** What it knows of other processes, who may sleep and cannot say it themselves. */
  readonly others: readonly ProcessMembers[];
}

/** A process with its part of every session. */
export interface ProcessPresence {
  readonly process: ProcessInfo;
  readonly sessions: readonly SessionPart[];
}

export type LogonWish = 'join' | 'share' | 'shareNew';

export type ClientMessage =
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly process: ProcessInfo;
      readonly sessions: readonly SessionPart[];
      readonly topics: readonly string[];
      /** It has been told to create the shared session and has not finished. */
      readonly creating: boolean;
    }
  | { readonly type: 'bye' }
  | { readonly type: 'ping'; readonly number: number }
  | {
      readonly type: 'enter';
      /** 0: it wants no answer. */
      readonly request: number;
      readonly session: SessionInfo;
      readonly member: MemberInfo;
    }
  | { readonly type: 'leave'; readonly session: string; readonly member: string }
  /** No logon of the process joins the session, which it was told to; or it has joined. */
  | { readonly type: 'decline'; readonly session: string }
  | {
      readonly type: 'end';
      /** 0: it wants no answer. */
      readonly request: number;
      readonly session: string;
      readonly ending: string;
    }
  | { readonly type: 'seen'; readonly session: string; readonly ending: string }
  | { readonly type: 'acquire'; readonly request: number; readonly wish: LogonWish }
  | { readonly type: 'cancel'; readonly request: number }
  | { readonly type: 'settle' }
  | { readonly type: 'listen' | 'unlisten' | 'wake'; readonly topic: string }
  | { readonly type: 'ask'; readonly request: number; readonly question: unknown }
  | { readonly type: 'answer'; readonly ask: string; readonly body: unknown; readonly last: boolean };

export type HubMessage =
  | { readonly type: 'welcome'; readonly version: number }
  | { readonly type: 'refused'; readonly version: number }
  | { readonly type: 'pong'; readonly number: number }
  /** All members of a session in other processes, and its endings. */
  | {
      readonly type: 'roster';
      readonly session: string;
      readonly others: readonly ProcessMembers[];
      readonly endings: readonly string[];
    }
  | {
      readonly type: 'changed';
      readonly session: string;
      readonly process: ProcessInfo;
      readonly added: readonly MemberInfo[];
      readonly removed: readonly string[];
    }
  | { readonly type: 'ending'; readonly session: string; readonly ending: string }
  | {
      readonly type: 'acquired';
      readonly request: number;
      readonly outcome: 'join' | 'create' | 'none';
      /** The session to join. */
      readonly session?: SessionInfo | undefined;
      /** Whether others may join what is created. */
      readonly joinable: boolean;
    }
  | { readonly type: 'done'; readonly request: number }
  | { readonly type: 'wake'; readonly topics: readonly string[] }
  | { readonly type: 'asked'; readonly ask: string; readonly question: unknown }
  | { readonly type: 'asking'; readonly request: number; readonly processes: readonly ProcessPresence[] }
  | {
      readonly type: 'answered';
      readonly request: number;
      readonly process: string;
      readonly body: unknown;
      /** Nothing more comes from this process. */
      readonly last: boolean;
      /** It has left, or died. */
      readonly gone: boolean;
    };

const processInfo = record<ProcessInfo>({
  id,
  pid: whole,
  program: text(nameCharsMax, 0),
  mark: maybe(text(idCharsMax)),
});
const sessionInfo = record<SessionInfo>({
  id,
  profile: text(nameCharsMax),
  shared: flag,
  joinable: flag,
  since: whole,
});
const memberInfo = record<MemberInfo>({ id, messaging: flag, since: whole });
const processMembers = record<ProcessMembers>({ process: processInfo, members: list(memberInfo, membersMax) });
const others = list(processMembers, processesMax);
const sessionPart = record<SessionPart>({
  session: sessionInfo,
  members: list(memberInfo, membersMax),
  endings: list(id, endingsMax),
  others,
});
const sessionParts = list(sessionPart, sessionsMax);

type Said<T> = Extract<ClientMessage, { readonly type: T }>;
type Told<T> = Extract<HubMessage, { readonly type: T }>;
type TopicMessage = Extract<ClientMessage, { readonly topic: string }>;

const topic = record<TopicMessage>({ type: oneOf('listen', 'unlisten', 'wake'), topic: text(nameCharsMax) });

const CLIENT_SHAPES: Readonly<Record<ClientMessage['type'], Check<ClientMessage>>> = {
  hello: record<Said<'hello'>>({
    type: exactly('hello'),
    version: whole,
    process: processInfo,
    sessions: sessionParts,
    topics: list(text(nameCharsMax), topicsMax),
    creating: flag,
  }),
  bye: record<Said<'bye'>>({ type: exactly('bye') }),
  ping: record<Said<'ping'>>({ type: exactly('ping'), number: whole }),
  enter: record<Said<'enter'>>({
    type: exactly('enter'),
    request: whole,
    session: sessionInfo,
    member: memberInfo,
  }),
  leave: record<Said<'leave'>>({ type: exactly('leave'), session: id, member: id }),
  decline: record<Said<'decline'>>({ type: exactly('decline'), session: id }),
  end: record<Said<'end'>>({
    type: exactly('end'),
    request: whole,
    session: id,
    ending: id,
  }),
  seen: record<Said<'seen'>>({ type: exactly('seen'), session: id, ending: id }),
  acquire: record<Said<'acquire'>>({
    type: exactly('acquire'),
    request: whole,
    wish: oneOf('join', 'share', 'shareNew'),
  }),
  cancel: record<Said<'cancel'>>({ type: exactly('cancel'), request: whole }),
  settle: record<Said<'settle'>>({ type: exactly('settle') }),
  listen: topic,
  unlisten: topic,
  wake: topic,
  ask: record<Said<'ask'>>({ type: exactly('ask'), request: whole, question: anything }),
  answer: record<Said<'answer'>>({
    type: exactly('answer'),
    ask: text(2 * idCharsMax),
    body: anything,
    last: flag,
  }),
};

const processPresence = record<ProcessPresence>({ process: processInfo, sessions: sessionParts });

const HUB_SHAPES: Readonly<Record<HubMessage['type'], Check<HubMessage>>> = {
  welcome: record<Told<'welcome'>>({ type: exactly('welcome'), version: whole }),
  refused: record<Told<'refused'>>({ type: exactly('refused'), version: whole }),
  pong: record<Told<'pong'>>({ type: exactly('pong'), number: whole }),
  roster: record<Told<'roster'>>({
    type: exactly('roster'),
    session: id,
    others,
    endings: list(id, endingsMax),
  }),
  changed: record<Told<'changed'>>({
    type: exactly('changed'),
    session: id,
    process: processInfo,
    added: list(memberInfo, membersMax),
    removed: list(id, membersMax),
  }),
  ending: record<Told<'ending'>>({ type: exactly('ending'), session: id, ending: id }),
  acquired: record<Told<'acquired'>>({
    type: exactly('acquired'),
    request: whole,
    outcome: oneOf('join', 'create', 'none'),
    session: maybe(sessionInfo),
    joinable: flag,
  }),
  done: record<Told<'done'>>({ type: exactly('done'), request: whole }),
  wake: record<Told<'wake'>>({ type: exactly('wake'), topics: list(text(nameCharsMax), wokenMax) }),
  asked: record<Told<'asked'>>({
    type: exactly('asked'),
    ask: text(2 * idCharsMax),
    question: anything,
  }),
  asking: record<Told<'asking'>>({
    type: exactly('asking'),
    request: whole,
    processes: list(processPresence, processesMax),
  }),
  answered: record<Told<'answered'>>({
    type: exactly('answered'),
    request: whole,
    process: id,
    body: anything,
    last: flag,
    gone: flag,
  }),
};

/** What a process says, if it is a message at all. */
export function clientMessage(value: unknown): ClientMessage | undefined {
  const check = checkOf(CLIENT_SHAPES, value);
  return check?.(value) === true ? value : undefined;
}

/** What a hub says, if it is a message at all. */
export function hubMessage(value: unknown): HubMessage | undefined {
  const check = checkOf(HUB_SHAPES, value);
  return check?.(value) === true ? value : undefined;
}

/** What a process has, if it says so. */
export function presenceOf(value: unknown): ProcessPresence | undefined {
  return processPresence(value) ? value : undefined;
}

function checkOf<M>(shapes: Readonly<Record<string, Check<M>>>, value: unknown): Check<M> | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  const { type } = value;
  return typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
}
