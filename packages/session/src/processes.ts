/** The processes of this computer, as what lies on the disk names them: `4711 <mark>`, or the number alone. */
import { isProcessThere, type ProcessFate, processFates } from '@nodemapi/base';

/** A process by its number, with what tells it from others of that number; undefined: only the number counts. */
export interface NamedProcess {
  readonly pid: number;
  readonly mark?: string | undefined;
}

/** Who this process is, and what has become of others. */
export interface Processes extends NamedProcess {
  /** When this process began, in milliseconds since 1970; if it is not known, every lock of our number is ours. */
  readonly startedMs?: number;
  /** Whether marks say when a process began: then they tell our locks from earlier ones of our number, and no clock has to. */
  readonly tellsStarts?: boolean;
  /** @param mark of that process; undefined if it has told none */
  fateOf(pid: number, mark?: string): ProcessFate;
}

/** False only if it is certain that the process is gone. */
export function mayLive(processes: Processes, { pid, mark }: NamedProcess): boolean {
  const fate = processes.fateOf(pid, mark);
  return fate === 'alive' || fate === 'unknown';
}

export function processText({ pid, mark }: NamedProcess): string {
  return mark === undefined ? String(pid) : `${pid} ${mark}`;
}

/** Undefined if the text names none. */
export function namedProcess(text: string): NamedProcess | undefined {
  const [, pid, mark] = /^(\d{1,15})(?: (\S{1,100}))?$/.exec(text) ?? [];
  return pid === undefined || Number(pid) === 0 ? undefined : { pid: Number(pid), mark };
}

const own = processFates();

/** The processes of this computer. */
export const systemProcesses: Processes = {
  pid: own.pid,
  startedMs: performance.timeOrigin,
  mark: own.mark,
  tellsStarts: own.tellsStarts,
  fateOf: (pid, mark) => {
    if (mark !== undefined) return own.fateOf(pid, mark);
    return isProcessThere(pid) ? 'alive' : 'gone';
  },
};
