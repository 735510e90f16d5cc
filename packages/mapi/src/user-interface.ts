/**
 * The user interface as a port (decision D12): where MAPI takes `ulUIParam`, we take one of these.
 *
 * Without one, a call shows nothing and takes the documented no-UI way. A cancelled dialog is MAPI_E_USER_CANCEL.
 */
import type { IMessage } from './message.ts';

/** What a form shows. */
export interface FormCall {
  /** Valid during the call only, unless a reference is added. */
  readonly message: IMessage;
  readonly messageClass: string;
  readonly messageStatus: number;
  readonly messageFlags: number;
  readonly access: number;
  /** MAPI_POST_MESSAGE */
  readonly post: boolean;
  /** MAPI_NEW_MESSAGE */
  readonly newMessage: boolean;
}

/** Asks and tells a person; where MAPI takes a window and a flag, it takes one of these. */
export interface UserInterface {
  confirm(question: string): Promise<boolean>;
  /** Answers the index of the choice. @throws MAPI_E_USER_CANCEL */
  choose(question: string, choices: readonly string[]): Promise<number>;
  /** Asks for a line of text, not echoed if it is secret. @throws MAPI_E_USER_CANCEL */
  prompt(question: string, options?: { readonly secret?: boolean; readonly default?: string }): Promise<string>;
  /**
   * Shows a message. 'done': it is to be sent, or posted; 'closed': nothing is to become of it.
   *
   * @throws MAPI_E_USER_CANCEL
   */
  form?(call: FormCall): Promise<'done' | 'closed'>;
  progress(title: string, done: number, total: number): void;
}
