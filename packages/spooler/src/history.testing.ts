/** One random life of a queue: what people, transports and accidents do to it, and what must be true in the end. */
import type { Random } from '@nodemapi/base';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  type MapiErrorCode,
  PR_ORIGINAL_SUBJECT,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { openRecipients, unrecorded } from './fault-matrix.testing.ts';
import { sentMailId } from './fault-scenarios.testing.ts';
import { Mortal } from './mortal.testing.ts';
import { type Offer, type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { contractOnly, type Process, turns, World } from './world.testing.ts';

export const BEHAVIOURS = [
  'good',
  'mixed',
  'defer',
  'refuse',
  'busy',
  'noNetwork',
  'custody',
  'silent',
  'foreign',
  'hang',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export const DISK_ERRORS: readonly MapiErrorCode[] = ['MAPI_E_NOT_ENOUGH_DISK', 'MAPI_E_DISK_ERROR', 'MAPI_E_BUSY'];

export type Command =
  | { readonly kind: 'submit'; readonly recipients: number }
  | { readonly kind: 'behave'; readonly behaviour: Behaviour }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'hold' | 'retry' | 'cancel'; readonly which: number }
  /** The process dies that many calls later, before or after the call. */
  | { readonly kind: 'crashAt'; readonly calls: number; readonly after: boolean }
  /** The next calls on the store fail. */
  | { readonly kind: 'disk'; readonly calls: number; readonly code: MapiErrorCode }
  /** The process stands still for that long, as with SIGSTOP. */
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: Accident };

export const ACCIDENTS = ['crash', 'shutdown', 'critical', 'ready', 'flush', 'second'] as const;
type Accident = (typeof ACCIDENTS)[number];

const DAY = 86_400_000;
const othersMax = 3;
/** Less than a renewed lease has left: until then nobody else touches what a dead process had in hand. */
const STEP_MS = 15_000;

interface Living extends Process {
  readonly mortal: Mortal;
}

interface Submitted {
  readonly subject: string;
  readonly entryId: EntryId;
  readonly addresses: readonly string[];
}

export class RandomHistory {
  readonly #world: World;
  readonly #records: boolean;
  readonly #submitted: Submitted[] = [];
  /** Messages that somebody wanted to cancel: whether it was done, or is not known, since the process has died. */
  readonly #cancelled = new Map<string, 'done' | 'unknown'>();
  #transport: ScriptedTransport;
  #behaviour: Behaviour = 'good';
  #main: Living;
  #others: Living[] = [];
  /** How often a delivery may have been repeated: `subject address` → times that an accident fell upon it unrecorded. */
  readonly #excused = new Map<string, number>();
  /** How often a process stood still while it had a delivery in hand: whoever is woken up in the middle may send it. */
  readonly #stopped = new Map<string, number>();

  private constructor(world: World, transport: ScriptedTransport, main: Living, records: boolean) {
    this.#records = records;
    this.#world = world;
    this.#transport = transport;
    this.#main = main;
  }

  /** @param records whether the store keeps the records of its queue by itself */
  static async begin(seed: number, records = true): Promise<RandomHistory> {
    const world = await World.make({ seed, options: { retryJitter: 0.2, retryMaxMs: 3_600_000, expiryMs: 365 * DAY } });
    const transport = new ScriptedTransport('smtp');
    const main = await living(world, records);
    const history = new RandomHistory(world, transport, main, records);
    history.#adopt(transport);
    await main.spooler.start();
    return history;
  }

  async run(command: Command): Promise<void> {
    switch (command.kind) {
      case 'submit':
        return this.#submit(command.recipients);
      case 'behave':
        this.#behaviour = command.behaviour;
        return;
      case 'pass':
        return this.#pass(command.ms);
      case 'hold':
      case 'retry':
      case 'cancel':
        return this.#ask(command.kind, command.which);
      case 'crashAt':
        return this.#main.mortal.arm({ step: command.calls, after: command.after });
      case 'disk':
        return this.#main.mortal.fail(command.code, command.calls);
      case 'pause':
        return this.#pause(command.ms);
      default:
        return this.#happen(command.kind);
    }
  }

