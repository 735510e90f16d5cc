/** What a display table tells of its controls while a dialog shows them. spec: about-display-table-notifications */
import { toHex } from '@nodemapi/base';
import {
  type AdviseConnection,
  fnevTableModified,
  type IMAPITable,
  MapiError,
  type Notification,
  PR_CONTROL_ID,
  type PropTag,
  propId,
} from '@nodemapi/mapi';
import { controlTags } from './display-table.ts';

/** The controls of a display table that were told to have changed. */
export class ControlChanges implements AsyncDisposable {
  readonly #tags: ReadonlyMap<string, PropTag>;
  readonly #changed = new Set<PropTag>();
  #connection: AdviseConnection | undefined;

  private constructor(tags: ReadonlyMap<string, PropTag>) {
    this.#tags = tags;
  }

  /** Listens from here on, if the table tells of changes at all. */
  static async of(display: IMAPITable): Promise<ControlChanges> {
    const changes = new ControlChanges(await controlTags(display));
    try {
      changes.#connection = await display.advise(fnevTableModified, { onNotify: (all) => changes.#note(all) });
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error;
    }
    return changes;
  }

  /** The properties of the controls that have changed since it was asked last. */
  take(): readonly PropTag[] {
    const taken = [...this.#changed];
    this.#changed.clear();
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.[Symbol.asyncDispose]();
  }

  #note(notifications: readonly Notification[]): void {
    for (const one of notifications) {
      if (one.kind !== 'tableModified' || one.event !== 'rowModified' || one.index === undefined) continue;
      if (propId(one.index.tag) !== propId(PR_CONTROL_ID) || !(one.index.value instanceof Uint8Array)) continue;
      const tag = this.#tags.get(toHex(one.index.value));
      if (tag !== undefined) this.#changed.add(tag);
    }
  }
}
