/**
 * Who works on a file in `cur`, as part of its name: `<drop name>~<computer>~<process>~<logon>~<since>`.
 *
 * A claim is over when its process is gone, also where its number has come back, or by age: no delivery into a store
 * takes so long. A claim of this process is never over while it lives: another copy of the transport may be at it.
 */
import { hostname } from 'node:os';
import { type Clock, type Random, toHex } from '@nodemapi/base';

const TOKEN_BYTES = 6;
const CLAIM_AGE_MS_MAX = 3_600_000;

export interface Claim {
  readonly name: string;
  readonly computer: string;
  readonly process: number;
  readonly token: string;
  readonly sinceMs: number;
}

export interface ClaimPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly process: ProcessFacts;
}

/** What has to be known of the processes of this computer. */
export interface ProcessFacts {
  /** Whether the process with this number lives. */
  readonly isAlive: (process: number) => boolean;
  /** When this process began, in milliseconds since 1970: what its number claimed before was another's. */
  readonly startedMs: number;
}

/** Makes and judges claims; the logons of one process are told apart by a token. */
export class Claims {
  readonly #ports: ClaimPorts;
  readonly #computer = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/gu, '-')
    .slice(0, 60);

  constructor(ports: ClaimPorts) {
    this.#ports = ports;
  }

  /** A token for a new logon. */
  newToken(): string {
    return toHex(this.#ports.random.bytes(TOKEN_BYTES));
  }

  /** The name of a file that is claimed now. */
  nameFor(name: string, token: string): string {
    return [name, this.#computer, process.pid, token, Math.floor(this.#ports.clock.nowMs())].join('~');
  }

  isOver(claim: Claim): boolean {
    if (this.#ports.clock.nowMs() - claim.sinceMs > CLAIM_AGE_MS_MAX) return true;
    if (claim.computer !== this.#computer) return false;
    const { isAlive, startedMs } = this.#ports.process;
    return claim.process === process.pid ? claim.sinceMs < startedMs : !isAlive(claim.process);
  }
}

/** Reads the name of a file in `cur`; undefined if it is none of ours. */
export function parseClaim(fileName: string): Claim | undefined {
  const [name, computer, id, token, since, ...rest] = fileName.split('~');
  if (name === undefined || computer === undefined || token === undefined || rest.length > 0) return undefined;
  const process = Number(id);
  const sinceMs = Number(since);
  if (!Number.isSafeInteger(process) || !Number.isSafeInteger(sinceMs)) return undefined;
  return { name, computer, process, token, sinceMs };
}

/** The facts that the system tells. */
export const systemProcesses: ProcessFacts = { isAlive: processIsAlive, startedMs: Math.floor(performance.timeOrigin) };

/** A process that we may not ask about lives. */
function processIsAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