  /** All is well again, and time passes: nothing may wait for ever, be lost, or go out twice without a reason. */
  async end(): Promise<void> {
    this.#behaviour = 'good';
    await this.#pass(0);
    await this.#shutdown();
    for (let day = 0; day < 3; day++) await this.#world.pass(DAY / 4);
    const left = (await this.#main.spooler.outgoing()).filter(({ state }) => state !== 'sent' && state !== 'failed');
    for (const { state, reason, subject } of left) expect(state === 'held', `${subject} is ${state}: ${reason}`);
    for (const { entryId } of left) await this.#main.spooler.retry(entryId);
    await this.#world.pass(DAY / 4);
    const queued = await this.#world.queued();
    expect(queued === 0, `${queued} are left in the queue`);
    const reports = await this.#world.received('REPORT.IPM.Note.NDR', [PR_ORIGINAL_SUBJECT]);
    const reported = reports.map((row) => propOf(row, PR_ORIGINAL_SUBJECT) ?? '');
    const filed = await this.#filed();
    for (const one of this.#submitted) this.#check(one, reported, filed);
  }

  #check({ subject, addresses }: Submitted, reported: readonly string[], filed: readonly string[]): void {
    const sent = this.#transport.sent.filter((one) => one.subject === subject);
    const isReported = reported.includes(subject);
    for (const address of addresses) {
      const copies = sent.filter((one) => one.address === address).length;
      const pair = `${subject} ${address}`;
      const excuses = (this.#excused.get(pair) ?? 0) + (this.#stopped.get(pair) ?? 0);
      if (!this.#cancelled.has(subject) && !isReported) expect(copies > 0, `${subject} to ${address} is lost`);
      expect(copies <= 1 + excuses, `${subject} to ${address} went out ${copies} times, with ${excuses} excuses`);
    }
    const ids = new Set(sent.map(({ messageId }) => messageId));
    expect(ids.size <= 1, `${subject} went out with ${ids.size} Message-IDs`);
    const copies = filed.filter((one) => one === subject).length;
    const isCancelled = this.#cancelled.has(subject);
    expect(copies === 1 || (copies === 0 && isCancelled), `${subject} is ${copies} times in Sent Items`);
  }

  async #filed(): Promise<readonly string[]> {
    const { client } = this.#world;
    await using folder = await client.openEntry(await sentMailId(client), { iid: 'IMAPIFolder' });
    await using table = await folder.getContentsTable();
    await table.setColumns([PR_SUBJECT]);
    return (await table.queryRows(1000)).map((row) => propOf(row, PR_SUBJECT) ?? '');
  }

  /** Lets time pass; a process that dies meanwhile is followed by another. */
  async #pass(ms: number): Promise<void> {
    let seen = this.#main.mortal.dead;
    for (let left = ms; ; left -= STEP_MS) {
      await this.#world.pass(Math.min(left, STEP_MS));
      const { dead, failing } = this.#main.mortal;
      // Before another one takes over what it could not record.
      if (failing || (dead && !seen)) await this.#excuse();
      seen = dead;
      if (left <= STEP_MS) break;
    }
    if (seen) await this.#bury();
  }

  async #happen(kind: Accident): Promise<void> {
    switch (kind) {
      case 'crash':
        this.#main.mortal.kill();
        await turns(); // what it had just handed over arrives all the same
        return this.#bury();
      case 'shutdown':
        return this.#shutdown();
      case 'critical':
        return this.#critical();
      case 'ready':
        return this.#main.spooler.notice(this.#transport.uid, { kind: 'readyToSend' });
      case 'flush':
        return this.#flush();
      case 'second':
        if (this.#others.length < othersMax) this.#others.push(await this.#start());
    }
  }

  async #submit(recipients: number): Promise<void> {
    const subject = `m${this.#submitted.length}`;
    const addresses = Array.from({ length: recipients }, (_, index) => `r${index}@example.org`);
    const props = [prop(PR_SENTMAIL_ENTRYID, await sentMailId(this.#world.client))];
    this.#submitted.push({ subject, addresses, entryId: await this.#world.submit(subject, addresses, props) });
  }

  async #ask(what: 'hold' | 'retry' | 'cancel', which: number): Promise<void> {
    const message = this.#submitted[which % Math.max(this.#submitted.length, 1)];
    if (message === undefined) return;
    const { subject } = message;
    const before = this.#cancelled.get(subject);
    if (what === 'cancel') this.#cancelled.set(subject, before ?? 'unknown');
    this.#main.spooler[what](message.entryId).then(
      () => what === 'cancel' && this.#cancelled.set(subject, 'done'),
      (error: unknown) => {
        if (!MapiError.is(error)) throw error;
        const isRefused = !DISK_ERRORS.includes(error.code); // it was not in the queue, or being sent
        if (what === 'cancel' && isRefused && before === undefined) this.#cancelled.delete(subject);
      },
    );
    await this.#pass(0);
  }

  /** Stands still for `ms`; others go on. What it had sent and not recorded they may send again, and it may itself. */
  async #pause(ms: number): Promise<void> {
    const { mortal } = this.#main;
    mortal.pause();
    for (const pair of await openRecipients(this.#world, this.#seen)) {
      this.#stopped.set(pair, (this.#stopped.get(pair) ?? 0) + 1);
    }
    await this.#world.pass(ms);
    await this.#excuse();
    mortal.resume();
    await this.#pass(0);
    await this.#excuse();
  }

  async #bury(): Promise<void> {
    await this.#excuse();
    await this.#main.store.release();
    this.#main = await this.#start();
  }

