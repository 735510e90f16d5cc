/** What every command works with: streams, global options, the subsystem, a session that ends in good order. */
import { resolve } from 'node:path';
import {
  createSubsystem,
  defaultHome,
  type EndReport,
  endSession,
  type HomeSubsystem,
  type IMAPISession,
  type IProfAdmin,
  type LogonOptions,
  lineLog,
  MapiError,
  type OutgoingPolicy,
  type Spooler,
  type UserInterface,
} from 'nodemapi';
import { UsageError } from './command.ts';
import type { Io } from './io.ts';
import { consoleInterface } from './user-interface.ts';

export interface GlobalOptions {
  readonly json: boolean;
  readonly profile: string | undefined;
  readonly home: string | undefined;
  readonly input: boolean;
}

/** A session while a command uses it. */
export interface SessionInUse {
  readonly session: IMAPISession;
  readonly subsystem: HomeSubsystem;
  /** The spooler; undefined in a session without mail. */
  readonly spooler: Spooler | undefined;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

export interface SessionOptions extends LogonOptions {
  /** What to do with outgoing mail at the end; 'leave' if omitted. */
  readonly policy?: OutgoingPolicy;
  readonly deadlineMs?: number;
}

export class Context {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly #interrupt = new AbortController();
  #subsystem: Promise<HomeSubsystem> | undefined;

  constructor(io: Io, options: GlobalOptions) {
    this.io = io;
    this.options = options;
  }

  get json(): boolean {
    return this.options.json;
  }

  /** Aborts when the user interrupts. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Called once for SIGINT or SIGTERM. */
  interrupt(): void {
    this.#interrupt.abort(new MapiError('MAPI_E_USER_CANCEL', 'interrupted'));
  }

  get home(): string {
    return this.options.home === undefined
      ? defaultHome(this.io.environment, process.platform)
      : resolve(this.io.cwd, this.options.home);
  }

  get ui(): UserInterface | null {
    return this.options.input && this.io.inputIsTerminal ? consoleInterface(this.io) : null;
  }

  /** Prints a result: JSON for programs, else the text for people. */
  print(value: unknown, text: () => string): void {
    this.io.out(this.json ? JSON.stringify(value, undefined, 2) : text());
  }

  /** A line about what happens; on standard error, and not with `--json`. */
  note(text: string): void {
    if (!this.json) this.io.err(text);
  }

  subsystem(): Promise<HomeSubsystem> {
    const trace = this.io.environment.MAPI_LOG;
    const log = trace === undefined || trace === '' ? {} : { log: lineLog((line) => this.io.err(line), 'debug') };
    this.#subsystem ??= createSubsystem({ home: this.home, ...log });
    return this.#subsystem;
  }

  /** Runs `work` between MAPIInitialize and MAPIUninitialize, with the administration of profiles. */
  async withProfiles<T>(work: (admin: IProfAdmin, subsystem: HomeSubsystem) => Promise<T>): Promise<T> {
    const subsystem = await this.subsystem();
    await subsystem.MAPIInitialize();
    try {
      await using admin = await subsystem.MAPIAdminProfiles();
      return await work(admin, subsystem);
    } finally {
      await subsystem.MAPIUninitialize();
    }
  }

  /** Logs on, runs `work`, and ends the session by the whole procedure, whatever happens in between. */
  async withSession<T>(
    options: SessionOptions,
    work: (use: SessionInUse) => Promise<T>,
  ): Promise<{ readonly result: T; readonly end: EndReport }> {
    const { policy = 'leave', deadlineMs = 30_000, ...logon } = options;
    const subsystem = await this.subsystem();
    await subsystem.MAPIInitialize();
    const session = await this.#logOn(subsystem, logon).catch(async (error: unknown) => {
      await subsystem.MAPIUninitialize();
      throw error;
    });
    let end: Promise<EndReport> | undefined;
    const finish = (chosen: OutgoingPolicy): Promise<EndReport> =>
      (end ??= endSession(session, { policy: chosen, deadlineMs }));
    try {
      const result = await work({
        session,
        subsystem,
        spooler: await subsystem.readySpoolerOf(session),
        signal: this.signal,
      });
      return { result, end: await finish(this.signal.aborted ? 'leave' : policy) };
    } finally {
      await finish('leave');
    }
  }

  async #logOn(subsystem: HomeSubsystem, options: LogonOptions): Promise<IMAPISession> {
    const profile = this.options.profile ?? this.io.environment.MAPI_PROFILE ?? null;
    const named = profile === null || profile === '' ? { useDefault: true } : {};
    return subsystem.MAPILogonEx(this.ui, profile, null, { extended: true, newSession: true, ...named, ...options });
  }
}

/** Hex text of an entry identifier. @throws UsageError */
export function entryIdArg(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2}){4,4096}$/iu.test(text))
    throw new UsageError(`"${text}" is no entry identifier: it must be written in hex`);
  return Uint8Array.from(text.match(/../gu) ?? [], (byte) => Number.parseInt(byte, 16));
}
