/** The status row of the transport: its code, kept current in the session's status table. */
import {
  type IMAPISupport,
  MAPI_TRANSPORT_PROVIDER,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  type PropValue,
  prop,
  STATUS_AVAILABLE,
  STATUS_FLUSH_QUEUES,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';

export const PROVIDER_DISPLAY = 'Local transport';

export class TransportStatus {
  readonly #support: IMAPISupport;
  #code = STATUS_AVAILABLE;
  #text = '';

  constructor(support: IMAPISupport) {
    this.#support = support;
  }

  /** PR_STATUS_CODE */
  get code(): number {
    return this.#code;
  }

  /** All columns of the row. */
  row(displayName: string, identity: readonly PropValue[]): readonly PropValue[] {
    return [
      prop(PR_DISPLAY_NAME, displayName),
      prop(PR_PROVIDER_DISPLAY, PROVIDER_DISPLAY),
      prop(PR_RESOURCE_TYPE, MAPI_TRANSPORT_PROVIDER),
      prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE | STATUS_FLUSH_QUEUES),
      ...this.#changing(),
      ...identity,
    ];
  }

  /** Sets and clears bits of PR_STATUS_CODE, and writes the row if that changes it. */
  async change(set: number, clear: number, text?: string): Promise<void> {
    const code = ((this.#code & ~clear) | set) >>> 0;
    if (code === this.#code && (text === undefined || text === this.#text)) return;
    this.#code = code;
    this.#text = text ?? this.#text;
    await this.#support.modifyStatusRow(this.#changing(), { update: true });
  }

  #changing(): readonly PropValue[] {
    return [prop(PR_STATUS_CODE, this.#code), prop(PR_STATUS_STRING, this.#text)];
  }
}