  async #shutdown(): Promise<void> {
    await this.#excuse();
    for (const process of [this.#main, ...this.#others]) {
      const ended = process.spooler.shutdown(1000);
      await this.#world.pass(20_000);
      if (!process.mortal.dead) await ended; // it may have died of it
      await process.store.release();
    }
    await this.#excuse();
    this.#others = [];
    this.#main = await this.#start();
  }

  async #critical(): Promise<void> {
    await this.#excuse();
    const next = new ScriptedTransport('smtp');
    Object.assign(next, { sent: this.#transport.sent }); // another process may go on with the old one
    const old = this.#transport;
    this.#adopt(next);
    await Promise.race([
      this.#main.spooler.notice(old.uid, { kind: 'criticalError', error: 'accident' }),
      this.#world.pass(0),
    ]);
  }

  async #flush(): Promise<void> {
    const aborter = new AbortController();
    this.#main.spooler.flushQueues({ upload: true }, aborter.signal).catch((error: unknown) => {
      if (error !== aborter.signal.reason && !MapiError.is(error)) throw error; // else a disk that failed, or its end
    });
    await this.#world.pass(0);
    aborter.abort();
    this.#behaviour = this.#behaviour === 'hang' ? 'good' : this.#behaviour;
    await this.#pass(0);
  }

  get #seen(): (store: IMsgStore) => IMsgStore {
    return this.#records ? (store) => store : contractOnly;
  }

  /** Notes deliveries of which the store knows nothing at this moment: they may be repeated once. */
  async #excuse(): Promise<void> {
    for (const one of await unrecorded(
      this.#world,
      [this.#transport],
      this.#records ? (store) => store : contractOnly,
    )) {
      const copies = this.#transport.sent.filter(({ subject, address }) => `${subject} ${address}` === one).length;
      this.#excused.set(one, copies);
    }
  }

  async #start(): Promise<Living> {
    const process = await living(this.#world, this.#records);
    await process.spooler.start();
    return process;
  }

  #adopt(transport: ScriptedTransport): void {
    this.#transport = transport;
    this.#world.transports = [transport];
    transport.script = {
      onSubmit: (offer) => this.#onSubmit(offer),
      outcome: () => this.#outcome(),
      onEnd: () => (this.#behaviour === 'custody' ? 'dontResend' : 'sent'),
    };
  }

  #outcome(): Outcome['outcome'] {
    if (this.#behaviour === 'mixed')
      return (['delivered', 'deferred', 'failed'] as const)[this.#draw(3)] ?? 'delivered';
    if (this.#behaviour === 'refuse') return 'failed';
    return this.#behaviour === 'defer' || this.#behaviour === 'custody' ? 'deferred' : 'delivered';
  }

  #draw(count: number): number {
    const random: Random = this.#world.random;
    return random.uint32() % count;
  }

  #onSubmit({ options }: Offer) {
    options.signal.throwIfAborted();
    switch (this.#behaviour) {
      case 'busy':
        throw new MapiError('MAPI_E_BUSY', 'busy');
      case 'noNetwork':
        throw new MapiError('MAPI_E_NETWORK_ERROR', 'no route');
      case 'foreign':
        throw new TypeError('nobody foresaw this');
      case 'silent':
        return { messageRef: 1, outcomes: [] };
      case 'hang':
        return new Promise<undefined>((_, reject) => {
          options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true });
        });
      default:
        return undefined;
    }
  }
}

function expect(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

async function living(world: World, records: boolean): Promise<Living> {
  const mortal = new Mortal();
  const process = await world.process({}, (store) => mortal.store(records ? store : contractOnly(store)));
  const open = process.host.openTransports.bind(process.host);
  const wrapped = new Map<unknown, ReturnType<ScriptedTransport['asTransport']>>();
  Object.assign(process.host, {
    openTransports: async () =>
      (await open()).map((one) => {
        const known = wrapped.get(one.logon) ?? { ...one, logon: mortal.wrap(one.logon) };
        wrapped.set(one.logon, known);
        return known;
      }),
  });
  return { ...process, mortal };
}
