/** The message store table of a session: live, from the profile. spec: message-store-tables */
import { utf8Decode, utf8Encode } from '@nodemapi/base';
import { type AdviseHub, TableData, unwrapStoreEntryID, wrapStoreEntryID } from '@nodemapi/kit';
import {
  type EntryId,
  entryIdData,
  type IMAPITable,
  MAPI_STORE,
  MAPI_STORE_PROVIDER,
  MUID_SUBSYSTEM,
  makeEntryId,
  PR_DEFAULT_STORE,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MDB_PROVIDER,
  PR_OBJECT_TYPE,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_RECORD_KEY,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  type PropTag,
  prop,
  type Row,
  STATUS_DEFAULT_STORE,
  STATUS_TEMP_SECTION,
} from '@nodemapi/mapi';
import {
  type Profile,
  providersOfType,
  rowText,
  sectionName,
  sectionValue,
  type UidText,
  uidBytes,
} from './profile.ts';

const STORE_COLUMNS: readonly PropTag[] = [
  PR_DEFAULT_STORE,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MDB_PROVIDER,
  PR_OBJECT_TYPE,
  PR_PROVIDER_DISPLAY,
  PR_RECORD_KEY,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
];
const SECTION_MARK = 'store ';

/** Stands for a store that has not told its own identifier yet: it names the profile section. */
function sectionStoreId(uid: UidText): EntryId {
  return makeEntryId(MUID_SUBSYSTEM, utf8Encode(SECTION_MARK + uid));
}

/** The section that such an identifier names; undefined for every other identifier. */
export function storeIdSection(entryId: EntryId): UidText | undefined {
  const data = entryIdData(entryId, MUID_SUBSYSTEM);
  const text = data === undefined ? '' : utf8Decode(data);
  return text.startsWith(SECTION_MARK) ? text.slice(SECTION_MARK.length) : undefined;
}

/** The public form of a store identifier that a provider told. */
export function publicStoreId(module: string, entryId: EntryId): EntryId {
  return unwrapStoreEntryID(entryId) === undefined ? wrapStoreEntryID(module, entryId) : entryId;
}

/** The identifier under which clients know a store of the profile. */
export function storeIdOf(profile: Profile, uid: UidText): EntryId {
  const told = sectionValue(profile, uid, PR_ENTRYID);
  const module = sectionValue(profile, uid, PR_PROVIDER_DLL_NAME);
  return told === undefined || module === undefined ? sectionStoreId(uid) : publicStoreId(module, told);
}

/** What one session decided about default stores, beside the profile. */
export interface StoreDefaults {
  /** null: no default store in this session; undefined: the profile's. */
  default: UidText | null | undefined;
  /** Flags that a session gave and the profile does not have. */
  readonly extraFlags: Map<UidText, number>;
}

/** Stores that a session knows, in profile order. */
export function listedStores(profile: Profile): readonly UidText[] {
  const isListed = (uid: UidText): boolean => (flagsIn(profile, uid) & STATUS_TEMP_SECTION) === 0;
  return providersOfType(profile, MAPI_STORE_PROVIDER).filter(isListed);
}

/** The default store: the session's choice, else the first in profile order that is marked. */
export function defaultStoreOf(profile: Profile, defaults: StoreDefaults): UidText | undefined {
  if (defaults.default !== undefined) return defaults.default ?? undefined;
  return listedStores(profile).find((uid) => (flagsIn(profile, uid) & STATUS_DEFAULT_STORE) !== 0);
}

/** PR_RESOURCE_FLAGS of a store as its session sees them: one default store at most. */
export function storeFlags(profile: Profile, uid: UidText, defaults: StoreDefaults): number {
  const flags = (flagsIn(profile, uid) & ~STATUS_DEFAULT_STORE) | (defaults.extraFlags.get(uid) ?? 0);
  return defaultStoreOf(profile, defaults) === uid ? flags | STATUS_DEFAULT_STORE : flags;
}

/** Keeps the rows in step with the profile. */
export class StoreTable {
  readonly #data: TableData;
  #shown = new Map<UidText, string>();

  constructor(hub: AdviseHub) {
    this.#data = new TableData(PR_INSTANCE_KEY, { columns: STORE_COLUMNS, hub });
  }

  openView(): Promise<IMAPITable> {
    return this.#data.hrGetView();
  }

  /** Changes the rows that differ from what the profile says now. */
  async refresh(profile: Profile, defaults: StoreDefaults): Promise<void> {
    const rows = new Map(listedStores(profile).map((uid) => [uid, storeRow(profile, uid, defaults)]));
    const texts = new Map([...rows].map(([uid, row]) => [uid, rowText(row)]));
    const gone = [...this.#shown.keys()].filter((uid) => !rows.has(uid));
    const changed = [...rows].filter(([uid]) => texts.get(uid) !== this.#shown.get(uid));
    this.#shown = texts;
    if (gone.length > 0) await this.#data.hrDeleteRows(gone.map((uid) => prop(PR_INSTANCE_KEY, uidBytes(uid))));
    if (changed.length > 0) await this.#data.hrModifyRows(changed.map(([, row]) => row));
  }

  close(): Promise<void> {
    return this.#data.release();
  }
}

function storeRow(profile: Profile, uid: UidText, defaults: StoreDefaults): Row {
  const flags = storeFlags(profile, uid, defaults);
  return [
    prop(PR_DEFAULT_STORE, (flags & STATUS_DEFAULT_STORE) !== 0),
    prop(PR_DISPLAY_NAME, sectionName(profile, uid)),
    prop(PR_ENTRYID, storeIdOf(profile, uid)),
    prop(PR_INSTANCE_KEY, uidBytes(uid)),
    prop(PR_MDB_PROVIDER, sectionValue(profile, uid, PR_MDB_PROVIDER) ?? uidBytes(uid)),
    prop(PR_OBJECT_TYPE, MAPI_STORE),
    prop(PR_PROVIDER_DISPLAY, sectionValue(profile, uid, PR_PROVIDER_DISPLAY) ?? ''),
    prop(PR_RECORD_KEY, sectionValue(profile, uid, PR_RECORD_KEY) ?? uidBytes(uid)),
    prop(PR_RESOURCE_FLAGS, flags),
    prop(PR_RESOURCE_TYPE, MAPI_STORE_PROVIDER),
  ];
}

function flagsIn(profile: Profile, uid: UidText): number {
  return sectionValue(profile, uid, PR_RESOURCE_FLAGS) ?? 0;
}
