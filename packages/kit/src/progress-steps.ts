/** Showing how far an operation over many items is. spec: how-to-display-a-progress-indicator */
import { type IMAPIProgress, type IMAPISupport, MAPI_TOP_LEVEL, MapiError, type ProgressOptions } from '@nodemapi/mapi';

/** What the display of an operation at top level runs over. */
const SCALE = 1000;

/** The options with MAPI's progress object, where the client named a user interface and has no progress object. */
export async function withProgress<Options extends ProgressOptions>(
  support: Pick<IMAPISupport, 'doProgressDialog'>,
  options: Options,
): Promise<Options> {
  const { progress, dialog } = options;
  if (progress !== undefined || dialog === undefined) return options;
  return { ...options, progress: await support.doProgressDialog(dialog) };
}

/**
 * The same for a call that can be told to show nothing (AB_NO_DIALOG): a progress object is passed over then.
 *
 * @throws MAPI_E_INVALID_PARAMETER if there is a user interface to show it by all the same
 */
export async function withWantedProgress<Options extends ProgressOptions & { readonly noDialog?: boolean }>(
  support: Pick<IMAPISupport, 'doProgressDialog'>,
  options: Options,
): Promise<ProgressOptions> {
  if (options.noDialog !== true) return withProgress(support, options);
  if (options.dialog === undefined) return {};
  throw new MapiError('MAPI_E_INVALID_PARAMETER', 'AB_NO_DIALOG with a user interface');
}

/**
 * The steps of an operation over `total` items.
 *
 * At top level it scales the display over its items and tells their number; within another operation it stays within the
 * limits that were set for it, and tells none. While an item is worked on, the limits are local to it.
 */
export class ProgressSteps {
  readonly #progress: IMAPIProgress | undefined;
  readonly #total: number;
  readonly #isTop: boolean;
  readonly #min: number;
  readonly #max: number;

  constructor(progress: IMAPIProgress | undefined, total: number) {
    this.#progress = progress;
    this.#total = total;
    this.#isTop = ((progress?.getFlags() ?? 0) & MAPI_TOP_LEVEL) !== 0;
    this.#min = this.#isTop ? 0 : (progress?.getMin() ?? 0);
    this.#max = this.#isTop ? SCALE : (progress?.getMax() ?? 0);
    if (this.#isTop) progress?.setLimits({ min: this.#min, max: this.#max, flags: MAPI_TOP_LEVEL });
  }

  /** The item at `index` begins: what is shown for its parts stays within its share. */
  begin(index: number): void {
    if (this.#total === 0) return;
    this.#progress?.setLimits({ min: this.#at(index), max: this.#at(index + 1), flags: 0 });
  }

  /** So many items are done. After the last one the limits are as they were. */
  done(count: number): void {
    if (this.#progress === undefined || this.#total === 0) return;
    if (count === this.#total) {
      const flags = this.#isTop ? MAPI_TOP_LEVEL : 0;
      this.#progress.setLimits({ min: this.#min, max: this.#max, flags });
    }
    this.#progress.progress(this.#at(count), this.#isTop ? count : 0, this.#isTop ? this.#total : 0);
  }

  #at(count: number): number {
    return Math.round(this.#min + ((this.#max - this.#min) * count) / this.#total);
  }
}
