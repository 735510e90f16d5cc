/** One random life of a queue: what people, transports and accidents do to it, and what must be true in the end. */
import { strictEqual } from 'node:assert/strict';
import { type EntryId, MapiError, PR_ORIGINAL_SUBJECT, propOf } from '@nodemapi/mapi';
import { Mortal } from './mortal.testing.ts';
import { type Offer, ScriptedTransport } from './scripted-transport.testing.ts';
import { type Process, World } from './world.testing.ts';

export const BEHAVIOURS = [
  'good',
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

export type Command =
  | { readonly kind: 'submit'; readonly recipients: number }
  | { readonly kind: 'behave'; readonly behaviour: Behaviour }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'hold' | 'retry' | 'cancel'; readonly which: number }
  | { readonly kind: 'crash' | 'shutdown' | 'critical' | 'ready' | 'flush' | 'second' };

const DAY = 86_400_000;

interface Living extends Process {
  readonly mortal: Mortal;
}

export class RandomHistory {
  readonly #world: World;
  readonly #submitted: {
    readonly subject: string;
    readonly entryId: EntryId;
    readonly addresses: readonly string[];
  }[] = [];
  readonly #cancelled = new Set<string>();
  #transport: ScriptedTransport;
  #behaviour: Behaviour = 'good';
  #main: Living;
  #others: Living[] = [];
  /** Something happened after which a message may really go out twice. */
  #unsure = false;

  private constructor(world: World, transport: ScriptedTransport, main: Living) {
    this.#world = world;
    this.#transport = transport;
    this.#main = main;
  }

  static async begin(seed: number): Promise<RandomHistory> {
    const world = await World.make({ seed, options: { retryJitter: 0.2, retryMaxMs: 3_600_000, expiryMs: 365 * DAY } });
    const transport = new ScriptedTransport('smtp');
    const main = await living(world);
    const history = new RandomHistory(world, transport, main);
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
        this.#unsure ||= ['silent', 'foreign', 'hang'].includes(command.behaviour);
        return;
      case 'pass':
        return this.#world.pass(command.ms);
      case 'hold':
      case 'retry':
      case 'cancel':
        return this.#ask(command.kind, command.which);
      case 'crash':
        return this.#crash();
      case 'shutdown':
        return this.#shutdown();
      case 'critical':
        return this.#critical();
      case 'ready':
        return this.#main.spooler.notice(this.#transport.uid, { kind: 'readyToSend' });
      case 'flush':
        return this.#flush();
      case 'second':
        this.#others.push(await this.#start());
    }
  }

  /** All is well again, and time passes: nothing may wait for ever, be lost, or go out twice without a reason. */
  async end(): Promise<void> {
    this.#behaviour = 'good';
    await this.#shutdown();
    for (let day = 0; day < 3; day++) await this.#world.pass(DAY / 4);
    const left = (await this.#main.spooler.outgoing()).filter(({ state }) => state !== 'sent' && state !== 'failed');
    for (const { state, reason, subject } of left) strictEqual(state, 'held', `${subject} is ${state}: ${reason}`);
    for (const { entryId } of left) await this.#main.spooler.retry(entryId);
    await this.#world.pass(DAY / 4);
    strictEqual(await this.#world.queued(), 0);
    const reports = await this.#world.received('REPORT.IPM.Note.NDR', [PR_ORIGINAL_SUBJECT]);
    const reported = new Set(reports.map((row) => propOf(row, PR_ORIGINAL_SUBJECT)));
    for (const { subject, addresses } of this.#submitted) {
      for (const address of addresses) this.#check(subject, address, reported.has(subject));
    }
  }

  #check(subject: string, address: string, reported: boolean): void {
    const copies = this.#transport.sent.filter((one) => one.subject === subject && one.address === address).length;
    if (!this.#cancelled.has(subject) && !reported) strictEqual(copies > 0, true, `${subject} to ${address} is lost`);
    if (!this.#unsure) strictEqual(copies <= 1, true, `${subject} to ${address} went out ${copies} times`);
  }

  async #submit(recipients: number): Promise<void> {
    const subject = `m${this.#submitted.length}`;
    const addresses = Array.from({ length: recipients }, (_, index) => `r${index}@example.org`);
    this.#submitted.push({ subject, addresses, entryId: await this.#world.submit(subject, addresses) });
  }

  async #ask(what: 'hold' | 'retry' | 'cancel', which: number): Promise<void> {
    const message = this.#submitted[which % Math.max(this.#submitted.length, 1)];
    if (message === undefined) return;
    const asked = this.#main.spooler[what](message.entryId).then(
      () => true,
      (error: unknown) => {
        if (!MapiError.is(error)) throw error;
        return false; // it was not in the queue, or being sent
      },
    );
    await this.#world.pass(0);
    if ((await asked) && what === 'cancel') this.#cancelled.add(message.subject);
  }

  async #crash(): Promise<void> {
    this.#unsure = true;
    this.#main.mortal.kill();
    await this.#main.store.release();
    this.#main = await this.#start();
  }

  async #shutdown(): Promise<void> {
    this.#unsure ||= this.#behaviour === 'hang';
    for (const process of [this.#main, ...this.#others]) {
      const ended = process.spooler.shutdown(1000);
      await this.#world.pass(20_000);
      await ended;
      await process.store.release();
    }
    this.#others = [];
    this.#main = await this.#start();
  }

  async #critical(): Promise<void> {
    this.#unsure = true;
    const next = new ScriptedTransport('smtp');
    Object.assign(next, { sent: this.#transport.sent }); // another process may go on with the old one
    const old = this.#transport;
    this.#adopt(next);
    await this.#main.spooler.notice(old.uid, { kind: 'criticalError', error: 'accident' });
  }

  async #flush(): Promise<void> {
    const aborter = new AbortController();
    const flushed = this.#main.spooler.flushQueues({ upload: true }, aborter.signal);
    await this.#world.pass(0);
    aborter.abort();
    this.#behaviour = this.#behaviour === 'hang' ? 'good' : this.#behaviour;
    await this.#world.pass(0);
    void flushed.catch(() => {});
  }

  async #start(): Promise<Living> {
    const process = await living(this.#world);
    await process.spooler.start();
    return process;
  }

  #adopt(transport: ScriptedTransport): void {
    this.#transport = transport;
    this.#world.transports = [transport];
    transport.script = {
      onSubmit: (offer) => this.#onSubmit(offer),
      outcome: () =>
        this.#behaviour === 'refuse' ? 'failed' : isDeferring(this.#behaviour) ? 'deferred' : 'delivered',
      onEnd: () => (this.#behaviour === 'custody' ? 'dontResend' : 'sent'),
    };
  }

  #onSubmit({ options }: Offer) {
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

function isDeferring(behaviour: Behaviour): boolean {
  return behaviour === 'defer' || behaviour === 'custody';
}

async function living(world: World): Promise<Living> {
  const mortal = new Mortal();
  const process = await world.process({}, (store) => mortal.store(store));
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
