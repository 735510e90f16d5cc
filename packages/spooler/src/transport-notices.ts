/** What a transport tells the spooler (SpoolerNotify), and what follows from it. spec: imapisupport-spoolernotify */
import { MapiError } from '@nodemapi/base';
import type { EntryId, SpoolerNotice } from '@nodemapi/mapi';
import type { Dispatcher } from './dispatcher.ts';
import type { Flusher } from './flush.ts';
import type { Inbound } from './inbound.ts';
import type { Preprocessors } from './preprocess.ts';
import type { QueueView } from './queue-view.ts';
import type { Revival } from './revival.ts';
import type { Transport, TransportSet } from './transports.ts';

export interface TransportNoticesParts {
  readonly transports: TransportSet;
  readonly dispatcher: Dispatcher;
  readonly inbound: Inbound;
  readonly flusher: Flusher;
  readonly preprocessors: Preprocessors;
  readonly revival: Revival;
  readonly view: QueueView;
}

export class TransportNotices {
  readonly #parts: TransportNoticesParts;

  constructor(parts: TransportNoticesParts) {
    this.#parts = parts;
  }

  /** @throws MAPI_E_INVALID_PARAMETER for what a transport does not send; what follows may fail */
  async take(transport: Transport, notice: SpoolerNotice): Promise<void> {
    switch (notice.kind) {
      case 'newMail':
        return this.#parts.inbound.announced(transport);
      case 'readyToSend':
        return this.#readyToSend(transport);
      case 'sentDeferred':
        return this.#sentDeferred(notice.entryId);
      case 'critSec':
      case 'nonCrit':
        transport.critSec = notice.kind === 'critSec';
        return;
      case 'configChange':
        await this.#parts.transports.refresh(transport);
        return this.#parts.dispatcher.wakeAll();
      case 'criticalError':
        // Nobody waits for the logoff: it waits for the calls of the transport, and this is one of them.
        this.#parts.preprocessors.forget(transport.key);
        void this.#parts.transports.fail(transport, notice.error);
        return this.#parts.revival.watch();
      case 'newMailReceived':
        throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a transport does not send the notice newMailReceived');
    }
  }

  #readyToSend(transport: Transport): void {
    if (!transport.alive) void this.#parts.revival.revive();
    if (!transport.alive || !transport.outbound) return;
    this.#parts.transports.ready(transport);
    this.#parts.dispatcher.wakeAll();
    void this.#parts.flusher.flushAsked(transport); // never rejects
  }

  /** The transport wants the deferred message now, or has sent it. */
  async #sentDeferred(entryId: EntryId): Promise<void> {
    const { attached } = await this.#parts.view.locate(entryId);
    void this.#parts.dispatcher.run(attached, { entryId, force: true }); // never rejects
  }
}
