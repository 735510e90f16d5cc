/**
 * Who works on a file in `cur`, as part of its name: `<drop name>~<computer>~<process>~<logon>~<since>`.
 *
 * A claim is over when its process is gone, when its logon has ended in this process, or by age: no delivery into a
 * store takes so long, and the number of a process may come back.
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
  /** Whether a process of this computer lives. */
  readonly isAlive: (process: number) => boolean;
}

/** Makes and judges the claims of one provider object; its logons are told apart by a token. */
export class Claims {
  readonly #ports: ClaimPorts;
  readonly #computer = hostname().toLowerCase().replaceAll(/[^a-z0-9-]/gu, '-').slice(0, 60);
  readonly #tokens = new Set<string>();

  constructor(ports: ClaimPorts) {
    this.#ports = ports;
  }

  /** A new token, valid until `end`. */
  begin(): string {
    const token = toHex(this.#ports.random.bytes(TOKEN_BYTES));
    this.#tokens.add(token);
    return token;
  }

  end(token: string): void {
    this.#tokens.delete(token);
  }

  /** The name of a file that is claimed now. */
  nameFor(name: string, token: string): string {
    return [name, this.#computer, process.pid, token, Math.floor(this.#ports.clock.nowMs())].join('~');
  }

  isOver(claim: Claim): boolean {
    if (this.#ports.clock.nowMs() - claim.sinceMs > CLAIM_AGE_MS_MAX) return true;
    if (claim.computer !== this.#computer) return false;
    if (claim.process === process.pid) return !this.#tokens.has(claim.token);
    return !this.#ports.isAlive(claim.process);
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

/** Asks the system; a process that we may not ask about lives. */
export function processIsAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
