/** Reports of ends on their way between processes: JSON, in which bytes and times are marked. */
import { fromHex, toHex } from '@nodemapi/base';
import type { EndReport, EndStep } from '@nodemapi/mapi';

const BYTES = '$bytes';
const BIG = '$big';

/** The longest report as JSON, in UTF-16 units: in UTF-8 it takes at most three times as many bytes. */
const charsMax = 1024 * 1024;

/** A report as JSON can say it. One that is too long for a message loses the ends of its lists; the counts stay. */
export function encodeEndReport(report: EndReport): unknown {
  let text = jsonOf(report);
  for (let keep = 4096; text.length > charsMax; keep = Math.floor(keep / 2)) text = jsonOf(shortened(report, keep));
  return JSON.parse(text);
}

function jsonOf(report: EndReport): string {
  return JSON.stringify(report, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return { [BYTES]: toHex(value) };
    return typeof value === 'bigint' ? { [BIG]: value.toString() } : value;
  });
}

/** @param keep how much of each list stays, and how many characters of an error */
function shortened(report: EndReport, keep: number): EndReport {
  const { outgoing, leftOpen, steps } = report;
  const shortStep = (step: EndStep): EndStep =>
    step.error === undefined ? step : { ...step, error: { ...step.error, message: step.error.message.slice(0, keep) } };
  return {
    ...report,
    steps: steps.map(shortStep),
    outgoing: { ...outgoing, messages: outgoing.messages.slice(0, keep) },
    leftOpen: {
      buffers: leftOpen.buffers,
      objects: leftOpen.objects.slice(0, keep),
      advises: leftOpen.advises.slice(0, keep),
      blocks: leftOpen.blocks.slice(0, keep),
    },
  };
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
