/**
 * Who works on a file in `cur`, as part of its name: `<drop name>~<computer>.<mark>~<process>~<logon>~<since>`.
 *
 * A claim is over when its process is gone, also where its number has come back, or by age: no delivery into a store
 * takes so long. A claim of this process is never over while it lives: another copy of the transport may be at it.
 */
import { hostname } from 'node:os';
import { type Clock, type ProcessFates, processFates, type Random, toHex } from '@nodemapi/base';

const TOKEN_BYTES = 6;
const CLAIM_AGE_MS_MAX = 3_600_000;

export interface Claim {
  readonly name: string;
  readonly computer: string;
  /** Tells the process from others of its number. */
  readonly mark: string;
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
  readonly fates: ProcessFates;
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
    const { fates } = this.#ports.process;
    return [name, `${this.#computer}.${fates.mark}`, fates.pid, token, Math.floor(this.#ports.clock.nowMs())].join('~');
  }

  isOver(claim: Claim): boolean {
    if (this.#ports.clock.nowMs() - claim.sinceMs > CLAIM_AGE_MS_MAX) return true;
    if (claim.computer !== this.#computer) return false;
    const { fates, startedMs } = this.#ports.process;
    // Where marks do not say when a process began, a clock has to.
    if (claim.process === fates.pid && claim.mark === fates.mark)
      return !fates.tellsStarts && claim.sinceMs < startedMs;
    const fate = fates.fateOf(claim.process, claim.mark);
    return fate === 'gone' || fate === 'restarted';
  }
}

/** Reads the name of a file in `cur`; undefined if it is none of ours. */
export function parseClaim(fileName: string): Claim | undefined {
  const [name, place, id, token, since, ...rest] = fileName.split('~');
  if (name === undefined || place === undefined || token === undefined || rest.length > 0) return undefined;
  const process = Number(id);
  const sinceMs = Number(since);
  if (!Number.isSafeInteger(process) || !Number.isSafeInteger(sinceMs)) return undefined;
  const [computer = '', ...mark] = place.split('.');
  return { name, computer, mark: mark.join('.'), process, token, sinceMs };
}

/** The facts that the system tells. */
export const systemProcesses: ProcessFacts = {
  fates: processFates(),
  startedMs: Math.floor(performance.timeOrigin),
};
