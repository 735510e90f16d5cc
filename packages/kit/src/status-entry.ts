import { type IMAPIStatus, type IMAPISupport, type IProfSect, type IUnknown, MapiError } from '@nodemapi/mapi';
import { type StatusColumns, type StatusMethods, StatusObject } from './status-object.ts';

export interface StatusEntryOptions {
  readonly logon: () => IUnknown;
  readonly support: IMAPISupport;
  /** The columns as they are now. */
  readonly columns: () => StatusColumns;
  readonly methods: StatusMethods;
}

/**
 * The status object of a logon, for its OpenStatusEntry: made when somebody asks, and the same one, with a reference
 * more, for everybody who asks while it lives. It holds references on the logon and on the profile section.
 *
 * The logon holds none on it, so that nobody keeps the other alive for ever. The logoff ends it, whoever has it.
 *
 * spec: status-object-implementation
 */
export class StatusEntry {
  readonly #options: StatusEntryOptions;
  #section: IProfSect | undefined;
  #object: StatusObject | undefined;
  #closed = false;

  constructor(options: StatusEntryOptions) {
    this.#options = options;
  }

  /** @throws MAPI_E_INVALID_OBJECT after the logoff */
  async open(): Promise<IMAPIStatus> {
    const { logon, support, columns, methods } = this.#options;
    this.#assertLoggedOn();
    const section = this.#section ?? (await support.openProfileSection(null));
    if (this.#closed) await section.release();
    this.#assertLoggedOn();
    if (this.#section !== undefined && this.#section !== section) await section.release();
    this.#section ??= section;
    if (this.#object !== undefined && !this.#object.released) return this.#object.addRef();
    const holds = [this.#section.addRef(), logon().addRef()];
    this.#object = new StatusObject(columns, methods, { holds });
    return this.#object;
  }

  /** At logoff: ends the status object and gives the profile section up. There is none to be opened after it. */
  async close(): Promise<void> {
    this.#closed = true;
    const section = this.#section;
    this.#section = undefined;
    await this.#object?.end();
    await section?.release();
  }

  #assertLoggedOn(): void {
    if (this.#closed) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the provider was logged off');
  }
}
