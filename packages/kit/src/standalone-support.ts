import { toHex } from '@nodemapi/base';
import {
  type IProfSect,
  MapiError,
  type MapiUid,
  type OpenProfileSectionOptions,
  type PropValue,
  type SpoolerNotice,
} from '@nodemapi/mapi';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';
import { SupportBase, type SupportBaseOptions } from './support-base.ts';

export interface StandaloneSupportOptions extends Omit<SupportBaseOptions, 'moduleName'> {
  readonly moduleName?: string;
  /** Properties of the provider's own section. */
  readonly section?: Iterable<PropValue>;
}

/** A profile section in memory: changes take effect at once. */
export class MemoryProfSect extends PropObject implements IProfSect {
  readonly iid = 'IProfSect';
}

/**
 * A support object without a session, for tests and for tools that use one provider alone: profile sections are in
 * memory, notices to the spooler are kept in `notices`, the status row in `statusRow`.
 */
export class StandaloneSupport extends SupportBase {
  /** What the provider has told the spooler, oldest first. */
  readonly notices: SpoolerNotice[] = [];
  /** What the provider has said about its state. */
  readonly statusRow = new PropBag();
  /** Registered with `setProviderUID`. */
  readonly providerUids: MapiUid[] = [];
  /** How many references are held: who still holds it when it should be free. */
  references = 1;
  readonly #sections = new Map<string, PropBag>();

  constructor(options: StandaloneSupportOptions) {
    super({ moduleName: 'standalone', ...options });
    this.#sections.set('', new PropBag(options.section));
  }

  override addRef(): this {
    super.addRef();
    this.references++;
    return this;
  }

  override async release(): Promise<void> {
    this.references--;
    await super.release();
  }

  override async modifyStatusRow(
    columns: readonly PropValue[],
    options?: { readonly update?: boolean },
  ): Promise<void> {
    this.assertOffers('modifyStatusRow');
    if (options?.update !== true) this.statusRow.clear();
    this.statusRow.setProps(columns);
  }

  override async openProfileSection(uid: MapiUid | null, options: OpenProfileSectionOptions = {}): Promise<IProfSect> {
    this.assertOffers('openProfileSection');
    const key = uid === null ? '' : toHex(uid);
    let section = this.#sections.get(key);
    if (section === undefined) {
      if (options.modify !== true) throw new MapiError('MAPI_E_NOT_FOUND', `no profile section ${key}`);
      section = new PropBag();
      this.#sections.set(key, section);
    }
    return new MemoryProfSect(section, { writable: options.modify === true });
  }

  override async setProviderUID(uid: MapiUid): Promise<void> {
    this.assertOffers('setProviderUID');
    this.providerUids.push(Uint8Array.from(uid));
  }

  override async spoolerNotify(notice: SpoolerNotice): Promise<void> {
    this.assertOffers('spoolerNotify');
    this.notices.push(notice);
  }
}
