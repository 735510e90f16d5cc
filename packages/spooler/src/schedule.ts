/** When a message is tried: pure functions of what is stored with it. */
import { type FileTime, fileTimeToMs, type Random } from '@nodemapi/base';
import { deferredSendTime } from '@nodemapi/kit';
import type { SpoolerSettings } from './options.ts';

/** What a client may have asked for about the time of sending. */
export interface SendTimes {
  readonly submitTime?: FileTime | undefined;
  readonly deferredTime?: FileTime | undefined;
  readonly deferredNumber?: number | undefined;
  readonly deferredUnits?: number | undefined;
}

/** Wait after the attempt number `attempts` (from 1): exponential, with a limit, longer by a random part. */
export function backoffMs(attempts: number, settings: SpoolerSettings, random: Random): number {
  const doublings = Math.min(Math.max(attempts, 1) - 1, 30);
  const wait = Math.min(settings.retryFirstMs * 2 ** doublings, settings.retryMaxMs);
  return Math.round(wait * (1 + settings.retryJitter * random.float()));
}

/** Milliseconds since 1970 before which the message must not leave; undefined if the client asked for none. */
export function deferredSendMs(times: SendTimes): number | undefined {
  if (times.submitTime === undefined) {
    return times.deferredTime === undefined ? undefined : fileTimeToMs(times.deferredTime);
  }
  const { deferredNumber: number, deferredUnits: units, deferredTime: time } = times;
  const due = deferredSendTime(times.submitTime, { number, units, time });
  return due === undefined ? undefined : fileTimeToMs(due);
}

/** When deferred recipients are given up: counted from the submission, or from the time the client deferred it to. */
export function expiresAtMs(times: SendTimes, settings: SpoolerSettings): number {
  return begunMs(times) + settings.expiryMs;
}

/** When the sender is told that a message is delayed. */
export function delayToldAtMs(times: SendTimes, settings: SpoolerSettings): number {
  return begunMs(times) + settings.delayNoticeMs;
}

/** From when on a message could have been sent; Infinity if nobody knows. */
function begunMs(times: SendTimes): number {
  const submitted = times.submitTime === undefined ? undefined : fileTimeToMs(times.submitTime);
  const begin = Math.max(submitted ?? Number.NEGATIVE_INFINITY, deferredSendMs(times) ?? Number.NEGATIVE_INFINITY);
  return begin === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : begin;
}

/** The longest that a spooler lets a message wait by itself, whatever was asked for. */
export function waitMaxMs(settings: SpoolerSettings): number {
  const { retryMaxMs, retryJitter, custodyMaxMs, transportRetryMs, busyRetryMs } = settings;
  return Math.max(retryMaxMs * (1 + retryJitter), custodyMaxMs, transportRetryMs, busyRetryMs, WISH_MAX_MS) + 1_000;
}

/** What a transport asks for, within what a message may wait at all. */
export function wishedMs(retryAfterMs: number | undefined, settings: SpoolerSettings): number | undefined {
  return retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, waitMaxMs(settings));
}

/** What a server may wish for. */
const WISH_MAX_MS = 24 * 3_600_000;
