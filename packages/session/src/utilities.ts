/** What a program gets from the utilities alone: tables and property objects in memory. spec: using-the-mapi-utilities */
import { MapiError } from '@nodemapi/base';
import { AdviseHub, PropData, TableData, type TableDataOptions } from '@nodemapi/kit';
import type { IPropData, ITableData, Notification, PropTag } from '@nodemapi/mapi';
import type { InitCounts } from './init-counts.ts';
import type { Membrane } from './membrane.ts';
import type { Opener } from './openers.ts';

/**
 * Makes the objects of the utilities. They are dead when neither MAPI nor the utilities are up.
 *
 * Notifications are the work of MAPI: without MAPIInitialize the tables work, and tell their sinks nothing.
 */
export class Utilities {
  readonly #counts: InitCounts;
  readonly #newMembrane: () => Membrane;
  readonly #hub: AdviseHub;
  #membrane: Membrane;

  constructor(counts: InitCounts, newMembrane: () => Membrane) {
    this.#counts = counts;
    this.#newMembrane = newMembrane;
    this.#membrane = newMembrane();
    this.#hub = new InitialisedHub(counts);
  }

  /** What holds the objects that were made. */
  get membrane(): Membrane {
    return this.#membrane;
  }

  createTable(index: PropTag, columns: readonly PropTag[] | undefined, opener: Opener): ITableData {
    this.#counts.assertUtilities('CreateTable');
    const options: TableDataOptions = columns === undefined ? {} : { columns };
    return this.#membrane.wrap<ITableData>(new TableData(index, { ...options, hub: this.#hub }), opener);
  }

  createIProp(iid: string, opener: Opener): IPropData {
    this.#counts.assertUtilities('CreateIProp');
    if (iid !== 'IPropData') {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `CreateIProp makes an IPropData, no ${iid}`);
    }
    return this.#membrane.wrap<IPropData>(new PropData(), opener);
  }

  /** Delivers what is queued for the sinks of the tables. */
  flush(): Promise<void> {
    return this.#hub.flush();
  }

  /** Kills the objects, if nothing that made them is up any more. */
  endIfDown(): void {
    if (this.#counts.mapi > 0 || this.#counts.util > 0) return;
    this.#membrane.end();
    this.#membrane = this.#newMembrane();
  }
}

class InitialisedHub extends AdviseHub {
  readonly #counts: InitCounts;

  constructor(counts: InitCounts) {
    super();
    this.#counts = counts;
  }

  override notify(key: Uint8Array | null, notifications: readonly Notification[]): { readonly cancelled: boolean } {
    return this.#counts.mapi > 0 ? super.notify(key, notifications) : { cancelled: false };
  }
}
