/** When a message may be sent. spec: pidtagdeferredsendtime-canonical-property, pidtagdeferredsendnumber-canonical-property */
import type { FileTime } from '@nodemapi/base';

export const deferredSendNumberMax = 999;

const TICKS_PER_MINUTE = 600_000_000n;
/** PR_DEFERRED_SEND_UNITS: minutes, hours, days, weeks. */
const UNIT_MINUTES: readonly bigint[] = [1n, 60n, 1440n, 10_080n];

export interface DeferredSend {
  /** PR_DEFERRED_SEND_NUMBER */
  readonly number: number | undefined;
  /** PR_DEFERRED_SEND_UNITS */
  readonly units: number | undefined;
  /** PR_DEFERRED_SEND_TIME as it was set */
  readonly time: FileTime | undefined;
}

/**
 * PR_DEFERRED_SEND_TIME of a submitted message; undefined if it is not deferred.
 *
 * Number and units together win over a time that was set; out of their ranges they count as absent.
 */
export function deferredSendTime(submitTime: FileTime, deferred: DeferredSend): FileTime | undefined {
  const { number, units } = deferred;
  const unit = units === undefined ? undefined : UNIT_MINUTES[units];
  if (number === undefined || unit === undefined || number < 0 || number > deferredSendNumberMax) return deferred.time;
  return submitTime + BigInt(number) * unit * TICKS_PER_MINUTE;
}
