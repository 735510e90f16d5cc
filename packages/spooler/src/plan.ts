/** Who gets a message for whom: the open recipients sorted by transport. */
import type { AttemptState } from './attempt-state.ts';
import type { RecipientRecord } from './record.ts';
import { choose } from './routing.ts';
import type { Transport, TransportSet } from './transports.ts';

export interface Group {
  readonly transport: Transport;
  readonly rowIds: number[];
}

export interface Plan {
  /** In the order of the transports. */
  readonly groups: readonly Group[];
  /** Recipients whom no transport takes. */
  readonly nobody: readonly number[];
  /** Why others have to wait. */
  readonly waits: string | undefined;
}

/** Sorts the open recipients; `only` leaves out those of other transports than the one of this key. */
export function planOf(state: AttemptState, transports: TransportSet, only?: string): Plan {
  return sorted(state, transports, state.open, only);
}

/** Finds the next transport for those whom one has declined. */
export function nextPlan(state: AttemptState, transports: TransportSet, declined: readonly number[]): Plan {
  const recipients = state.open.filter(({ rowId }) => declined.includes(rowId));
  return sorted(state, transports, recipients);
}

function sorted(
  state: AttemptState,
  transports: TransportSet,
  recipients: readonly RecipientRecord[],
  only?: string,
): Plan {
  const groups = new Map<Transport, number[]>();
  const nobody: number[] = [];
  let waits: string | undefined;
  for (const recipient of recipients) {
    const { transport, wait } = route(state, transports, recipient);
    if (wait !== undefined) waits = wait;
    else if (transport === undefined) nobody.push(recipient.rowId);
    else if (only === undefined || only === transport.key) {
      const rowIds = groups.get(transport);
      if (rowIds === undefined) groups.set(transport, [recipient.rowId]);
      else rowIds.push(recipient.rowId);
    }
  }
  const order = transports.list.filter((transport) => groups.has(transport));
  return { groups: order.map((transport) => ({ transport, rowIds: groups.get(transport) ?? [] })), nobody, waits };
}

function route(
  state: AttemptState,
  transports: TransportSet,
  recipient: RecipientRecord,
): { readonly transport?: Transport; readonly wait?: string } {
  const choice = choose(recipient, transports.list, state.declined(recipient.rowId));
  if (choice.kind === 'none') return transports.anyMissing ? { wait: NOBODY_THERE } : {};
  const transport = transports.get(choice.route.key);
  if (choice.kind === 'wait' || transport === undefined) {
    return { wait: waitText(transport) };
  }
  return { transport };
}

/** Why a message waits where a transport is missing, which may be its. */
export const NOBODY_THERE = 'no running transport takes it';

/** Why a message waits for a transport. */
export function waitText(transport: Transport | undefined): string {
  return `waits for ${transport?.own.displayName ?? 'a transport'}`;
}

/** Why messages wait for transports that are not there now, or for those that are. */
export function waitTexts(transports: TransportSet, areThere: boolean): readonly string[] {
  return transports.list.filter(({ usable }) => usable === areThere).map(waitText);
}
