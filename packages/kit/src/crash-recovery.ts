import { type Log, MapiError } from '@nodemapi/base';
import {
  CRASH_PROVIDER_FLAGS,
  type CrashParticipant,
  type CrashRecoveryOptions,
  type CrashRegistry,
} from '@nodemapi/mapi';

const OPTIONS: ReadonlySet<string> = new Set<keyof CrashRecoveryOptions>([
  'recover',
  'proceed',
  'systemShutdown',
  'providerFlags',
]);

/** The open files of a process, and MAPICrashRecovery over them. spec: mapicrashrecovery */
export class CrashRecovery implements CrashRegistry {
  readonly #log: Log;
  readonly #participants = new Set<CrashParticipant>();
  #state: 'open' | 'refused' | 'final' = 'open';

  constructor(log: Log) {
    this.#log = log;
  }

  /** Whether reads and writes are refused. */
  get refuses(): boolean {
    return this.#state !== 'open';
  }

  register(participant: CrashParticipant): Disposable {
    this.#participants.add(participant);
    if (this.refuses) this.#recover(participant, 0);
    return { [Symbol.dispose]: () => void this.#participants.delete(participant) };
  }

  /**
   * Does what the flags say, to every open file, before it returns. A file that fails stops no other.
   *
   * @throws MAPI_E_UNKNOWN_FLAGS; MAPI_E_INVALID_PARAMETER for flags that exclude each other, and other bits than the
   *   providers'
   */
  run(options: CrashRecoveryOptions): void {
    check(options);
    if (options.recover === true) {
      for (const participant of this.#participants) this.#recover(participant, (options.providerFlags ?? 0) >>> 0);
      this.#state = options.systemShutdown === true || this.#state === 'final' ? 'final' : 'refused';
    }
    if (options.proceed !== true || this.#state !== 'refused') return;
    this.#state = 'open';
    for (const participant of this.#participants) this.#guard(() => participant.proceed());
  }

  #recover(participant: CrashParticipant, providerFlags: number): void {
    this.#guard(() => {
      if (participant.recover(providerFlags)) return;
      this.#log.error('a file was in use: what was being changed is not written', { recovery: 'crash' });
    });
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error('crash recovery failed', { error });
    }
  }
}

function check(options: CrashRecoveryOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `MAPICrashRecovery has no option ${unknown}`);
  const refuse = (why: string): never => {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `MAPICrashRecovery: ${why}`);
  };
  if (options.systemShutdown === true && options.recover !== true) refuse('systemShutdown goes with recover');
  if (options.recover === true && options.proceed === true) refuse('recover and proceed exclude each other');
  const { providerFlags = 0 } = options;
  if ((providerFlags & ~CRASH_PROVIDER_FLAGS) !== 0) refuse('providerFlags has bits that are not the providers’');
}
