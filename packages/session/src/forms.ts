/** Messages that wait for their form. spec: imapisession-prepareform, imapisession-showform */
import { MapiError } from '@nodemapi/base';
import { getProp, noSupport } from '@nodemapi/kit';
import {
  type FormCall,
  type IMessage,
  PR_ACCESS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MSG_STATUS,
  type ShowFormOptions,
  type UserInterface,
} from '@nodemapi/mapi';
import type { Membrane } from './membrane.ts';

/** Opener of the handle that a form is given. */
const OPENED_BY = 'IMAPISession.showForm';

/** One token for each message; a token has a reference to its message until it is used, or the session ends. */
export class Forms {
  readonly #membrane: Membrane;
  readonly #messages = new Map<number, IMessage>();
  #nextToken = 1;

  constructor(membrane: Membrane) {
    this.#membrane = membrane;
  }

  prepare(message: IMessage, iid: string | null): number {
    if (message?.iid !== 'IMessage' || (iid ?? 'IMessage') !== 'IMessage') {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', 'a form shows an IMessage and nothing else');
    }
    const token = this.#nextToken++;
    this.#messages.set(token, message.addRef());
    return token;
  }

  async show(options: ShowFormOptions, ui: UserInterface | undefined): Promise<void> {
    if ((options.messageSent ?? null) !== null || (options.iid ?? 'IMessage') !== 'IMessage') {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'IMAPISession.showForm: messageSent is null and iid IMessage');
    }
    const message = this.#messages.get(options.token);
    if (message === undefined) throw new MapiError('MAPI_E_INVALID_PARAMETER', `no message has token ${options.token}`);
    this.#messages.delete(options.token);
    await using handle = this.#membrane.wrap(message, OPENED_BY);
    const answer = await this.#answer(await formCall(handle, options), ui);
    if (answer !== 'done') return;
    await (options.post === true ? handle.saveChanges() : handle.submitMessage());
  }

  /** What a form throws that MAPI does not know is MAPI_E_CALL_FAILED. */
  async #answer(call: FormCall, ui: UserInterface | undefined): Promise<'done' | 'closed'> {
    if (ui?.form === undefined) return noSupport('IMAPISession.showForm: the user interface shows no forms');
    try {
      return await ui.form(call);
    } catch (error) {
      throw MapiError.from(error, 'form');
    }
  }

  /** Gives up what was never shown. */
  async close(): Promise<void> {
    const messages = [...this.#messages.values()];
    this.#messages.clear();
    for (const message of messages) await message.release();
  }
}

/** What the caller does not say about the message the message itself says. */
async function formCall(message: IMessage, options: ShowFormOptions): Promise<FormCall> {
  return {
    message,
    messageClass: options.messageClass ?? (await getProp(message, PR_MESSAGE_CLASS)) ?? 'IPM',
    messageStatus: options.messageStatus ?? (await getProp(message, PR_MSG_STATUS)) ?? 0,
    messageFlags: options.messageFlags ?? (await getProp(message, PR_MESSAGE_FLAGS)) ?? 0,
    access: options.access ?? (await getProp(message, PR_ACCESS)) ?? 0,
    post: options.post === true,
    newMessage: options.newMessage === true,
  };
}
