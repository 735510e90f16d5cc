/** MAPI: IMAPIProgress. spec: imapiprogressiunknown */
import type { UserInterface } from './user-interface.ts';

export interface IMAPIProgress {
  /** Reports that `count` of `total` objects are done; `value` lies between the limits. */
  progress(value: number, count: number, total: number): void;
  getFlags(): number;
  getMin(): number;
  getMax(): number;
  setLimits(limits: { readonly min?: number; readonly max?: number; readonly flags?: number }): void;
}

/** Flag of a progress object that drives the display itself. */
export const MAPI_TOP_LEVEL = 0x1;

/** How a long operation shows how far it is. */
export interface ProgressOptions {
  /** The client's own progress object. */
  readonly progress?: IMAPIProgress;
  /** MAPI_DIALOG and its like: without a progress object MAPI's is shown here. */
  readonly dialog?: UserInterface;
}
