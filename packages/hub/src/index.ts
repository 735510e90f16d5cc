/** Presence, notices and wake-ups between the processes of one MAPI home. */
export type { HubEndpoint } from './endpoint.ts';
export * from './home-endpoint.ts';
export * from './home-hub.ts';
export * from './local-endpoint.ts';
export type { MemberInfo, ProcessInfo, ProcessPresence, SessionInfo, SessionPart } from './message.ts';
export type { Answer, Answerer, AskOptions } from './questions.ts';
