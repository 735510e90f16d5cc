/** The status row of a transport: its code, kept current in the session's status table. */
import {
  type IMAPISupport,
  MAPI_TRANSPORT_PROVIDER,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_REMOTE_VALIDATE_OK,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  type PropValue,
  prop,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_FLUSH_QUEUES,
  STATUS_OFFLINE,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';

export class TransportStatus {
  readonly #support: IMAPISupport;
  readonly #providerDisplay: string;
  #code = STATUS_AVAILABLE;
  #text = '';
  /** undefined: no remote viewer is served. */
  #validateOk: boolean | undefined;

  /** @param providerDisplay PR_PROVIDER_DISPLAY */
  constructor(support: IMAPISupport, providerDisplay: string) {
    this.#support = support;
    this.#providerDisplay = providerDisplay;
  }

  /** All columns of the row. */
  row(displayName: string, identity: readonly PropValue[]): readonly PropValue[] {
    return [
      prop(PR_DISPLAY_NAME, displayName),
      prop(PR_PROVIDER_DISPLAY, this.#providerDisplay),
      prop(PR_RESOURCE_TYPE, MAPI_TRANSPORT_PROVIDER),
      prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE | STATUS_FLUSH_QUEUES),
      ...this.#changing(),
      ...identity,
    ];
  }

  /** PR_STATUS_CODE as it is now. */
  get code(): number {
    return this.#code;
  }

  /** Sets and clears bits of PR_STATUS_CODE, and writes the row if that changes it. */
  async change(set: number, clear: number, text?: string): Promise<void> {
    const code = ((this.#code & ~clear) | set) >>> 0;
    if (code === this.#code && (text === undefined || text === this.#text)) return;
    this.#code = code;
    this.#text = text ?? this.#text;
    await this.#support.modifyStatusRow(this.#changing(), { update: true });
  }

  /** Says whether a remote viewer may call ValidateState (PR_REMOTE_VALIDATE_OK), with a change as above. */
  async remote(validateOk: boolean, set: number, clear: number, text: string): Promise<void> {
    this.#validateOk = validateOk;
    this.#code = ((this.#code & ~clear) | set) >>> 0;
    this.#text = text;
    await this.#support.modifyStatusRow(this.#changing(), { update: true });
  }

  /** The transport works, as far as is known. */
  works(): Promise<void> {
    return this.change(STATUS_AVAILABLE, STATUS_FAILURE | STATUS_OFFLINE, '');
  }

  /** Nothing will work until somebody changes something. */
  broken(why: string): Promise<void> {
    return this.change(STATUS_FAILURE, STATUS_AVAILABLE, why);
  }

  /** The other side cannot be reached now, or is not to be. */
  unreachable(why: string): Promise<void> {
    return this.change(STATUS_OFFLINE, STATUS_AVAILABLE | STATUS_FAILURE, why);
  }

  #changing(): readonly PropValue[] {
    const columns: PropValue[] = [prop(PR_STATUS_CODE, this.#code), prop(PR_STATUS_STRING, this.#text)];
    if (this.#validateOk !== undefined) columns.push(prop(PR_REMOTE_VALIDATE_OK, this.#validateOk));
    return columns;
  }
}
