import type { MapiError } from '@nodemapi/base';
import type { InterfaceName, IUnknown } from '@nodemapi/mapi';

/** What the subsystem knows of one object behind the membrane; all handles on the object share it. */
export interface TargetRecord {
  readonly target: IUnknown;
  readonly iid: InterfaceName;
  /** The provider it belongs to, for errors. */
  component: string;
  /** IMAPISupport::MakeInvalid was called: nothing but `addRef` and `release` works. */
  invalid: boolean;
  /** The message store that it is in, where it was opened by way of the session. */
  store?: IUnknown;
  /** The last failure, for `getLastError`. */
  lastError: MapiError | undefined;
}

/** The component of objects that the subsystem itself makes. */
export const SUBSYSTEM_COMPONENT = 'MAPI';

/** Records of the objects that clients hold, for as long as the objects live. */
export class TargetRegistry {
  readonly #records = new WeakMap<IUnknown, TargetRecord>();

  /** The record of `target`; a new one belongs to `component`. */
  recordOf(target: IUnknown, component: string): TargetRecord {
    const known = this.#records.get(target);
    if (known !== undefined) return known;
    const record: TargetRecord = { target, iid: target.iid, component, invalid: false, lastError: undefined };
    this.#records.set(target, record);
    return record;
  }

  /** Says which provider an object comes from, before it goes through the membrane. */
  setComponent<T extends IUnknown>(target: T, component: string): T {
    this.recordOf(target, component).component = component;
    return target;
  }

  /** Says which message store an object is in. */
  setStore(target: IUnknown, store: IUnknown | undefined): void {
    if (store !== undefined) this.recordOf(target, SUBSYSTEM_COMPONENT).store = store;
  }

  /** IMAPISupport::MakeInvalid. */
  invalidate(target: IUnknown): void {
    this.recordOf(target, SUBSYSTEM_COMPONENT).invalid = true;
  }
}
