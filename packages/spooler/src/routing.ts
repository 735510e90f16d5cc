/**
 * Which transport gets a recipient: all registered MAPIUIDs in transport order first, then all address types in
 * transport order, compared exactly. spec: ixplogon-addresstypes
 */
import { bytesEqual } from '@nodemapi/base';
import { entryIdUid, type MapiUid } from '@nodemapi/mapi';
import type { RecipientRecord } from './record.ts';

/** What routing has to know of a transport. */
export interface Route {
  readonly key: string;
  /** null: any recipient */
  readonly types: readonly string[] | null;
  readonly uids: readonly MapiUid[];
  /** Whether it takes messages now. */
  readonly usable: boolean;
}

/** 'none': no transport is left that could take the recipient. */
export type Choice = { readonly kind: 'send' | 'wait'; readonly route: Route } | { readonly kind: 'none' };

/** The transports that may take the recipient, the best first. */
export function candidates(recipient: RecipientRecord, routes: readonly Route[]): readonly Route[] {
  const uid = recipient.entryId === undefined ? undefined : entryIdUid(recipient.entryId);
  const byUid = uid === undefined ? [] : routes.filter((route) => route.uids.some((own) => bytesEqual(own, uid)));
  const byType = routes.filter((route) => !byUid.includes(route) && servesType(route, recipient.addrType));
  return [...byUid, ...byType];
}

/**
 * The transport for a recipient among those that have not declined it: the first that works now; one to wait for if
 * none does.
 */
export function choose(recipient: RecipientRecord, routes: readonly Route[], declined: ReadonlySet<string>): Choice {
  const left = candidates(recipient, routes).filter((route) => !declined.has(route.key));
  const usable = left.find((route) => route.usable);
  if (usable !== undefined) return { kind: 'send', route: usable };
  const first = left[0];
  return first === undefined ? { kind: 'none' } : { kind: 'wait', route: first };
}

/** An empty string in the list stands for "none by address type". */
function servesType(route: Route, addrType: string): boolean {
  return route.types === null || (addrType !== '' && route.types.includes(addrType));
}
