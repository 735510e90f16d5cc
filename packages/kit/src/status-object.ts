import {
  type FlushOptions,
  type IMAPIStatus,
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

/**
 * A status object: the columns of a status row, read-only, and up to four methods; those that are not given are
 * MAPI_E_NO_SUPPORT.
 *
 * spec: imapistatusimapiprop
 */
export class StatusObject extends PropObject implements IMAPIStatus {
  readonly iid = 'IMAPIStatus';
  readonly #methods: StatusMethods;

  constructor(columns: Iterable<PropValue<unknown> & { readonly tag: PropTag }>, methods: StatusMethods = {}) {
    const bag = new PropBag(columns);
    bag.set(PR_RESOURCE_METHODS, methodBits(methods));
    super(bag, { writable: false });
    this.#methods = methods;
  }

  async validateState(ui?: UserInterface, options?: ValidateStateOptions): Promise<void> {
    this.assertOpen();
    await (this.#methods.validateState ?? absent('validateState'))(ui, options);
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
    await (this.#methods.flushQueues ?? absent('flushQueues'))(ui, options);
  }
}

function methodBits(methods: StatusMethods): number {
  return Object.entries(METHOD_BITS).reduce(
    (bits, [name, bit]) => (methods[name as keyof StatusMethods] === undefined ? bits : bits | bit),
    0,
  );
}

function absent(method: string): () => never {
  return () => noSupport(`IMAPIStatus.${method}`);
}
