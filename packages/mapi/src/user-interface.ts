/**
 * The user interface as a port (decision D12): where MAPI takes `ulUIParam`, we take one of these.
 *
 * Without one, a call shows nothing and takes the documented no-UI way. A cancelled dialog is MAPI_E_USER_CANCEL.
 */
export interface UserInterface {
  confirm(question: string): Promise<boolean>;
  /** Answers the index of the choice. @throws MAPI_E_USER_CANCEL */
  choose(question: string, choices: readonly string[]): Promise<number>;
  /** Asks for a line of text, not echoed if it is secret. @throws MAPI_E_USER_CANCEL */
  prompt(question: string, options?: { readonly secret?: boolean; readonly default?: string }): Promise<string>;
  progress(title: string, done: number, total: number): void;
}
