import type { IMAPIStatus, IMAPISupport, IProfSect, IUnknown } from '@nodemapi/mapi';
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
 * The logon holds none on it, so that nobody keeps the other alive for ever.
 *
 * spec: status-object-implementation
 */
export class StatusEntry {
  readonly #options: StatusEntryOptions;
  #section: IProfSect | undefined;
  #object: StatusObject | undefined;

  constructor(options: StatusEntryOptions) {
    this.#options = options;
  }

  async open(): Promise<IMAPIStatus> {
    const { logon, support, columns, methods } = this.#options;
    const section = this.#section ?? (await support.openProfileSection(null));
    if (this.#section !== undefined && this.#section !== section) await section.release();
    this.#section ??= section;
    if (this.#object !== undefined && !this.#object.released) return this.#object.addRef();
    const holds = [this.#section.addRef(), logon().addRef()];
    this.#object = new StatusObject(columns, methods, { holds });
    return this.#object;
  }

  /** At logoff: gives the profile section up. */
  async close(): Promise<void> {
    const section = this.#section;
    this.#section = undefined;
    await section?.release();
  }
}
