/**
 * Writes a message into drop folders: made once, written to all of them in step, in constant memory.
 *
 * A mailbox whose disk fails is deferred; the others get the message. Nobody sees a part of it.
 */
import { utf8Encode } from '@nodemapi/base';
import type { RecipientOutcome } from '@nodemapi/mapi';
import type { Drop, DropFolder } from './drop-folder.ts';

export interface OutboxMail {
  /** Address of the sender; empty for none. */
  readonly returnPath: string;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Destination {
  readonly folder: DropFolder;
  /** The name of the message in that folder. */
  readonly name: string;
}

export type LocalOutcome = Pick<RecipientOutcome, 'outcome' | 'text' | 'enhancedStatus'>;

/**
 * The outcome of each destination, in their order.
 *
 * @throws what the body throws, and `signal.reason`: nothing has been delivered then that had not been before
 */
export async function deliverTo(
  destinations: readonly Destination[],
  mail: OutboxMail,
  signal: AbortSignal,
): Promise<readonly LocalOutcome[]> {
  const writers = await Promise.all(destinations.map((destination) => DropWriter.begin(destination, mail.returnPath)));
  try {
    if (writers.some((writer) => writer.open)) {
      for await (const bytes of mail.body) {
        signal.throwIfAborted();
        for (const writer of writers) await writer.write(bytes);
      }
    }
    signal.throwIfAborted();
    for (const writer of writers) await writer.commit();
  } finally {
    for (const writer of writers) await writer.discard();
  }
  return writers.map((writer) => writer.outcome);
}

/** One destination, which fails for itself. */
class DropWriter {
  #drop: Drop | undefined;
  #outcome: LocalOutcome = { outcome: 'deferred', text: 'the message was not written' };

  static async begin({ folder, name }: Destination, returnPath: string): Promise<DropWriter> {
    const writer = new DropWriter();
    await writer.#step(async () => {
      if (await folder.hasTaken(name)) {
        writer.#outcome = { outcome: 'delivered', text: 'delivered before' };
        return;
      }
      writer.#drop = await folder.begin(name);
      const sender = returnPath.replaceAll(/[\p{Cc}<>]/gu, ''); // it must not end its line
      await writer.#drop.write(utf8Encode(`Return-Path: <${sender}>\r\nDelivered-To: ${folder.address}\r\n`));
    });
    return writer;
  }

  get open(): boolean {
    return this.#drop !== undefined;
  }

  get outcome(): LocalOutcome {
    return this.#outcome;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#step(async () => this.#drop?.write(bytes));
  }

  commit(): Promise<void> {
    return this.#step(async () => {
      if (this.#drop === undefined) return;
      await this.#drop.commit();
      this.#outcome = { outcome: 'delivered', text: 'put into the mailbox' };
    });
  }

  /** Leaves nothing half written behind. */
  async discard(): Promise<void> {
    const drop = this.#drop;
    this.#drop = undefined;
    if (drop !== undefined) await this.#quietly(drop);
  }

  async #step(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#outcome = { outcome: 'deferred', text, enhancedStatus: '4.3.0' };
      await this.discard();
    }
  }

  /** What cannot be removed is found by its age later. */
  async #quietly(drop: Drop): Promise<void> {
    try {
      await drop.discard();
    } catch (error) {
      if (this.#outcome.outcome === 'delivered') return;
      const text = error instanceof Error ? error.message : String(error);
      this.#outcome = { outcome: 'deferred', text, enhancedStatus: '4.3.0' };
    }
  }
}
