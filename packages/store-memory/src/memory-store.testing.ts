/** A memory store as the conformance suites want it, on a virtual clock. */
import { tmpdir } from 'node:os';
import { seededRandom, VirtualClock } from '@nodemapi/base';
import type { StoreUnderTest, SubsystemDouble } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMessage,
  type IMsgStore,
  MAPI_TO,
  MapiError,
  type MapiErrorCode,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_MESSAGE_CLASS,
  PR_RECIPIENT_TYPE,
  prop,
  type SpoolerNotice,
} from '@nodemapi/mapi';
import { createMemoryStore, type MemoryStore } from './create-memory-store.ts';

/** The support object of a session that makes reports, and tells what it was asked for. */
class SubsystemSupport extends StandaloneSupport implements SubsystemDouble {
  readonly reports: { readonly nonRead: boolean }[] = [];
  readonly calls: string[] = [];
  preprocessing = false;
  failure: MapiErrorCode | undefined;

  override async readReceipt(_read: IMessage, empty: IMessage, options: { nonRead?: boolean } = {}): Promise<void> {
    this.#failIfAsked('readReceipt');
    const nonRead = options.nonRead === true;
    this.reports.push({ nonRead });
    await empty.setProps([prop(PR_MESSAGE_CLASS, `REPORT.IPM.Note.${nonRead ? 'IPNNRN' : 'IPNRN'}`)]);
    await empty.modifyRecipients('add', [
      [
        prop(PR_DISPLAY_NAME, 'Sender'),
        prop(PR_RECIPIENT_TYPE, MAPI_TO),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, 'sender@example.com'),
      ],
    ]);
  }

  override async prepareSubmit(): Promise<void> {
    this.calls.push('prepareSubmit');
    this.#failIfAsked('prepareSubmit');
  }

  override async expandRecips(message: IMessage): ReturnType<StandaloneSupport['expandRecips']> {
    this.calls.push('expandRecips');
    this.#failIfAsked('expandRecips');
    return { ...(await super.expandRecips(message)), needsPreprocessing: this.preprocessing };
  }

  override async spoolerNotify(notice: SpoolerNotice): Promise<void> {
    this.calls.push('spoolerNotify');
    await super.spoolerNotify(notice);
  }

  #failIfAsked(call: string): void {
    if (this.failure !== undefined) throw new MapiError(this.failure, `${call} was told to fail`);
  }
}

/** A new store with everything around it. */
export async function openMemoryStore(): Promise<StoreUnderTest> {
  const clock = new VirtualClock();
  const host = await standaloneHost({ clock, random: seededRandom(1), home: tmpdir() });
  const subsystem = new SubsystemSupport({ kind: 'store', host });
  const newStore = (seed: number): MemoryStore => createMemoryStore(subsystem, { clock, random: seededRandom(seed) });
  const memory = newStore(1);

  const logOn = (): StoreUnderTest => {
    const opened: IMsgStore[] = [];
    const keep = (store: IMsgStore): IMsgStore => {
      opened.push(store);
      return store;
    };
    const others: MemoryStore[] = [];
    const release = async (): Promise<void> => {
      for (const store of opened.splice(0)) await store.release();
    };
    return {
      subsystem,
      store: keep(memory.open()),
      spoolerStore: keep(memory.openSpooler()),
      secondSpooler: async () => keep(memory.openSpooler()),
      readOnlyStore: async () => keep(memory.open({ write: false })),
      secondStore: async () => keep(memory.open()),
      otherStore: async () => {
        const other = newStore(2);
        others.push(other);
        return keep(other.open());
      },
      reopen: async () => {
        await release();
        return logOn();
      },
      now: () => clock.now(),
      advance: (ms) => clock.advance(ms),
      settle: async () => {
        for (const each of [memory, ...others]) await each.settle();
      },
      close: async () => {
        await release();
        await host[Symbol.asyncDispose]();
      },
    };
  };
  return logOn();
}
