/**
 * MAPI: ISpoolerHook, what a messaging hook library brings. spec: MAPIHook.h, sending-messages-mapi-spooler-tasks
 *
 * A hook sees every message that has just been received, or just been sent, and may change it, send it elsewhere or
 * drop it.
 */
import type { EntryId, MapiUid } from './entry-id.ts';
import type { IMAPIFolder } from './folder.ts';
import type { IMessage } from './message.ts';
import type { IMsgStore } from './msg-store.ts';
import type { ProviderHost } from './provider-host.ts';
import type { IMAPISupport } from './support.ts';
import type { IUnknown } from './unknown.ts';

/** Where the message is, and what the hooks before this one have decided. All of it is valid during the call only. */
export interface HookContext {
  /** The folder in which the message lies, or will lie. */
  readonly folder: IMAPIFolder;
  readonly store: IMsgStore;
  /** HOOK_DELETE of an earlier hook. */
  readonly delete: boolean;
  /** The folder that an earlier hook has chosen. */
  readonly target: EntryId | undefined;
  /** Set when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What a hook decides; what it leaves out stays as it was. */
export interface HookAnswer {
  /** HOOK_DELETE: the message is dropped. It outweighs `target`. */
  readonly delete?: boolean;
  /** HOOK_CANCEL: no further hook is asked. */
  readonly cancel?: boolean;
  /** A folder of the same store, where the message goes instead. */
  readonly target?: EntryId;
}

export interface ISpoolerHook extends IUnknown {
  readonly iid: 'ISpoolerHook';
  /** Asked before an incoming message is saved for the first time; the spooler saves what it changes. */
  inboundMsgHook(message: IMessage, context: HookContext): Promise<HookAnswer>;
  /**
   * Asked when a message has been sent, before it is filed; the spooler saves what it changes. It may be asked again
   * about the same message if a process dies.
   */
  outboundMsgHook(message: IMessage, context: HookContext): Promise<HookAnswer>;
}

/** What HPProviderInit is called with. MAPI gives it a session; here it is a support object. */
export interface HookInitCall {
  readonly host: ProviderHost;
  /** The hook's own; it ends with the hook, which is released then. */
  readonly support: IMAPISupport;
  /** PR_PROVIDER_UID: the hook's profile section. */
  readonly sectionUid: MapiUid;
  /** HOOK_INBOUND: inboundMsgHook is going to be called */
  readonly inbound: boolean;
  /** HOOK_OUTBOUND: outboundMsgHook is going to be called */
  readonly outbound: boolean;
}
