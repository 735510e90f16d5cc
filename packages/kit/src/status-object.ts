import {
  type FlushOptions,
  type GetPropsResult,
  type IMAPIStatus,
  type IUnknown,
  MAPI_STATUS,
  MapiError,
  PR_OBJECT_TYPE,
  PR_RESOURCE_METHODS,
  type PropTag,
  type PropValue,
  STATUS_CHANGE_PASSWORD,
  STATUS_FLUSH_QUEUES,
  STATUS_SETTINGS_DIALOG,
  STATUS_VALIDATE_STATE,
  type UserInterface,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import { noSupport } from './no-support.ts';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';

/** What a status object does; PR_RESOURCE_METHODS follows from what is there. */
export interface StatusMethods {
  readonly validateState?: (ui?: UserInterface, options?: ValidateStateOptions) => Promise<void>;
  readonly settingsDialog?: (ui?: UserInterface, options?: { readonly readOnly?: boolean }) => Promise<void>;
  readonly changePassword?: (oldPassword: string, newPassword: string) => Promise<void>;
  readonly flushQueues?: (ui?: UserInterface, options?: FlushOptions) => Promise<void>;
}

const METHOD_BITS: Readonly<Record<keyof StatusMethods, number>> = {
  validateState: STATUS_VALIDATE_STATE,
  settingsDialog: STATUS_SETTINGS_DIALOG,
  changePassword: STATUS_CHANGE_PASSWORD,
  flushQueues: STATUS_FLUSH_QUEUES,
};

/** Columns of a status row, without those that the subsystem computes. */
export type StatusColumns = Iterable<PropValue<unknown> & { readonly tag: PropTag }>;

export interface StatusObjectOptions {
  /** References that the object holds and gives up at its end, or with its own last one. */
  readonly holds?: readonly IUnknown[];
}

/**
 * A status object: the columns of a status row, read-only, and up to four methods; those that are not given are
 * MAPI_E_NO_SUPPORT. With SUPPRESS_UI and FLUSH_NO_UI no method is given a user interface.
 *
 * spec: imapistatusimapiprop
 */
export class StatusObject extends PropObject implements IMAPIStatus {
  readonly iid = 'IMAPIStatus';
  readonly #columns: () => StatusColumns;
  readonly #methods: StatusMethods;
  #holds: readonly IUnknown[];
  #ended = false;

  /** @param columns a function is asked anew whenever somebody reads */
  constructor(
    columns: StatusColumns | (() => StatusColumns),
    methods: StatusMethods = {},
    options: StatusObjectOptions = {},
  ) {
    super(new PropBag([], { namedProperties: false }), { writable: false });
    this.#columns = typeof columns === 'function' ? columns : () => columns;
    this.#methods = methods;
    this.#holds = options.holds ?? [];
    this.#refresh();
  }

  override async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.#refresh();
    return super.getProps(tags);
  }

  override async getPropList(): Promise<readonly PropTag[]> {
    this.#refresh();
    return super.getPropList();
  }

  async validateState(ui?: UserInterface, options?: ValidateStateOptions): Promise<void> {
    this.assertOpen();
    const shown = options?.suppressUi === true ? undefined : ui;
    await (this.#methods.validateState ?? absent('validateState'))(shown, options);
  }

  async settingsDialog(ui?: UserInterface, options?: { readonly readOnly?: boolean }): Promise<void> {
    this.assertOpen();
    await (this.#methods.settingsDialog ?? absent('settingsDialog'))(ui, options);
  }

  async changePassword(oldPassword: string, newPassword: string): Promise<void> {
    this.assertOpen();
    await (this.#methods.changePassword ?? absent('changePassword'))(oldPassword, newPassword);
  }

  async flushQueues(ui?: UserInterface, options?: FlushOptions): Promise<void> {
    this.assertOpen();
    const shown = options?.noUi === true ? undefined : ui;
    await (this.#methods.flushQueues ?? absent('flushQueues'))(shown, options);
  }

  /** What it tells of is gone: every call but `addRef` and `release` fails from now on, and it holds nothing. */
  async end(): Promise<void> {
    this.#ended = true;
    const holds = this.#holds;
    this.#holds = [];
    for (const held of holds) await held.release();
  }

  /** @throws MAPI_E_INVALID_OBJECT after its end or the last release */
  protected override assertOpen(): void {
    super.assertOpen();
    if (this.#ended) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the provider of the status object was logged off');
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.end();
  }

  #refresh(): void {
    if (this.released || this.#ended) return;
    this.bag.clear();
    for (const { tag, value } of this.#columns()) this.bag.set(tag, value);
    this.bag.set(PR_OBJECT_TYPE, MAPI_STATUS);
    this.bag.set(PR_RESOURCE_METHODS, statusMethodBits(this.#methods));
  }
}

/** PR_RESOURCE_METHODS for the methods that are there. */
export function statusMethodBits(methods: StatusMethods): number {
  return Object.entries(METHOD_BITS).reduce(
    (bits, [name, bit]) => (methods[name as keyof StatusMethods] === undefined ? bits : bits | bit),
    0,
  );
}

function absent(method: string): () => never {
  return () => noSupport(`IMAPIStatus.${method}`);
}
