import { type IMAPIProgress, MAPI_TOP_LEVEL, type UserInterface } from '@nodemapi/mapi';

/** Limits of a new progress object. */
const MIN_AT_START = 1;
const MAX_AT_START = 1000;

/** MAPI's own progress object, which shows itself through the user interface. spec: imapiprogressiunknown */
export class Progress implements IMAPIProgress {
  readonly #ui: UserInterface | undefined;
  readonly #title: string;
  #flags = MAPI_TOP_LEVEL;
  #min = MIN_AT_START;
  #max = MAX_AT_START;
  /** What the display runs between: the limits that were set at top level. */
  #global = { min: MIN_AT_START, max: MAX_AT_START };

  constructor(title: string, ui?: UserInterface) {
    this.#title = title;
    this.#ui = ui;
  }

  progress(value: number): void {
    const { min, max } = this.#global;
    this.#ui?.progress(this.#title, Math.min(Math.max(value, min), max) - min, max - min);
  }

  getFlags(): number {
    return this.#flags;
  }

  getMin(): number {
    return this.#min;
  }

  getMax(): number {
    return this.#max;
  }

  setLimits(limits: { readonly min?: number; readonly max?: number; readonly flags?: number }): void {
    this.#min = limits.min ?? this.#min;
    this.#max = limits.max ?? this.#max;
    this.#flags = limits.flags ?? this.#flags;
    if ((this.#flags & MAPI_TOP_LEVEL) !== 0) this.#global = { min: this.#min, max: this.#max };
  }
}
