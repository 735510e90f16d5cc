import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/**
 * How many milliseconds this thread has had a processor, for limits that a busy machine does not move; the time of day
 * where the system does not tell, as elsewhere than on Linux.
 */
export function threadMs(): number {
  try {
    const [nanoseconds] = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return performance.now();
  }
}
