import { type Clock, type Log, withDeadline } from '@nodemapi/base';
import { getProp } from '@nodemapi/kit';
import { type EntryId, type IMAPIProp, type InterfaceName, type LeftOpenObject, PR_ENTRYID } from '@nodemapi/mapi';
import type { HandleState } from './handle.ts';
import { leftOpenObject } from './leak-ledger.ts';

/** Objects that have identifiers of their own. */
const IDENTIFIED: ReadonlySet<InterfaceName> = new Set<InterfaceName>([
  'IABContainer',
  'IDistList',
  'IMailUser',
  'IMAPIFolder',
  'IMessage',
  'IMsgStore',
]);

/** Names what was left open, with its identifier where the provider tells it within the time for all of them. */
export async function describeLeftOpen(
  states: readonly HandleState[],
  clock: Clock,
  log: Log,
  waitMs: number,
): Promise<readonly LeftOpenObject[]> {
  const endMs = clock.monotonicMs() + waitMs;
  const described: LeftOpenObject[] = [];
  for (const state of states) {
    const { record } = state;
    const leftMs = endMs - clock.monotonicMs();
    // what the object says of itself is better than what it was asked for by: the root folder goes by no identifier
    const asked = IDENTIFIED.has(record.iid) && leftMs > 0 && !record.invalid;
    // IDENTIFIED holds only interfaces that extend IMAPIProp; a target is known as IUnknown
    const entryId = asked ? await entryIdOf(record.target as unknown as IMAPIProp, clock, log, leftMs) : undefined;
    described.push({ ...leftOpenObject(state), ...(entryId === undefined ? {} : { entryId }) });
  }
  return described;
}

async function entryIdOf(object: IMAPIProp, clock: Clock, log: Log, waitMs: number): Promise<EntryId | undefined> {
  try {
    const asking = Promise.resolve().then(() => getProp(object, PR_ENTRYID));
    return await withDeadline(asking, waitMs, clock, 'the identifier of an object');
  } catch (error) {
    log.debug('an object that was left open does not tell its identifier', { error });
    return undefined;
  }
}
