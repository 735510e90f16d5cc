/** What programs left open, kept until the process ends: MAPI_TRACE=leaks. spec: ending-a-mapi-session */
import { toHex } from '@nodemapi/base';
import type { EntryId, LeftOpen, LeftOpenBlock } from '@nodemapi/mapi';
import { type LeakLedger, leftOpenObject } from './leak-ledger.ts';

/** Something that its program did not close. */
export interface Leak {
  /** Such as `IMessage`, `registration 3 with IMsgStore` or `buffer of 20 bytes`. */
  readonly what: string;
  /** Hexadecimal. */
  readonly entryId?: string;
  /** `file:line:column`, or `unknown`. */
  readonly openedAt: string;
  /** What closed it: `the end of the session of <profile>`, or `MAPIUninitialize`; null: it is open still. */
  readonly closedBy: string | null;
}

/** More are only counted. */
const leaksMax = 10_000;

/** The leaks of sessions that have ended, oldest first. */
export class LeakTrace {
  readonly #leaks: Leak[] = [];
  #more = 0;

  /** How many there were beyond the list. */
  get more(): number {
    return this.#more;
  }

  get leaks(): readonly Leak[] {
    return this.#leaks;
  }

  /** Takes over what a session had to close. */
  note(left: LeftOpen, closedBy: string): void {
    for (const leak of leaksOf(left, closedBy)) {
      if (this.#leaks.length < leaksMax) this.#leaks.push(leak);
      else this.#more++;
    }
  }
}

/** What is open as leaks: objects, registrations, blocks. */
export function leaksOf(left: LeftOpen, closedBy: string | null): readonly Leak[] {
  const leak = (what: string, openedAt: string, entryId?: EntryId): Leak => ({
    what,
    ...(entryId === undefined ? {} : { entryId: toHex(entryId) }),
    openedAt,
    closedBy,
  });
  return [
    ...left.objects.map((object) => leak(object.interface, object.openedAt, object.entryId)),
    ...left.advises.map(({ connection, interface: iid, openedAt, entryId }) =>
      leak(`registration ${connection} with ${iid}`, openedAt, entryId),
    ),
    ...left.blocks.map(({ bytes, openedAt }) => leak(`buffer of ${bytes} bytes`, openedAt)),
  ];
}

/** What is open now: everything that clients hold, sessions among it, and blocks. */
export function openLeaks(
  holders: readonly { readonly ledger: LeakLedger }[],
  blocks: readonly LeftOpenBlock[],
): readonly Leak[] {
  const held = holders.flatMap(({ ledger }) =>
    leaksOf({ ...ledger.leftOpen(), objects: ledger.handles().map(leftOpenObject).reverse() }, null),
  );
  return [...held, ...leaksOf({ objects: [], advises: [], buffers: blocks.length, blocks }, null)];
}

/** One line for each leak, and one at the end; none without leaks. */
export function leakLines(leaks: readonly Leak[], more = 0): readonly string[] {
  if (leaks.length === 0) return [];
  const lines = leaks.map(({ what, entryId, openedAt, closedBy }) => {
    const named = entryId === undefined ? what : `${what} ${entryId}`;
    const end = closedBy === null ? 'open until the process ended' : `closed by ${closedBy}`;
    return `mapi leak: ${named}, opened at ${openedAt}, ${end}`;
  });
  const count = leaks.length + more;
  return [...lines, `mapi leak: ${count} ${count === 1 ? 'thing was' : 'things were'} left open`];
}
