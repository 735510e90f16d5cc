/** What providers tell the spooler. spec: imapisupport-spoolernotify */
import { MapiError } from '@nodemapi/base';
import { scCountNotifications } from '@nodemapi/kit';
import type { SpoolerNotice } from '@nodemapi/mapi';

/** What each kind of provider may tell. */
const NOTICES: Readonly<Record<'store' | 'transport', ReadonlySet<SpoolerNotice['kind']>>> = {
  store: new Set(['newMailReceived', 'readyToSend']),
  transport: new Set(['newMail', 'readyToSend', 'critSec', 'nonCrit', 'configChange', 'sentDeferred', 'criticalError']),
};

/** The notices that come with data (lpvData), and what it is. */
const DATA: Readonly<Partial<Record<SpoolerNotice['kind'], readonly [name: string, is: (value: unknown) => boolean]>>> =
  {
    sentDeferred: ['entryId', (value) => value instanceof Uint8Array && value.length > 0],
    criticalError: ['error', (value) => typeof value === 'string'],
    newMailReceived: ['notification', isNewMail],
  };

/** @throws MAPI_E_INVALID_PARAMETER for a notice that is not this kind of provider's, or has not the data that belong to it */
export function checkNotice(kind: 'store' | 'transport', notice: SpoolerNotice): void {
  if (!NOTICES[kind].has(notice?.kind)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a ${kind} provider has no notice ${notice?.kind}`);
  }
  const wanted = DATA[notice.kind];
  for (const [name, value] of Object.entries(notice)) {
    if (name === 'kind') continue;
    if (name !== wanted?.[0] || !wanted[1](value)) throw unfit(notice.kind, name);
  }
  if (wanted !== undefined && !Object.hasOwn(notice, wanted[0])) throw unfit(notice.kind, wanted[0]);
}

function unfit(kind: string, name: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', `the notice ${kind} does not go with this ${name}`);
}

function isNewMail(value: unknown): boolean {
  const notification = value as { readonly kind?: unknown } | null; // looked at, not trusted
  if (notification?.kind !== 'newMail') return false;
  scCountNotifications([value] as never);
  return true;
}
