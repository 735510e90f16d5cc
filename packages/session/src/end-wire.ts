/** Reports of ends on their way between processes: JSON, in which bytes and times are marked. */
import { fromHex, toHex } from '@nodemapi/base';
import type { EndReport } from '@nodemapi/mapi';

const BYTES = '$bytes';
const BIG = '$big';

/** A report as JSON can say it. */
export function encodeEndReport(report: EndReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) => {
      if (value instanceof Uint8Array) return { [BYTES]: toHex(value) };
      return typeof value === 'bigint' ? { [BIG]: value.toString() } : value;
    }),
  );
}

/** The report that a process of the same version has sent; undefined if it is none. */
export function decodeEndReport(sent: unknown): EndReport | undefined {
  const report: unknown = JSON.parse(JSON.stringify(sent) ?? 'null', (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (BYTES in value && typeof value[BYTES] === 'string') return fromHex(value[BYTES]);
    if (BIG in value && typeof value[BIG] === 'string' && /^-?\d{1,20}$/.test(value[BIG])) return BigInt(value[BIG]);
    return value;
  });
  return isEndReport(report) ? report : undefined;
}

/** What is inside of the lists is the sender's: processes of one user, who could as well do it himself. */
function isEndReport(value: unknown): value is EndReport {
  if (typeof value !== 'object' || value === null) return false;
  const { policy, completed, deadlineExceeded, durationMs, steps, outgoing, leftOpen } = value as Partial<EndReport>;
  const isWhole =
    typeof completed === 'boolean' && typeof deadlineExceeded === 'boolean' && typeof durationMs === 'number';
  const hasParts = Array.isArray(steps) && Array.isArray(outgoing?.messages) && Array.isArray(leftOpen?.objects);
  return (
    isWhole &&
    hasParts &&
    Array.isArray(leftOpen?.advises) &&
    (policy === 'drain' || policy === 'leave' || policy === 'abort')
  );
}
