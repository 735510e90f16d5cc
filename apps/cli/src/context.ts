/** What every command works with: streams, global options, the subsystem, a session that ends in good order. */
import { resolve } from 'node:path';
import {
  createSubsystem,
  defaultHome,
  type EndReport,
  endSession,
  fnevCriticalError,
  type HomeSubsystem,
  HRESULTS,
  type IMAPISession,
  type IProfAdmin,
  type LogonOptions,
  lineLog,
  MapiError,
  type Notification,
  type ObserveOptions,
  type Spooler,
  tokensByCommand,
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
  /** The end of a session is told step by step. */
  readonly verbose: boolean;
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

/** What to do without a profile. */
export const NO_DEFAULT_PROFILE =
  'no profile was named and there is no default one; see: mapi profile list, or make one: mapi profile create NAME --default';

export interface SessionOptions extends LogonOptions {
  /** Nothing is sent or received but by a flush. */
  readonly onlyFlushes?: boolean;
  /** An interrupt leaves what is being sent the time that the end of a session has; else it is stopped soon. */
  readonly patient?: boolean;
  /** What the subsystem tells of itself; by default what `$MAPI_OBSERVE` says. */
  readonly observe?: ObserveOptions;
}

/** Which subsystem, and what about it. */
interface SubsystemChoice {
  /** Its spoolers do nothing by themselves. */
  readonly onlyFlushes?: boolean | undefined;
  readonly home?: string;
  readonly observe?: ObserveOptions | undefined;
}

/** The end of a session takes at most so long; what is being sent is given most of it, unless somebody interrupts. */
const endDeadlineMs = 30_000;

export class Context {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly #interrupt = new AbortController();
  readonly #hurry = new AbortController();

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

  /** The command is to end. */
  interrupt(): void {
    this.#interrupt.abort(new MapiError('MAPI_E_USER_CANCEL', 'interrupted'));
  }

  /** Called for the first SIGINT or SIGTERM: somebody waits until the command has ended. */
  interruptByUser(): void {
    this.interrupt();
    this.#hurry.abort(new MapiError('MAPI_E_USER_CANCEL', 'interrupted'));
  }

  /** @throws UsageError */
  get home(): string {
    if (this.options.home === undefined) return defaultHome(this.io.environment, process.platform);
    if (this.options.home === '') throw new UsageError('--home needs a directory');
    return resolve(this.io.cwd, this.options.home);
  }

  /** The profile that was named; null if none was. @throws UsageError */
  get profile(): string | null {
    if (this.options.profile === '') throw new UsageError('--profile needs a name');
    const name = this.options.profile ?? this.io.environment.MAPI_PROFILE;
    return name === undefined || name === '' ? null : name;
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

  /** The subsystem of the home. */
  async subsystem({ onlyFlushes = false, home = this.home, observe }: SubsystemChoice = {}): Promise<HomeSubsystem> {
    const trace = this.io.environment.MAPI_LOG;
    const log = trace === undefined || trace === '' ? {} : { log: lineLog((line) => this.io.err(line), 'debug') };
    // Nobody reads the report of a session that only looks, so it lists nothing of what may be a deep queue.
    const clock = this.io.clock === undefined ? {} : { clock: this.io.clock };
    const spooler = onlyFlushes ? { spooler: { onlyFlushes: true, reportedMax: 0 } } : {};
    try {
      const options = { home, accessToken: tokensByCommand(), ...log, ...clock, ...spooler };
      return await createSubsystem({ ...options, ...(observe === undefined ? {} : { observe }) });
    } catch (error) {
      if (!MapiError.is(error) || error.component !== 'file-system') throw error;
      throw new MapiError(error.code, `the MAPI home ${home} cannot be read (${error.detail})`, { cause: error });
    }
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
    const { onlyFlushes, patient = false, observe, ...logon } = options;
    const subsystem = await this.subsystem({ onlyFlushes, observe });
    await subsystem.MAPIInitialize();
    const session = await this.#logOn(subsystem, logon).catch(async (error: unknown) => {
      await subsystem.MAPIUninitialize();
      throw error;
    });
    const asked = await session.advise(null, fnevCriticalError, { onNotify: (all) => this.#toldToEnd(all) });
    const finish = async (): Promise<EndReport> => {
      await asked[Symbol.asyncDispose]();
      const hurry = patient ? {} : { signal: this.#hurry.signal };
      return endSession(session, { policy: 'leave', deadlineMs: endDeadlineMs, ...hurry });
    };
    try {
      const result = await work({
        session,
        subsystem,
        spooler: await subsystem.readySpoolerOf(session),
        signal: this.signal,
      });
      return { result, end: await finish() };
    } finally {
      await finish(); // the first report again, if there is one
    }
  }

  /** Another program asks that this session ends: mapi session end, or a shared logoff. */
  #toldToEnd(notifications: readonly Notification[]): void {
    const isTold = notifications.some(
      (one) => one.kind === 'criticalError' && one.scode === HRESULTS.MAPI_E_END_OF_SESSION,
    );
    if (!isTold || this.signal.aborted) return;
    this.note('another program asks that the session ends: ending in good order');
    this.interrupt();
  }

  async #logOn(subsystem: HomeSubsystem, options: LogonOptions): Promise<IMAPISession> {
    const { profile, ui } = this;
    if (profile === null && ui === null && (await subsystem.defaultProfile()) === undefined)
      throw new MapiError('MAPI_E_LOGON_FAILED', NO_DEFAULT_PROFILE);
    const named = profile === null ? { useDefault: true, logonUi: ui !== null } : {};
    return subsystem.MAPILogonEx(ui, profile, null, { extended: true, newSession: true, ...named, ...options });
  }
}
