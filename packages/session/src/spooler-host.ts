import { LatestRead } from '@nodemapi/base';
import type { SessionIdentity, SpoolerHost } from '@nodemapi/kit';
import {
  decodeOneOff,
  type EntryId,
  encodeOneOff,
  type IMAPIProp,
  MapiError,
  type OpenedEntry,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_ENTRYID,
  PR_IDENTITY_SEARCH_KEY,
  PR_RESOURCE_FLAGS,
  type PropValue,
  propOf,
  type Row,
  STATUS_PRIMARY_IDENTITY,
} from '@nodemapi/mapi';
import type { SessionCore } from './session-core.ts';
import { SPOOLER_ROW } from './status-table.ts';
import { defaultStoreOf, storeIdOf } from './store-table.ts';

/** What a session does for its spooler. */
export function spoolerHost(core: SessionCore): SpoolerHost {
  const { environment } = core;
  const { clock, random, log, owner } = environment;
  let defaultStore: EntryId | undefined;
  const seen = new LatestRead();
  const refresh = (): Promise<void> =>
    seen.read(
      () => core.profile(),
      (profile) => {
        const uid = defaultStoreOf(profile, core.defaults);
        defaultStore = uid === undefined ? undefined : storeIdOf(profile, uid);
      },
    );
  core.onDefaultStoreChanged(refresh);
  return {
    clock,
    random,
    log,
    owner: `${owner}/${core.profileName}`,
    openTransports: async () => {
      await refresh();
      return core.transports.openAll();
    },
    unavailableTransports: () => core.transports.missing(),
    closeTransport: (uid) => core.transports.close(uid),
    openHooks: () => core.hooks.openAll(),
    defaultStore: () => defaultStore,
    identity: async () => identityOf(core.status.rows()),
    resolveAddress: (entryId) => addressOf(core, entryId),
    files: environment.host.files,
    updateStatus: (columns: readonly PropValue[]) => {
      core.status.update(SPOOLER_ROW, columns).catch((error: unknown) => {
        log.warn('the status row of the spooler cannot be changed', { error });
      });
    },
  };
}

/** The address of an entry, as far as its provider is there and knows one. */
async function addressOf(
  core: SessionCore,
  entryId: EntryId,
): Promise<Pick<SessionIdentity, 'addrType' | 'emailAddress'> | undefined> {
  try {
    await using entry = (await core.router.openEntry(undefined, entryId, {})) as OpenedEntry & IMAPIProp;
    const [addrType = '', emailAddress = ''] = (await entry.getProps([PR_ADDRTYPE, PR_EMAIL_ADDRESS])).values;
    return addrType === '' || emailAddress === '' ? undefined : { addrType, emailAddress };
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    core.environment.log.debug('a recipient cannot be opened', { error });
    return undefined;
  }
}

/** The row that supplies the primary identity, else the first that has one. spec: imapisession-queryidentity */
export function identityRow(rows: readonly Row[]): Row | undefined {
  const primary = rows.find((row) => ((propOf(row, PR_RESOURCE_FLAGS) ?? 0) & STATUS_PRIMARY_IDENTITY) !== 0);
  if (primary !== undefined) return primary;
  return rows.find((row) => identityEntryId(row) !== undefined);
}

/** The identity that a row tells; one that has no identifier is made a one-off of its other data. */
export function identityEntryId(row: Row): EntryId | undefined {
  const told = propOf(row, PR_IDENTITY_ENTRYID);
  if (told !== undefined) return told;
  const address = addressOfSearchKey(propOf(row, PR_IDENTITY_SEARCH_KEY));
  const displayName = propOf(row, PR_IDENTITY_DISPLAY) ?? address?.emailAddress;
  if (displayName === undefined) return undefined;
  const { addrType, emailAddress } = address ?? { addrType: 'NONE', emailAddress: displayName };
  return encodeOneOff({ displayName, addrType, emailAddress, sendRichInfo: false });
}

/** The address of the identity, from the first row that has one; the primary identity first. */
export function identityOf(rows: readonly Row[]): SessionIdentity | undefined {
  const candidates = [identityRow(rows), ...rows];
  for (const row of candidates) {
    const identity = row === undefined ? undefined : readIdentity(row);
    if (identity !== undefined) return identity;
  }
  return undefined;
}

function readIdentity(row: Row): SessionIdentity | undefined {
  const entryId = identityEntryId(row);
  if (entryId === undefined) return undefined;
  const oneOff = decodeOneOff(entryId);
  const address = oneOff ?? addressOfSearchKey(propOf(row, PR_IDENTITY_SEARCH_KEY));
  if (address === undefined) return undefined;
  const { addrType, emailAddress } = address;
  const displayName = propOf(row, PR_IDENTITY_DISPLAY) ?? oneOff?.displayName ?? emailAddress;
  return { displayName, addrType, emailAddress, entryId };
}

/** `TYPE:ADDRESS`, ended by a zero. */
function addressOfSearchKey(key: Uint8Array | undefined): { addrType: string; emailAddress: string } | undefined {
  const text = new TextDecoder().decode(key ?? new Uint8Array()).replace(/\0$/, '');
  const colon = text.indexOf(':');
  return colon <= 0 ? undefined : { addrType: text.slice(0, colon), emailAddress: text.slice(colon + 1) };
}
