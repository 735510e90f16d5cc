/** What people and programs order for single messages of the queue: hold, retry, cancel, complete. */
import { MapiError } from '@nodemapi/base';
import type { EntryId } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt-context.ts';
import { completeMessage } from './complete.ts';
import type { Dispatcher } from './dispatcher.ts';
import { holdMessage, makeDue } from './hold.ts';
import type { QueueView } from './queue-view.ts';

/** The reference of an outgoing message whose transport has set none. */
const OUTBOUND_REF = 0;

export interface QueueOrdersParts {
  readonly context: AttemptContext;
  readonly dispatcher: Dispatcher;
  readonly view: QueueView;
}

/** While an order is carried out nobody else starts the message. */
export class QueueOrders {
  readonly #parts: QueueOrdersParts;

  constructor(parts: QueueOrdersParts) {
    this.#parts = parts;
  }

  async completeMsg(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#parts.view.locate(entryId);
    if (this.#parts.dispatcher.attempt(key) !== undefined)
      throw new MapiError('MAPI_E_BUSY', 'the message is being sent');
    using _withheld = this.#parts.dispatcher.withhold(key);
    await completeMessage(this.#parts.context, attached, entryId);
  }

  async hold(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#parts.view.locate(entryId);
    if (this.#parts.dispatcher.attempt(key) !== undefined)
      throw new MapiError('MAPI_E_BUSY', 'the message is being sent');
    using _withheld = this.#parts.dispatcher.withhold(key);
    await holdMessage(this.#parts.context, attached, entryId, 'held by the user');
  }

  async retry(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#parts.view.locate(entryId);
    if (this.#parts.dispatcher.attempt(key) !== undefined) return;
    using _withheld = this.#parts.dispatcher.withhold(key);
    await makeDue(this.#parts.context, attached, entryId);
  }

  async cancel(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#parts.view.locate(entryId);
    using _withheld = this.#parts.dispatcher.withhold(key);
    const attempt = this.#parts.dispatcher.attempt(key);
    if (attempt !== undefined) {
      const { transport } = attempt;
      attempt.stop(new MapiError('MAPI_E_USER_CANCEL', 'the message was cancelled'));
      if (transport !== undefined) {
        await this.#parts.context.transports.tell(
          transport,
          { cancelMessage: true },
          { messageRef: OUTBOUND_REF, entryId },
        );
      }
      await this.#parts.dispatcher.ended(key);
    }
    const custodian = this.#parts.context.transports.get(this.#parts.context.custody.get(key) ?? '');
    if (custodian !== undefined) {
      await this.#parts.context.transports.tell(custodian, { abortDeferred: true, cancelMessage: true }, { entryId });
    }
    this.#parts.context.custody.delete(key);
    await attached.store.abortSubmit(entryId);
  }
}
